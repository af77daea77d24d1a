// SPDX-License-Identifier: Apache-2.0
// A stolen disk: whoever has the data directory, and not the keys, reads no evidence and no identity,
// whatever they look into: files as they are, what is compressed in them, pages of databases and their
// write-ahead logs, while the server ran or after it stopped.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";
import { parseLeaf } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import { partDictionary } from "../src/evidence/part-dictionary.ts";
import { createSiteKeys } from "../src/evidence/keys.ts";
import { createInstallation, readInstallation, readKeys } from "../src/installation.ts";
import { LogReader } from "../src/log/reader.ts";
import { openInstallation } from "../src/main.ts";
import type { OpenInstallation } from "../src/main.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { openActorKeys } from "../src/stores/sqlite/actor-keys.ts";
import { filesBelow, findTexts, openableParts } from "../src/testing/search-files.ts";
import type { Finding, FoundFile } from "../src/testing/search-files.ts";
import { docket } from "./testing/docket.ts";

const operator = { by: "operator", role: "operator" } as const;
const accounts = ["zoltan-quixote-9917", "wilhelmina-krug-3305"] as const;
/** Long enough to be compressed, and made of words that stand nowhere else. */
const story = "Vermilion hippogriffs juggle kumquats beneath Zanzibar. ".repeat(40);
const secrets = [
  ...accounts,
  "Vermilion hippogriffs",
  "kumquats beneath",
  "198.51.100.213",
  "Thistlewood",
  "thistlewood@",
  "hippogriff.example",
  "marzipan-content-5521",
  "the moderator suspects Wilhelmina's cousin",
  "measured after a call from Ouagadougou",
  "this was a quotation from Xanadu",
  "I saw it at the bazaar of Samarkand",
];
const rules = `policy: comments
on: [comment]
lists:
  watched: { kind: actor }
rules:
  - id: fruit
    when: signals.normalised.contains("kumquats")
    then: { outcome: reject, strike: 1, suspend: 24h }
    reason: { en: No fruit here. }
    disclose: [signals.linkCount]
  - id: watched
    when: actor.id in lists.watched
    then: { outcome: flag }
`;

test("the data directory alone says nothing of what was written, and by whom", async (t) => {
  const place = newPlace(t);
  const opened = await openInstallation(readInstallation(place.data));
  try {
    await fill(opened);
    // While it runs: write-ahead logs are full, and nothing was tidied.
    cpSync(place.data, place.running, { recursive: true });
  } finally {
    await opened.close();
  }
  // The search finds what there is to find.
  const plain = { path: "plain", bytes: Buffer.from(JSON.stringify({ story, accounts })) };
  assert.ok(findTexts(unfolded([plain]), secrets).length >= 3);
  const keys = readKeys(readInstallation(place.data));
  assert.ok(openableParts(await sealedParts(place.data), [keys.site], originOf(place.data)).length > 5);

  const tried = Array.from({ length: 3 }, () => randomBytes(32));
  assert.deepEqual(openableParts(await sealedParts(place.data), tried, originOf(place.data)), []);
  for (const data of [place.running, place.data]) {
    const found = findTexts(unfolded(filesBelow(data)), secrets);
    assert.deepEqual(
      found.map(({ path, what }: Finding) => ({ path, what })),
      [],
      data,
    );
  }
});

