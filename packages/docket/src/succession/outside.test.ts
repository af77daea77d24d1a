// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { asHash, formatProof, generateSignerKey, parseSignerKey, signCheckpoint } from "@docket/tlog";
import { changeKeys, firstPeriod } from "./key-history.ts";
import { askWitnesses, openCounted, readGiven, trustedKeys } from "./outside.ts";
import type { OutsidePorts } from "./outside.ts";

const origin = "log.example/main";
const made = [1, 2, 3].map((byte) => generateSignerKey(origin, new Uint8Array(32).fill(byte)));
const [old, current, stranger] = made.map(({ signerKey }) => parseSignerKey(signerKey));
const history = changeKeys(firstPeriod(origin, [made[0]?.verifierKey ?? ""]), 9, [
  made[1]?.verifierKey ?? "",
]);
const keys = trustedKeys(history, []);
const nobody: OutsidePorts = { fetch: () => Promise.reject(new Error("no network")) };

test("a checkpoint counts under the key of its time, and an old key's later one does not", () => {
  assert.equal(openCounted(checkpoint(10, old), origin, keys).size, 10);
  assert.equal(openCounted(checkpoint(11, current), origin, keys).size, 11);
  for (const [note, reason] of [
    [checkpoint(11, old), /in force at size 11/],
    [checkpoint(5, stranger), /no known key/],
  ] as const) {
    assert.throws(() => openCounted(note, origin, keys), { message: reason });
  }
  assert.throws(() => openCounted(checkpoint(5, old), "another", keys), { code: "origin" });
  const more = trustedKeys(history, [made[2]?.verifierKey ?? "", made[1]?.verifierKey ?? ""]);
  assert.equal(more.length, 3, "a key that is known is not known twice");
  assert.equal(openCounted(checkpoint(5, stranger), origin, more).size, 5);
});

test("files, proofs, directories, data directories, mirrors and URLs are read, and told apart", async (t) => {
  const directory = temporaryDirectory(t);
  const file = (name: string, bytes: Uint8Array | string): string => {
    const path = join(directory, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, bytes);
    return path;
  };
  const two = file("two", Buffer.concat([checkpoint(3, old), checkpoint(4, old)]));
  const proof = file("x.tlog-proof", formatProof({ index: 0, hashes: [], checkpoint: checkpoint(5, old) }));
  file("kept/6", checkpoint(6, old));
  file("kept/7", checkpoint(7, old));
  file("data/sites/main/checkpoint", checkpoint(8, old));
  file("data/docket.json", "{}");
  file("mirror/checkpoint", checkpoint(9, old));
  file("mirror/state.json", "{}");
  const asked: string[] = [];
  const ports: OutsidePorts = {
    fetch(url) {
      asked.push(url.href);
      return Promise.resolve(new Response(Buffer.from(checkpoint(12, current))));
    },
  };
  const targets = [two, proof, ...["kept", "data", "mirror"].map((name) => join(directory, name))];
  const urls = ["https://log.example", "https://log.example/sites/main/"];
  const found = await readGiven([...targets, ...urls], origin, keys, ports);
  assert.deepEqual(
    found.map(({ from, checkpoint: { size } }) => `${from} ${size}`),
    "seen 3,seen 4,seen 5,seen 6,seen 7,replica 8,replica 9,replica 12,replica 12".split(","),
  );
  assert.deepEqual(asked, ["https://log.example/checkpoint", "https://log.example/sites/main/checkpoint"]);
});

test("what was given and does not count is an error, never passed over", async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, "file");
  const refused = async (target: string, message: RegExp, ports = nobody): Promise<void> => {
    await assert.rejects(readGiven([target], origin, keys, ports), { code: "usage", message });
  };
  await refused(path, /cannot be read/);
  await refused(directory, /holds no checkpoints/);
  writeFileSync(path, "hello\n");
  await refused(path, /holds no checkpoint/);
  writeFileSync(path, checkpoint(5, stranger));
  await refused(path, /no checkpoint of log.example/);
  await refused("https://log.example", /no network/);
  const answer = (status: number, body: string): OutsidePorts => ({
    fetch: () => Promise.resolve(new Response(body, { status })),
  });
  await refused("https://log.example", /status 404/, answer(404, ""));
  await refused("https://log.example", /over 1000000 bytes/, answer(200, "x".repeat(1_000_001)));
  await refused("https://log.example", /no checkpoint of/, answer(200, "hello"));
});

test("a witness counts if it cosigned what it shows; the others are named with what was wrong", async () => {
  const witness = generateSignerKey("w.example", new Uint8Array(32).fill(9), "ml-dsa-44");
  const signer = parseSignerKey(witness.signerKey, () => 1_800_000_000);
  const { verifierKey: vkey } = witness;
  const witnesses = ["good", "bare", "foreign", "gone", "unknown"].map((name) => {
    return name === "unknown" ? { name, vkey } : { name, vkey, url: `https://${name}.example/base` };
  });
  const text = { origin, size: 12, root: asHash(new Uint8Array(32).fill(12)), extensions: [] };
  const ports: OutsidePorts = {
    fetch({ host, pathname }) {
      assert.match(pathname, /^\/base\/[0-9a-f]{64}\/checkpoint$/);
      const signers = {
        "good.example": [current, signer],
        "bare.example": [current],
        "foreign.example": [signer],
      };
      const own = Object.hasOwn(signers, host) ? signers[host as keyof typeof signers] : undefined;
      if (own === undefined) return Promise.resolve(new Response(null, { status: 404 }));
      const note = signCheckpoint(
        text,
        own.filter((each) => each !== undefined),
      );
      return Promise.resolve(new Response(Buffer.from(note)));
    },
  };
  const policy = { logs: [], witnesses, groups: [], quorum: "none" };
  const { found, unanswered } = await askWitnesses(policy, origin, keys, ports);
  assert.deepEqual(
    found.map(({ from, name, place }) => [from, name, place]),
    [["witness", "w.example", "good"]],
  );
  assert.deepEqual(unanswered.map(({ place }) => place).sort(), ["bare", "foreign", "gone", "unknown"]);
});

function checkpoint(size: number, signer: typeof old): Uint8Array {
  assert.ok(signer !== undefined);
  const root = asHash(new Uint8Array(32).fill(size));
  return signCheckpoint({ origin, size, root, extensions: [] }, [signer]);
}

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-outside-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
