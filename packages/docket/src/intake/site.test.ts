// SPDX-License-Identifier: Apache-2.0
// A site with its real threads, files and SQLite on a temporary directory.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { evaluateFromFacts } from "@docket/policy";
import type { Decision, Event, Facts } from "@docket/protocol";
import { parseLeaf, parseManifest } from "@docket/protocol";
import { leafHash, openCheckpoint, parseProof, parseVerifierKey, verifyInclusion } from "@docket/tlog";
import { policyFactsOf } from "@docket/verify/replay";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { commit } from "../evidence/seal.ts";
import { createInstallation } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import type { OpenInstallation } from "../main.ts";
import { recordOffsets } from "../log/parts-bundle.ts";
import { disk } from "../stores/files/node-disk.ts";
import { at } from "../testing/at.ts";
import { namedCounters } from "./counting.ts";
import { snapshotFile } from "./open-counters.ts";

const t0 = Date.UTC(2026, 0, 1);
const hour = 3_600_000;
const policy = `
policy: comments
on: [comment]
counters:
  posts: { count: events, by: actor.id, over: 1h }
  texts: { count: distinct actor.id, by: signals.fingerprint, over: 1h }
rules:
  - id: spam
    when: signals.normalised.contains('spam')
    then: { outcome: reject, strike: 1 }
    strikeEvery: 1m
    reason: { en: "No spam, please." }
  - id: busy
    when: counters.posts >= 3
    then: { outcome: flag }
  - id: copied
    when: counters.texts >= 2
    then: { outcome: flag }
ladder:
  - { strikes: 2, within: 1d, then: { suspend: 2h } }
`;

test("the same event twice is one record and one answer; another body is a conflict", async (t) => {
  const { open } = newSite(t);
  const { site } = await open();
  const first = await site.decide(request("e1", "buy spam"));
  assert.equal(first.outcome, "reject");
  assert.deepEqual(first.reasons, [{ rule: "spam", text: { en: "No spam, please." } }]);
  // At once, before the index has it, and later.
  for (let i = 0; i < 3; i++) {
    const again = await site.decide(request("e1", "buy spam"));
    assert.equal(again.repeat, true);
    assert.deepEqual(bare(again), bare(first));
    verify(again, site.verifierKey, site.origin);
  }
  await assert.rejects(site.decide(request("e1", "other")), { code: "event_id_conflict" });
  verify(first, site.verifierKey, site.origin);
});