test("without the keys, or with those of another log, nothing opens it", async (t) => {
  const place = newPlace(t);
  const opened = await openInstallation(readInstallation(place.data));
  await filled(opened);
  const actor = await anActor(place.data);
  renameSync(place.keys, `${place.keys}.elsewhere`);
  // What the log's newest state was lies with the keys: without it nothing may sign.
  await assert.rejects(openInstallation(readInstallation(place.data)), { code: "log_unproven" });
  for (const words of [
    ["replay", "--data", place.data, "--evidence"],
    ["keys", "--data", place.data],
    ["keys", "backup", "--to", join(place.folder, "copy"), "--age", "age1x", "--data", place.data],
  ]) {
    const { code, stdout, stderr } = await docket(words);
    assert.notEqual(code, 0, `${words.join(" ")}\n${stdout}`);
    assert.deepEqual(findTexts([{ path: "output", bytes: Buffer.from(stdout + stderr) }], secrets), []);
  }
  const shown = await docket(["show", String(actor.index), "--data", place.data]);
  assert.match(shown.stdout, /keys are not here/);
  assert.deepEqual(findTexts([{ path: "output", bytes: Buffer.from(shown.stdout) }], secrets), []);
  // Keys that somebody made for it.
  createSiteKeys(place.keys, "main", originOf(place.data), randomBytes);
  const { folder } = readKeys(readInstallation(place.data));
  const identity = join(readInstallation(place.data).paths.site, "identity.sqlite");
  assert.throws(() => openActorKeys({ identity, journalled: [], folder })(actor.pseudonym), {
    code: "keys_locked",
  });
  await assert.rejects(openInstallation(readInstallation(place.data)));
});

test("a keys directory that is protected is of no use to whoever takes it along", async (t) => {
  const place = newPlace(t);
  const key = randomBytes(32).toString("base64");
  process.env["DOCKET_KEYS_KEY"] = key;
  t.after(() => delete process.env["DOCKET_KEYS_KEY"]);
  const opened = await openInstallation(readInstallation(place.data));
  await filled(opened);
  const clear = secretsIn(place.keys);
  const { code, stderr } = await docket(["keys", "protect", "--with", "environment", "--data", place.data]);
  assert.equal(code, 0, stderr);
  const taken = filesBelow(place.data, place.keys);
  assert.deepEqual(findTexts(unfolded(taken), [...secrets, ...clear, key]), []);
  const { index } = await anActor(place.data);
  const again = await openInstallation(readInstallation(place.data));
  const facts = await again.site.sitePart(index, "facts");
  await again.close();
  assert.ok(facts?.includes("decidedAt"));
  process.env["DOCKET_KEYS_KEY"] = randomBytes(32).toString("base64");
  await assert.rejects(openInstallation(readInstallation(place.data)), { code: "keys_locked" });
  delete process.env["DOCKET_KEYS_KEY"];
  await assert.rejects(openInstallation(readInstallation(place.data)), { code: "keys_locked" });
});

async function filled(opened: OpenInstallation): Promise<void> {
  try {
    await fill(opened);
  } finally {
    await opened.close();
  }
}

async function fill({
  site,
  labels,
  enforcement,
  lists,
  disputes,
  reports,
}: OpenInstallation): Promise<void> {
  const [one, two] = accounts;
  const event = (id: string, account: string, text: string): Event => ({
    id,
    type: "comment",
    op: "create",
    actor: {
      id: account,
      ip: "198.51.100.213",
      name: "Baroness Thistlewood",
      email: "thistlewood@hippogriff.example",
    },
    content: { id: `marzipan-content-5521-${id}`, text },
  });
  const decide = async (given: Event): Promise<number> => {
    const asked = { event: given, dryRun: false, by: "operator", source: "http" as const };
    return (await site.decide({ ...asked, receivedMs: Date.now() })).index as number;
  };
  const refused = await decide(event("e1", one, `${story} https://hippogriff.example/offer`));
  await decide(event("e2", two, "Vermilion hippogriffs, briefly"));
  for (let each = 0; each < 20; each++)
    await decide(event(`m${each}`, `${two}-${each}`, `kumquats ${story}`));
  await labels.label(operator, {
    index: refused,
    label: "spam",
    note: "the moderator suspects Wilhelmina's cousin",
  });
  await enforcement.measure(operator, {
    subject: { kind: "actor", id: two },
    restrictions: [{ kind: "suspend", forMs: 3_600_000 }],
    reason: "spam",
    note: "measured after a call from Ouagadougou",
  });
  await lists.change("watched", { add: [{ value: two }], remove: [] }, { by: "operator", why: two });
  const behalf = { author: operator, accountId: one };
  await disputes.openForAccount(behalf, refused, { text: "this was a quotation from Xanadu" });
  await reports.report("operator", {
    index: refused,
    reporter: one,
    category: "spam",
    text: "I saw it at the bazaar of Samarkand",
  });
}

