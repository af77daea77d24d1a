// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { loadPolicies } from "@docket/policy";
import type { Decision } from "@docket/protocol";
import * as fc from "fast-check";
import { replayDirectory } from "../cli/replay/run.ts";
import { createInstallation } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import type { OpenInstallation } from "../main.ts";
import { disk } from "../stores/files/node-disk.ts";
import { identifyLanguage, languageFor, languageTextMax } from "./language.ts";

const t0 = Date.UTC(2026, 0, 1);
const reading = `
policy: comments
on: [comment]
counters:
  by_language: { count: events, by: [actor.id, signals.language], over: 1h }
rules:
  - { id: foreign, when: "signals.language != 'de'", then: { outcome: flag } }
  - { id: many, when: counters.by_language >= 2, then: { outcome: hold } }
tests:
  - given: { language: en, content: { text: whatever } }
    expect: { outcome: flag, rules: [foreign] }
  - given: { content: { text: whatever } }
    expect: { outcome: allow, rules: [] }
`;
const silent = `
policy: comments
on: [comment]
rules:
  - { id: links, when: signals.linkCount > 3, then: { outcome: flag } }
`;

test("identifies languages, and says so where it can't", () => {
  assert.equal(identifyLanguage("Das ist ein ganz gewöhnlicher Satz in deutscher Sprache."), "de");
  assert.equal(identifyLanguage("This is quite an ordinary sentence, in English."), "en");
  assert.equal(identifyLanguage("Это самое обычное предложение на русском языке."), "ru");
  assert.equal(identifyLanguage("これはごく普通の日本語の文章です。"), "ja");
  assert.equal(identifyLanguage(""), undefined);
  assert.equal(identifyLanguage("123 !?"), undefined);
});

test("any text: letters of ISO 639 or nothing, from its beginning", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), (text) => {
      const language = identifyLanguage(text);
      assert.ok(language === undefined || /^[a-z]{2,3}$/.test(language), language);
    }),
    { numRuns: 300 },
  );
  const start = "Das ist ein deutscher Satz. ".repeat(100);
  assert.equal(identifyLanguage(start + "and this is English. ".repeat(10_000)), "de");
  assert.ok(start.length > languageTextMax);
});

test("is off where no policy reads it", () => {
  const load = (text: string): ReturnType<typeof loadPolicies> => loadPolicies([{ path: "c.yaml", text }]);
  assert.equal(languageFor(load(reading)), identifyLanguage);
  assert.equal(languageFor(load(silent)), undefined);
});

async function decideAll({ site }: OpenInstallation, texts: readonly string[]): Promise<Decision[]> {
  const decided: Decision[] = [];
  for (const [at, text] of texts.entries()) {
    const event = { id: `${site.origin}${decided.length}${text}`, type: "comment", actor: { id: "u1" } };
    const receivedMs = t0 + at * 1_000;
    const request = { event: { ...event, content: { text } }, dryRun: false, by: "operator" } as const;
    decided.push(await site.decide({ ...request, source: "http", receivedMs }));
  }
  return decided;
}

function newInstallation(t: TestContext): Installation {
  const directory = mkdtempSync(join(tmpdir(), "docket-language-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return createInstallation(disk, join(directory, "data"));
}

test("is recorded as a fact, counted by, and taken from there when decisions are replayed", async (t) => {
  const installation = newInstallation(t);
  const file = join(installation.policyDirectory, "comments.yaml");
  const english = "This is quite an ordinary sentence, in English.";
  const german = "Das ist ein ganz gewöhnlicher Satz in deutscher Sprache.";
  const recorded = async ({ site }: OpenInstallation, { index }: Decision): Promise<unknown> =>
    (await site.recorded(index ?? -1)).facts?.values["signals.language"];

  writeFileSync(file, silent);
  let opened = await openInstallation(installation);
  const [before] = await decideAll(opened, [english]);
  assert.ok(before);
  assert.equal(await recorded(opened, before), undefined);
  await opened.close();

  writeFileSync(file, reading);
  opened = await openInstallation(installation);
  const texts = [german, `${german} 1`, "123", `${german} 2`, `${english} 3`];
  await opened.site.warmed();
  const decisions = await decideAll(opened, texts);
  assert.deepEqual(
    decisions.map(({ outcome }) => outcome),
    ["allow", "allow", "allow", "hold", "flag"],
  );
  const languages = await Promise.all(decisions.map((decision) => recorded(opened, decision)));
  assert.deepEqual(languages, ["de", "de", undefined, "de", "en"]);
  await opened.close();
  for (const evidence of [undefined, true as const]) {
    const report = await replayDirectory(
      { data: installation.data, evidence },
      { stderr: { write: () => true } as never, nowMs: () => 0 },
    );
    assert.equal(report.verdict, "same", JSON.stringify(report));
  }
});
