// SPDX-License-Identifier: Apache-2.0
// Erasure of an actor, on a real installation: nothing of theirs is left in any file, in the clear or
// decryptable, and everything that was proved before is proved still.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeReceipt } from "@docket/protocol";
import type { Decision, Event, Receipt } from "@docket/protocol";
import { replayTombstones } from "../src/erasure/replay-tombstones.ts";
import { keysOf } from "../src/evidence/key-ring.ts";
import { readKeyStoreKeys } from "../src/evidence/key-store.ts";
import { createInstallation, readInstallation, readKeys } from "../src/installation.ts";
import { decodeRecordParts, recordOffsets } from "../src/log/parts-bundle.ts";
import { openInstallation } from "../src/main.ts";
import type { OpenInstallation } from "../src/main.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import {
  filesBelow,
  findBytes,
  findTexts,
  findWrappedKeys,
  openableParts,
} from "../src/testing/search-files.ts";
import { docket } from "./testing/docket.ts";

const policy = `policy: comments
on: [comment]
lists:
  watched: { kind: actor }
rules:
  - id: free-stuff
    when: signals.linkCount >= 1 && signals.normalised.contains("free")
    then: { outcome: reject, strike: 1, suspend: 24h }
    reason: { en: It offers something for free behind a link. }
    disclose: [signals.linkCount]
  - id: watched
    when: actor.id in lists.watched
    then: { outcome: flag }
`;
const operator = { by: "operator", role: "operator" } as const;
const mallory = "mallory-account-4711";
const words = "the purple elephant of Mallory sings";
const objection = "my elephant was a piece of art, says its owner";
const complaint = "the green parrot of somebody else is too loud";
const needles = [mallory, words, objection, complaint, "203.0.113.77"];
const address = "203.0.113.77";

test("after an erasure no file has anything of the actor, and every proof holds", async (t) => {
  const place = newPlace(t);
  let opened = await open(place);
  t.after(() => opened.close());
  await opened.lists.change(
    "watched",
    { add: [{ value: mallory }], remove: [] },
    { by: "operator", why: "test" },
  );
  const earlier = await decide(opened, "e1", mallory, `${words}, free at https://free.example`);
  assert.equal(earlier.outcome, "reject");
  const other = await decide(opened, "e2", "bystander", "hello");
  const report = { reporter: mallory, index: other.index, category: "noise", text: complaint };
  await opened.reports.report("operator", report);
  const who = { author: operator, accountId: mallory };
  await opened.disputes.openForAccount(who, earlier.index as number, { text: objection });
  const actor = earlier.actor as string;
  const receipt = await opened.site.opening(earlier.index as number, "operator", "for the user");
  const key = Buffer.from((await opened.site.actorKey(actor)) ?? []);
  await opened.close();
  const before = search(place, actor, key);
  assert.ok(before.wrapped.length > 0 && before.readable.length > 0, "what is searched for can be found");
  const backup = join(place.folder, "backup");
  cpSync(place.data, backup, { recursive: true });
  cpSync(place.keys, place.keptKeys, { recursive: true });

  opened = await open(place);
  const preview = await opened.erasures.preview({ account: mallory });
  assert.deepEqual(
    [preview.actor, preview.decisions, preview.suppressed.length, preview.lists, preview.blocked],
    [actor, 1, 1, ["watched"], true],
  );
  assert.equal(preview.openDisputes.length, 1);
  await assert.rejects(
    opened.erasures.erase(operator, {
      about: { account: mallory },
      ground: "request",
      askedBy: `letter of ${mallory}`,
    }),
    { code: "usage" },
  );
  const asked = { about: { account: mallory }, ground: "request", askedBy: "ticket 17" };
  await assert.rejects(opened.erasures.erase(operator, asked), { code: "erasure_conflict" });
  const outcome = await opened.erasures.erase(operator, { ...asked, despiteDispute: true });
  assert.ok("done" in outcome);
  await opened.erasures.settled();
  const view = opened.erasures.show(outcome.done.erasure);
  assert.equal(view.state, "done");
  assert.equal(view.suppressed, 1);
  assert.equal(await opened.site.actorNamed(mallory), undefined);
  // While the site is open, too: neither memory nor write-ahead logs leave anything on the disk.
  assertGone(search(place, actor, key));
  await assert.rejects(opened.site.opening(earlier.index as number, "operator", "again"), {
    code: "evidence_gone",
  });
  await opened.close();
  assertGone(search(place, actor, key));

  await comesBackRestricted(place, actor);
  await assertProved(place, receipt);
  await restoredStaysErased(place, backup, actor, key);
});

async function comesBackRestricted(place: Place, actor: string): Promise<void> {
  const opened = await open(place);
  const again = await decide(opened, "e9", mallory, "I am back");
  assert.notEqual(again.actor, actor);
  assert.equal(again.outcome, "reject", "the suspension was in force, and is");
  assert.equal(again.restrictions.length, 0, "and is imposed by a record of its own");
  const standing = await opened.site.standing(mallory, Date.now());
  assert.equal(standing.restrictions.length, 1);
  assert.equal(standing.strikes.length, 0, "strikes are gone");
  await opened.close();
  assert.equal(readFileSync(join(place.keys, "main", "suppressions"), "utf8"), "docket-suppressions/v1\n");
}