/** Files, and besides them everything that unfolds from a place in them. */
function unfolded(files: readonly FoundFile[]): FoundFile[] {
  return files.flatMap((file) => [file, ...inside(file)]);
}

function inside({ path, bytes }: FoundFile): FoundFile[] {
  const found: FoundFile[] = [];
  const take = (at: number, unfold: (bytes: Buffer) => Buffer): void => {
    try {
      const text = unfold(bytes.subarray(at));
      if (text.length > 0) found.push({ path: `${path} unfolded at ${at}`, bytes: text });
    } catch {
      // Nothing unfolds from here.
    }
  };
  const cut = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1_048_576 };
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const word = bytes.readUInt32LE(at);
    if ((word & 0xffffff) === 0x088b1f) take(at, (from) => gunzipSync(from, cut));
    if (word === 0xfd2fb528) take(at, (from) => zstdDecompressSync(from, { maxOutputLength: 1_048_576 }));
    // The header of zlib: deflate, a window, and a check (RFC 1950 section 2.2).
    if ((bytes[at] ?? 0) === 0x78 && bytes.readUInt16BE(at) % 31 === 0)
      take(at, (from) => inflateSync(from, cut));
  }
  take(0, (from) => brotliDecompressSync(from, { maxOutputLength: 1_048_576 }));
  // Parts that are not sealed at all would begin here, in the form that sealing gives them.
  for (const at of [0, 1, 2, 4, 8, 16]) {
    take(at, (from) => inflateRawSync(from, cut));
    take(at, (from) => inflateRawSync(from, { ...cut, dictionary: partDictionary }));
  }
  return found;
}

type Place = { folder: string; data: string; keys: string; running: string };

function newPlace(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "docket-stolen-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [data, keys] = [join(folder, "data"), join(folder, "keys")];
  createInstallation(disk, data, keys);
  writeFileSync(join(data, "policy", "comments.yaml"), rules);
  return { folder, data, keys, running: join(folder, "running") };
}

function originOf(data: string): string {
  return readInstallation(data).origin;
}

async function sealedParts(data: string): Promise<{ index: number; bytes: Uint8Array }[]> {
  const found: { index: number; bytes: Uint8Array }[] = [];
  for await (const { index, parts } of recordsOf(data)) {
    for (const { bytes } of parts) found.push({ index, bytes });
  }
  return found;
}

async function anActor(data: string): Promise<{ index: number; pseudonym: string }> {
  for await (const { index, leaf } of recordsOf(data)) {
    const record = parseLeaf(leaf);
    if (record.kind === "decision") return { index, pseudonym: record.actor };
  }
  throw new Error("there is no decision");
}

async function* recordsOf(
  data: string,
): AsyncGenerator<{ index: number; leaf: string; parts: readonly { bytes: Uint8Array }[] }> {
  const { paths } = readInstallation(data);
  const size = Number(readFileSync(paths.checkpoint, "utf8").split("\n")[1]);
  const reader = new LogReader(paths);
  for (let index = 0; index < size; index++) {
    const { leaf, parts } = await reader.record(index, size);
    yield { index, leaf, parts: parts?.parts ?? [] };
  }
}

/** What is secret in plain files of keys. */
function secretsIn(keys: string): string[] {
  return filesBelow(keys)
    .filter(({ path }) => path.endsWith(".key"))
    .flatMap(({ bytes }) => bytes.toString("utf8").match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? []);
}
