// SPDX-License-Identifier: Apache-2.0
// `docket case` on a data directory, and what `docket verify` says of its files.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parseVerifierKey } from "@docket/tlog";
import { encodeCaseFile, verifyCaseFile } from "@docket/verify";
import type { CaseFile, Trust } from "@docket/verify";
import type { Installation } from "../../installation.ts";
import { openInstallation } from "../../main.ts";
import type { OpenInstallation } from "../../main.ts";
import type { CaseWish } from "../../patterns/case-file.ts";
import { directoryOf, docket, installationWith } from "../testing/run-docket.ts";

const policy = `policy: comments
on: [comment]
rules:
  - id: links
    when: signals.linkCount >= 1
    then: { outcome: reject, strike: 1 }
    reason: { en: "No <b>links</b>, please." }
`;
const hostileText =
  '</script><script>alert(1)</script><!-- \u202e\u2028 "quoted" & \\u003c http://spam.example/<img src=x>';

/** An installation in which one account was refused twice, and another was not. */
async function withDecisions(
  t: TestContext,
): Promise<{ installation: Installation; opened: OpenInstallation }> {
  const installation = installationWith(t, policy);
  const opened = await openInstallation(installation);
  const how = { dryRun: false, by: "operator", source: "http", receivedMs: Date.UTC(2026, 10, 23) } as const;
  for (const [id, account, text] of [
    ["one", "spammer", hostileText],
    ["two", "reader", "nice"],
    ["three", "spammer", "http://spam.example/2"],
  ] as const) {
    await opened.site.decide({
      event: { id, type: "comment", actor: { id: account }, content: { text } },
      ...how,
    });
  }
  return { installation, opened };
}

const operator = { by: "operator", role: "operator" };

function keyOf({ data }: Installation): Trust {
  const lines = readFileSync(join(data, "log.vkey"), "utf8").trim().split("\n");
  return { keys: lines.map(parseVerifierKey) };
}

void test("a case file verifies in an empty directory, and its making is sealed", async (t) => {
  const { installation, opened } = await withDecisions(t);
  await opened.close();
  const { data } = installation;
  const empty = join(directoryOf(t), "empty");
  mkdirSync(empty);
  cpSync(join(data, "log.vkey"), join(empty, "log.vkey"));
  const reason = "asked by <script>a court</script>";
  const [page, json] = [join(empty, "case.html"), join(empty, "case.json")];
  const wish = ["spammer", "--reason", reason, "--evidence", "--data", data];
  const made = await docket("", "case", ...wish, "-o", page);
  assert.equal(made.code, 0, made.err);
  assert.match(made.err, /A case file of 2 records; that it was made is record \d+\./);
  await docket("", "case", ...wish, "--json", "-o", json);
  for (const file of [page, json]) {
    const verified = await docket("", "verify", file, "--key", join(empty, "log.vkey"));
    assert.equal(verified.code, 0, verified.out + verified.err);
    assert.match(verified.out, /verified: case file of /);
    const unproven = await docket("", "verify", file);
    assert.equal(unproven.code, 1);
    assert.match(unproven.out, /signer unproven: case file of /);
  }
  const index = /record (\d+)\.$/m.exec(made.err)?.[1] ?? "";
  const shown = await docket("", "show", index, "--data", data);
  assert.match(shown.out, /records went out: case/);
  // The two texts were opened, and each time that is a record.
  const openings = await docket("", "verify", data, "--key", join(data, "log.vkey"));
  assert.match(openings.out, /4 opening/);
});

void test("a page holds what people wrote as text, and loads nothing", async (t) => {
  const { opened } = await withDecisions(t);
  const wish = { actor: "spammer", reason: hostileText, withEvidence: true };
  const { html } = await opened.patterns.caseFile(operator, wish);
  await opened.close();
  assert.equal(html.match(/<script/g)?.length, 1, "the data alone");
  assert.equal(html.match(/<\/script>/g)?.length, 1);
  assert.ok(!/<img|<!--|\u202e|\u2028/.test(html));
  assert.deepEqual([...html.matchAll(/<[^>]*\b(src|href|action|url)\s*=/gi)], []);
  assert.match(html, /Content-Security-Policy/);
  assert.equal(verifyCaseFile(html).checks.find(({ name }) => name === "page")?.ok, true);
});