/** Yesterday's copy, in which the actor still is, under today's keys and tombstones. */
async function restoredStaysErased(place: Place, backup: string, actor: string, key: Buffer): Promise<void> {
  const copy = { ...place, data: backup };
  // The copy's own key-store key is destroyed by now; a thief of yesterday has it.
  const store = join(place.keys, "main", "key-store.key");
  const today = readFileSync(store);
  cpSync(join(place.keptKeys, "main", "key-store.key"), store);
  assert.ok(search(copy, actor, key).wrapped.length > 0, "the copy has the actor's key");
  const { paths, origin } = readInstallation(backup);
  const replayed = { keys: join(place.keys, "main"), site: paths.site, origin, disk };
  assert.deepEqual(replayTombstones(replayed), { rows: 1, segments: 1 });
  assertGone(search(copy, actor, key));
  assert.deepEqual(replayTombstones(replayed), { rows: 0, segments: 0 });
  const { code, stdout } = await docket(["verify", backup, "--key", join(backup, "log.vkey")]);
  assert.equal(code, 0, stdout);
  // And where only the identity map is put back, the opening does it.
  writeFileSync(store, today);
  const map = new DatabaseSync(join(place.data, "sites", "main", "identity.sqlite"));
  const row = map.prepare("SELECT * FROM actors LIMIT 1").get() as Record<string, Uint8Array>;
  const add = map.prepare("INSERT INTO actors VALUES (?, ?, ?)");
  add.run(Buffer.alloc(32, 5), actor, row["wrapped"] ?? new Uint8Array());
  map.close();
  const opened = await open(place);
  assert.equal(await opened.site.actorKey(actor), undefined);
  await opened.close();
  assertGone(search(place, actor, key));
}

type Place = { folder: string; data: string; keys: string; keptKeys: string };

function newPlace(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "docket-erasure-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  const keys = join(folder, "keys");
  createInstallation(disk, data, keys);
  writeFileSync(join(data, "policy", "comments.yaml"), policy);
  return { folder, data, keys, keptKeys: join(folder, "kept-keys") };
}

function open({ data }: Place): Promise<OpenInstallation> {
  return openInstallation(readInstallation(data));
}

function decide(opened: OpenInstallation, id: string, account: string, text: string): Promise<Decision> {
  const event: Event = {
    id,
    type: "comment",
    op: "create",
    actor: { id: account, ip: address },
    content: { id: `c-${id}`, text },
  };
  return opened.site.decide({ event, dryRun: false, by: "operator", source: "http", receivedMs: Date.now() });
}

type Search = {
  texts: ReturnType<typeof findTexts>;
  keys: ReturnType<typeof findBytes>;
  wrapped: ReturnType<typeof findWrappedKeys>;
  readable: ReturnType<typeof openableParts>;
};

/** Looks with everything that a thief of all directories has. */
function search({ data, keys }: Place, actor: string, key: Buffer): Search {
  const installation = readInstallation(data);
  const own = readKeys(installation);
  const keyStore = readKeyStoreKeys(own.folder);
  const files = filesBelow(data, keys);
  const hand = { keyEncryption: own.keyEncryption, keyStore };
  const wrapped = findWrappedKeys(files, actor, hand);
  const tried = [...wrapped.map((each) => each.key), ...keysOf(own.site), ...keysOf(own.keyEncryption)];
  const sealed = files
    .filter(({ path }) => path.startsWith(join(installation.paths.site, "parts")))
    .flatMap(({ bytes }) => partsOf(bytes));
  const readable = openableParts(sealed, tried, installation.origin).filter(({ plaintext }) =>
    needles.some((text) => plaintext.includes(text)),
  );
  return {
    texts: findTexts(files, needles),
    keys: findBytes(files, "the actor's key", key),
    wrapped,
    readable,
  };
}

function partsOf(bytes: Buffer): { index: number; bytes: Uint8Array }[] {
  const found: { index: number; bytes: Uint8Array }[] = [];
  for (let count = 1; ; count++) {
    const offsets = recordOffsets(bytes, count);
    if (offsets === undefined) return found;
    const record = decodeRecordParts(bytes.subarray(offsets[count - 1], offsets[count]));
    if (record === undefined || record === "malformed") continue;
    for (const part of record.parts) found.push({ index: count - 1, bytes: part.bytes });
  }
}

function assertGone({ texts, keys, wrapped, readable }: Search): void {
  assert.deepEqual(texts, []);
  assert.deepEqual(keys, []);
  assert.deepEqual(
    wrapped.map(({ path, at, what }) => ({ path, at, what })),
    [],
  );
  assert.deepEqual(readable, []);
}

async function assertProved({ folder, data }: Place, receipt: Receipt): Promise<void> {
  const vkey = join(data, "log.vkey");
  const path = join(folder, "receipt.json");
  writeFileSync(path, encodeReceipt(receipt));
  for (const args of [
    ["verify", data, "--key", vkey],
    ["verify", path, "--key", vkey],
    ["replay", "--data", data],
    ["views", "rebuild", "--data", data],
  ]) {
    const { code, stdout, stderr } = await docket(args);
    assert.equal(code, 0, `${args[0]}: ${stdout}${stderr}`);
  }
}