test("copies that arrive together are one record, and a new actor gets one pseudonym", async (t) => {
  const { open } = newSite(t);
  const { site } = await open();
  const copies = await Promise.all(Array.from({ length: 50 }, () => site.decide(request("e1", "hello"))));
  assert.equal(new Set(copies.map(({ index }) => index)).size, 1);
  assert.equal(copies.filter(({ repeat }) => !repeat).length, 1);
  const many = await Promise.all(
    Array.from({ length: 50 }, (_, i) => site.decide(request(`f${i}`, `${i}`, "new"))),
  );
  assert.equal(new Set(many.map(({ actor }) => actor)).size, 1);
  assert.equal(new Set(many.map(({ index }) => index)).size, 50);
  const conflict = await Promise.allSettled([
    site.decide(request("g", "one")),
    site.decide(request("g", "two")),
  ]);
  assert.deepEqual(
    conflict.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
});

test("a dry run changes nothing", async (t) => {
  const { open } = newSite(t);
  const { site } = await open();
  const dry = await site.decide({ ...request("e1", "spam"), dryRun: true });
  assert.equal(dry.outcome, "reject");
  assert.deepEqual([dry.sealed, dry.index, dry.actor, dry.receipt], [false, undefined, undefined, undefined]);
  assert.equal(site.status().size, 0);
  assert.equal(site.status().counterKeys, 0);
  assert.deepEqual((await site.standing("u1", t0)).strikes, []);
  assert.equal((await site.decide(request("e1", "spam"))).repeat, false);
});

test("strikes suspend, a refused event gives none, and the suspension ends by itself", async (t) => {
  const { open } = newSite(t);
  const { site } = await open();
  await site.decide(request("e1", "spam", "u1", t0));
  const second = await site.decide(request("e2", "more spam", "u1", t0 + 2 * 60_000));
  const [restriction] = second.restrictions;
  assert.equal(restriction?.kind, "suspend");
  assert.equal(restriction?.until, new Date(t0 + 2 * 60_000 + 2 * hour).toISOString());
  const refused = await site.decide(request("e3", "spam again", "u1", t0 + hour));
  assert.equal(refused.outcome, "reject");
  assert.deepEqual(refused.rules, ["standing.suspended"]);
  assert.equal(refused.refusedBy, restriction?.id);
  assert.equal((await site.standing("u1", t0 + hour)).strikes.length, 2);
  assert.equal((await site.standing("u1", t0 + hour)).restrictions.length, 1);
  const repeat = await site.decide(request("e3", "spam again", "u1", t0 + hour));
  assert.deepEqual(bare(repeat), bare(refused));
  const free = await site.decide(request("e4", "sorry", "u1", t0 + 2 * 60_000 + 2 * hour));
  assert.equal(free.outcome, "allow");
  assert.deepEqual((await site.standing("u1", t0 + 3 * hour)).restrictions, []);
});

test("a restart, and views that were deleted, give the same standings, counters and repeats", async (t) => {
  const events = stream(60);
  const twin = newSite(t);
  const uninterrupted = await twin.open();
  const expected = await Promise.all(events.map((each) => uninterrupted.site.decide(each)));
  const expectedFacts = await factsOfAll(uninterrupted, expected);

  const { installation, open } = newSite(t);
  const found: Decision[] = [];
  const facts: Facts[] = [];
  for (let from = 0; from < events.length; from += 20) {
    const opened = await open();
    const part = events.slice(from, from + 20);
    const decided = await Promise.all(part.map((each) => opened.site.decide(each)));
    found.push(...decided);
    facts.push(...(await factsOfAll(opened, decided)));
    await opened.close();
    if (from === 0) {
      for (const end of ["", "-wal", "-shm"]) {
        rmSync(join(installation.paths.site, `views.sqlite${end}`), { force: true });
      }
    }
  }
  assert.deepEqual(found.map(told), expected.map(told));
  assert.deepEqual(facts.map(comparable), expectedFacts.map(comparable));

  const last = await open();
  for (const account of ["u0", "u1", "u2"]) {
    const [one, other] = await Promise.all([
      last.site.standing(account, t0 + hour),
      uninterrupted.site.standing(account, t0 + hour),
    ]);
    assert.deepEqual(one.strikes, other.strikes);
    assert.deepEqual(one.restrictions.map(dated), other.restrictions.map(dated));
  }
  for (const place of [0, 25, 59]) {
    const again = await last.site.decide(at(events, place));
    assert.equal(again.repeat, true);
    assert.deepEqual(bare(again), bare(at(found, place)));
  }
});

test("an opening is sealed first, and shows what the manifest committed to", async (t) => {
  const { open } = newSite(t);
  const { site } = await open();
  const { index } = await site.decide(request("e1", "buy spam"));
  const opened = await site.opening(index ?? -1, "operator", "the user asked");
  const manifest = parseManifest(opened.manifest ?? "");
  assert.deepEqual(
    opened.opening?.map(({ name }) => name),
    ["content", "disclosed"],
  );
  for (const { name, secret, plaintext } of opened.opening ?? []) {
    const line = manifest.parts.find((part) => part.name === name);
    const made = commit(Buffer.from(secret, "base64url"), name, Buffer.from(plaintext));
    assert.equal(made.toString("base64url"), line?.commitment);
  }
  const size = site.status().size;
  const record = await site.recorded(size - 1);
  assert.ok(record.record.kind === "opening" && record.record.of === index);
  await assert.rejects(site.opening(0, "operator", "x"), { code: "not_found" });
  await assert.rejects(site.receipt(size), { code: "not_found" });
});

test("views that know of more records than the log, and parts that were swapped, are damage", async (t) => {
  const { installation, open } = newSite(t);
  const { paths } = installation;
  const opened = await open();
  for (let i = 0; i < 3; i++) await opened.site.decide(request(`e${i}`, "hello"));
  await opened.close();
  const path = join(paths.parts, "000");
  const whole = readFileSync(path);
  const offsets = recordOffsets(whole, 6) ?? [];
  const [third, fourth] = [whole.subarray(offsets[3], offsets[4]), whole.subarray(offsets[4], offsets[5])];
  const rest = [whole.subarray(0, offsets[3]), whole.subarray(offsets[5])] as const;
  writeFileSync(path, Buffer.concat([rest[0], fourth, third, rest[1]]));
  // Without a snapshot counters are counted again from the log, and a site does not even open on what that
  // does not commit to.
  rmSync(join(paths.site, snapshotFile));
  await assert.rejects(open(), {
    code: "directory_damaged",
    message: /record 3 and its parts do not belong together/,
  });
  writeFileSync(path, whole);
  const views = new DatabaseSync(join(paths.site, "views.sqlite"));
  views.exec("UPDATE position SET size = 99");
  views.close();
  await assert.rejects(open(), {
    code: "directory_damaged",
    message: /knows of 99 records and the log holds/,
  });
});

test("recorded facts decide again what was recorded, on real comments", async (t) => {
  const name = "data/comments-youtube-stream/data.jsonl.gz";
  const path = sharedPath(name);
  if (path === undefined) return t.skip(skipReason(name));
  const { open } = newSite(t, "");
  const opened = await open();
  const lines = gunzipSync(readFileSync(path)).toString("utf8").split("\n").slice(0, 300);
  const rows = lines.map(
    (line) => JSON.parse(line) as { id: string; ts: string; author: string; text: string },
  );
  rows.sort((a, b) => Date.parse(a.ts) - Date.parse(b.ts));
  const decisions = await Promise.all(
    rows.map(({ id, ts, author, text }) => opened.site.decide(request(id, text, author, Date.parse(ts)))),
  );
  const { policies } = opened.site.release;
  const counters = new Map(namedCounters(policies).map(({ id, counter }) => [id, counter]));
  const facts = await factsOfAll(opened, decisions);
  assert.equal(facts.length, 300);
  for (const [place, recorded] of facts.entries()) {
    const read = policyFactsOf({ counters, limits: new Map() }, recorded);
    assert.ok(typeof read === "object");
    const again = evaluateFromFacts(policies, read);
    if (recorded.refusedBy === null) assert.equal(again.outcome, at(decisions, place).outcome);
    assert.deepEqual(
      again.rules.map(({ policy, rule }) => `${policy}/${rule}`),
      recorded.fired.filter(({ mode }) => mode === "enforce").map(({ policy, rule }) => `${policy}/${rule}`),
    );
    assert.equal(again.points, recorded.points);
  }
});

function newSite(
  t: TestContext,
  text = policy,
): {
  installation: Installation;
  open: () => Promise<OpenInstallation>;
} {
  const directory = mkdtempSync(join(tmpdir(), "docket-site-"));
  const opened: OpenInstallation[] = [];
  t.after(async () => {
    for (const each of opened) await each.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const installation = createInstallation(disk, join(directory, "data"));
  if (text !== "") writeFileSync(join(installation.policyDirectory, "comments.yaml"), text);
  const open = async (): Promise<OpenInstallation> => {
    const each = await openInstallation(installation);
    opened.push(each);
    return each;
  };
  return { installation, open };
}

function request(
  id: string,
  text: string,
  account = "u1",
  decidedAtMs = t0,
): Parameters<OpenInstallation["site"]["decide"]>[0] {
  const time = new Date(decidedAtMs).toISOString();
  const event: Event = { id, type: "comment", time, actor: { id: account }, content: { text } };
  return { event, dryRun: false, by: "operator", source: "file", receivedMs: decidedAtMs };
}

/** Three accounts, of which one spams, over an hour and a half. */
function stream(count: number): ReturnType<typeof request>[] {
  return Array.from({ length: count }, (_, i) => {
    const account = `u${i % 3}`;
    const text = i % 3 === 1 && i % 10 === 0 ? `spam ${i}` : `comment ${i % 7}`;
    return request(`e${i}`, text, account, t0 + i * 90_000);
  });
}

async function factsOfAll({ site }: OpenInstallation, decisions: readonly Decision[]): Promise<Facts[]> {
  const recorded = await Promise.all(decisions.map(({ index }) => site.recorded(index ?? -1)));
  return recorded.map(({ facts }) => facts as Facts);
}

/** An answer without what a repeat may have another of: the proof, which goes to a newer checkpoint. */
function bare({ receipt, ...decision }: Decision): object {
  return { ...decision, repeat: undefined, leaf: receipt?.leaf };
}

/** What two logs of the same events have in common. */
function told({ outcome, rules, reasons, restrictions, retryAfterMs, decidedAt }: Decision): object {
  return {
    outcome,
    rules,
    reasons: reasons.map(({ rule }) => rule),
    restrictions: restrictions.map(dated),
    retryAfterMs,
    decidedAt,
  };
}

function dated({ kind, until }: { kind: string; until?: string | undefined }): object {
  return { kind, until };
}

function comparable({ counters, standing, fired, strikes, clauses, missing, points }: Facts): object {
  return { counters, strikesBefore: standing.strikes, fired, strikes, clauses, missing, points };
}

function verify(decision: Decision, verifierKey: string, origin: string): void {
  const { receipt, index = -1 } = decision;
  assert.ok(receipt !== undefined);
  const proof = parseProof(receipt.proof);
  const { checkpoint } = openCheckpoint(proof.checkpoint, [parseVerifierKey(verifierKey)], origin);
  const hash = leafHash(Buffer.from(receipt.leaf));
  assert.ok(verifyInclusion(proof.hashes, index, checkpoint.size, hash, checkpoint.root));
  const leaf = parseLeaf(receipt.leaf);
  assert.equal(leaf.index, index);
}