void test("a case file of records has what came after them", async (t) => {
  const { installation, opened } = await withDecisions(t);
  const { patterns } = opened;
  const { entries } = await patterns.timeline("spammer", { limit: 10 });
  const index = entries.at(-1)?.index ?? -1;
  await patterns.caseFile(operator, { records: [index], reason: "x" });
  const { json } = await patterns.caseFile(operator, { records: [index, 0], reason: "y" });
  await opened.close();
  const { content } = JSON.parse(json) as CaseFile;
  assert.deepEqual(
    content.entries.map(({ kind }) => kind),
    ["created", "decision", "export"],
  );
  assert.equal(verifyCaseFile(json, keyOf(installation)).verdict, "verified");
});

void test("whatever is changed in a case file is found", async (t) => {
  const { installation, opened } = await withDecisions(t);
  const { patterns } = opened;
  const { json, html: page } = await patterns.caseFile(operator, { actor: "spammer", reason: "x" });
  const { json: other } = await patterns.caseFile(operator, { actor: "reader", reason: "x" });
  await opened.close();
  const key = keyOf(installation);
  const failed = (text: string): string[] => {
    const report = verifyCaseFile(text, key);
    assert.equal(report.verdict, "failed");
    return report.checks.filter(({ ok }) => ok === false).map(({ name }) => name);
  };
  const changed = (change: (file: CaseFile) => void): string[] => {
    const file = JSON.parse(json) as CaseFile;
    change(file);
    return failed(encodeCaseFile(file));
  };
  assert.equal(verifyCaseFile(json, key).verdict, "verified");
  assert.deepEqual(
    changed(({ content }) => void (content.reason = "y")),
    ["content"],
  );
  assert.deepEqual(
    changed(({ content }) => {
      for (const decision of content.decisions) decision.words = "allowed";
    }),
    ["content"],
  );
  assert.deepEqual(
    changed(({ content: { entries } }) => {
      for (const entry of entries) entry.outcome = "allow";
    }),
    ["content", "entries"],
  );
  assert.deepEqual(
    changed(({ content: { entries, receipts } }) => {
      entries.pop();
      receipts.pop();
    }),
    ["content", "entries"],
  );
  assert.deepEqual(
    changed(({ content }) => void content.receipts.reverse()),
    ["content", "entries"],
  );
  assert.deepEqual(
    changed(({ content }) => {
      content.receipts = content.receipts.map((text) => text.replaceAll("reject", "allow"));
    }),
    ["content", "receipts"],
  );
  assert.deepEqual(
    changed((file) => void (file.export = (JSON.parse(other) as CaseFile).export)),
    ["content"],
  );
  assert.deepEqual(
    changed((file) => void (file.export = file.content.receipts[0] ?? "")),
    ["export"],
  );
  assert.deepEqual(failed(json.replace("{", "{ ")), ["format"]);
  assert.deepEqual(failed("{}"), ["format"]);
  assert.deepEqual(failed(""), ["format"]);
  assert.deepEqual(failed('{"format":"docket-case/v1","content":null,"export":""}\n'), ["format"]);
  assert.deepEqual(failed(page.replaceAll("rejected", "allowed")), ["page", "content"]);
  const visible = page.replace("<h2>Timeline</h2>", "<h2>Timeline, all of it</h2>");
  assert.deepEqual(failed(visible), ["page"]);
  assert.deepEqual(failed("<!doctype html><p>nothing</p>"), ["format"]);
});

void test("what makes no case file is refused", async (t) => {
  const { opened } = await withDecisions(t);
  const { patterns } = opened;
  const refused = (wish: CaseWish, message: RegExp): Promise<void> =>
    assert.rejects(patterns.caseFile(operator, wish), message);
  await refused({ actor: "nobody", reason: "x" }, /no event of this account was ever decided/);
  await refused({ actor: `a_${"x".repeat(22)}`, reason: "x" }, /the log has no record of a_x/);
  await refused({ records: [999_999], reason: "x" }, /there is no record 999999/);
  await refused({ records: [], reason: "x" }, /1 to 300 records, not 0/);
  await refused({ reason: "x" }, /of an actor, or of records/);
  await opened.close();
  const { code, err } = await docket("", "case", "a", "b", "--reason", "x", "--data", "/nowhere");
  assert.equal(code, 2);
  assert.match(err, /name one account, or indexes/);
});
