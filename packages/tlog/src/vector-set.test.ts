// SPDX-License-Identifier: Apache-2.0
// Our own vectors (packages/tlog/vectors, described in its README.md) against this package: every case is
// accepted with the value that it names, or refused for the reason that it names.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { decodeBase64, decodeHex, encodeBase64, encodeHex, fromUtf8, utf8 } from "./base64.ts";
import { TlogError, type TlogErrorCode } from "./error.ts";
import * as tlog from "./index.ts";
import type { Hash, Verifier } from "./index.ts";
import { readSignerKey } from "./key.ts";
import { at } from "./testing/at.ts";
import { answerOf } from "./testing/witness-model.ts";

type Json = string | number | boolean | null | Json[] | { [member: string]: Json };
type Case = {
  name: string;
  result: "accept" | "refuse";
  reason?: string;
  kind?: string;
  value?: Json;
  verifiers?: string[];
  vkeys?: string[];
  [member: string]: unknown;
};
type VectorFile = {
  format: string;
  file: string;
  count: number;
  keys?: Record<string, { vkey: string; skey: string }>;
  cases: Case[];
};

/** What a case comes to: a value to compare with that of the case, or an error. */
type Judge = (item: Case, file: VectorFile) => Json;

/** A refusal that is no error: a verifier's `false`, or a path that is none. */
class Refusal extends Error {}

/** The code of this package's error for a reason of the vectors, where the two have other names. */
const codes: Readonly<Record<string, TlogErrorCode>> = {
  "proof-format": "proof",
  request: "witness",
  answer: "witness",
};

const folder = new URL("../vectors/", import.meta.url);

/** Whether this is the run of the last test below, in which #crypto is that for browsers. */
const isBrowser = process.execArgv.includes("--conditions=browser");

const judges: Record<string, Judge> = {
  keys: judgeKey,
  notes: judgeNote,
  checkpoints: judgeCheckpoint,
  cosignatures: judgeCosignature,
  trees: judgeTree,
  inclusion: judgeInclusion,
  consistency: judgeConsistency,
  subtrees: judgeSubtree,
  tiles: judgeTile,
  bundles: judgeBundle,
  proofs: judgeProof,
  policies: judgePolicy,
  witness: judgeWitness,
};

void test("each file of vectors has a judge here, and each judge a file", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  assert.deepEqual(
    files.sort(),
    Object.keys(judges)
      .map((name) => `${name}.json`)
      .sort(),
  );
});

for (const [name, judge] of Object.entries(judges)) {
  void test(`our vectors of ${name} are judged as they say`, () => {
    const file = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as VectorFile;
    assert.equal(file.format, "docket-tlog-vectors/v1");
    assert.equal(file.cases.length, file.count);
    assert.equal(new Set(file.cases.map(({ name }) => name)).size, file.count);
    for (const item of file.cases) check(name, item, () => judge(item, file));
  });
}

void test("the half of #crypto for browsers judges all of them alike", { skip: isBrowser }, () => {
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const conditions = ["--conditions=@docket/source", "--conditions=browser"];
  const output = execFileSync(process.execPath, [...conditions, fileURLToPath(import.meta.url)], {
    encoding: "utf8",
    env: { ...env, NODE_OPTIONS: "" },
  });
  // All but this test itself, which is skipped there.
  assert.match(output, new RegExp(`^.* pass ${Object.keys(judges).length + 1}$`, "m"));
});

function check(file: string, item: Case, judge: () => Json): void {
  const what = `${file}: ${item.name}`;
  let found: Json;
  try {
    found = judge();
  } catch (error) {
    if (!(error instanceof TlogError || error instanceof Refusal)) throw new Error(what, { cause: error });
    const code = error instanceof TlogError ? error.code : error.message;
    const reason = item.reason ?? "";
    assert.equal(
      `refuse: ${code}`,
      `${item.result}: ${codes[reason] ?? reason}`,
      `${what}: ${error.message}`,
    );
    return;
  }
  assert.equal("accept", item.result, what);
  assert.deepEqual(found, expectedOf(item), what);
}

/** The members of a case that say what comes out of it. */
function expectedOf(item: Case): Json {
  const { kind, value, text, verified, unverified, times, time, quorums, paths, levels, vkey, hash, root } =
    item;
  const members = {
    value,
    text,
    verified,
    unverified,
    times,
    time,
    quorums,
    paths,
    levels,
    vkey,
    hash,
    root,
  };
  const outcomes: Record<string, (keyof typeof members)[]> = {
    "": item["note"] === undefined ? ["value"] : ["text", "verified", "unverified"],
    signer: ["vkey"],
    checkpoint: ["verified", "times"],
    subtree: ["time"],
    leaf: ["hash"],
    root: ["root"],
    tiles: paths === undefined ? ["levels"] : ["levels", "paths"],
    "new-tiles": ["paths"],
    policy: ["value", "quorums"],
    cosignatures: ["verified"],
  };
  if (item["entries"] !== undefined) return item["entries"] as Json;
  const names = outcomes[kind ?? ""] ?? ["value"];
  const given = names.flatMap((name) => (members[name] === undefined ? [] : [[name, members[name]]]));
  return Object.fromEntries(given) as Json;
}

function judgeKey({ kind, key }: Case): Json {
  if (kind === "signer") {
    const signer = tlog.parseSignerKey(String(key), () => 1);
    assert.equal(tlog.generateSignerKey(signer.name, seedIn(String(key)), signer.algorithm).signerKey, key);
    return { vkey: signer.vkey };
  }
  const { name, keyId, algorithm, publicKey, vkey } = tlog.parseVerifierKey(String(key));
  assert.equal(vkey, key);
  const types = { ed25519: 1, "ed25519-cosignature": 4, "ml-dsa-44": 6 };
  const id = keyId.toString(16).padStart(8, "0");
  return { value: { name, keyId: id, type: types[algorithm], publicKey: encodeHex(publicKey) } };
}

function judgeNote(item: Case, file: VectorFile): Json {
  const opened = tlog.openNote(inputOf(item, "note"), verifiersOf(item, file));
  return {
    text: opened.text,
    verified: opened.verified.map(({ verifier }) => idOf(verifier, file)),
    unverified: opened.unverified.map(({ name }) => name),
  };
}

function judgeCheckpoint(item: Case, file: VectorFile): Json {
  if (item.kind === "signed") {
    const bytes = inputOf(item, "note");
    const { checkpoint } = tlog.openCheckpoint(bytes, verifiersOf(item, file), String(item["origin"]));
    return { value: describeCheckpoint(checkpoint) };
  }
  const checkpoint = tlog.parseCheckpoint(String(item["text"]));
  assert.equal(tlog.formatCheckpoint(checkpoint), item["text"]);
  return { value: describeCheckpoint(checkpoint) };
}

function judgeCosignature(item: Case, file: VectorFile): Json {
  if (item.kind === "subtree") return judgeSubtreeCosignature(item, file);
  const { verified } = tlog.openNote(inputOf(item, "note"), verifiersOf(item, file));
  return {
    verified: verified.map(({ verifier }) => idOf(verifier, file)),
    times: verified.map(({ signature }) => String(tlog.cosignatureTime(signature))),
  };
}

function judgeSubtreeCosignature(item: Case, file: VectorFile): Json {
  const subtree = item["subtree"] as { origin: string; start: string; end: string; root: string };
  const range = {
    origin: subtree.origin,
    start: Number(subtree.start),
    end: Number(subtree.end),
    root: decodeBase64(subtree.root) as Hash,
  };
  const verifier = tlog.parseVerifierKey(keyIn(file, String(item["verifier"])));
  const line = at(tlog.parseCosignatures(utf8(String(item["line"]))), 0);
  if (!tlog.verifySubtreeCosignature(verifier, range, line)) throw new Refusal("signature");
  return { time: String(tlog.cosignatureTime(line.signature)) };
}

/** Leaf hashes of the entries `entry <i>`, as far as any case needs them. */
const leaves = Array.from({ length: 1_000 }, (_, i) => tlog.leafHash(utf8(`entry ${i}`)));

function judgeTree(item: Case): Json {
  if (item.kind === "leaf") return { hash: encodeBase64(tlog.leafHash(decodeHex(String(item["entry"])))) };
  const frontier = tlog.emptyFrontier();
  for (const leaf of leaves.slice(0, Number(item["size"]))) tlog.appendLeafHash(frontier, leaf);
  return { root: encodeBase64(tlog.frontierRoot(frontier)) };
}

function judgeInclusion(item: Case): Json {
  const [index, size] = [Number(item["index"]), Number(item["size"])];
  const isIncluded = tlog.verifyInclusion(
    proofOf(item),
    index,
    size,
    bytesOf(item, "leaf"),
    bytesOf(item, "root"),
  );
  if (!isIncluded) throw new Refusal("proof");
  return {};
}

function judgeConsistency(item: Case): Json {
  const [first, second] = [Number(item["first"]), Number(item["second"])];
  const [firstRoot, secondRoot] = [bytesOf(item, "firstRoot"), bytesOf(item, "secondRoot")];
  const isConsistent = tlog.verifyConsistency(proofOf(item), first, second, firstRoot, secondRoot);
  if (!isConsistent) throw new Refusal("proof");
  return {};
}

function judgeSubtree(item: Case): Json {
  const [start, end] = [Number(item["start"]), Number(item["end"])];
  const [proof, subtreeRoot] = [proofOf(item), bytesOf(item, "subtreeRoot")];
  const isPart =
    item.kind === "inclusion"
      ? tlog.verifySubtreeInclusion(
          proof,
          Number(item["index"]),
          start,
          end,
          bytesOf(item, "leaf"),
          subtreeRoot,
        )
      : tlog.verifySubtreeConsistency(
          proof,
          start,
          end,
          Number(item["size"]),
          subtreeRoot,
          bytesOf(item, "root"),
        );
  if (!isPart) throw new Refusal("proof");
  return {};
}

function judgeTile(item: Case): Json {
  if (item.kind === "tiles") return judgeTilesOfSize(item);
  if (item.kind === "new-tiles") {
    const tiles = tlog.newTiles(Number(item["before"]), Number(item["after"]));
    return { paths: tiles.map(tlog.tilePath) };
  }
  const path = tlog.parseTilePath(String(item["path"]));
  if (path === undefined) throw new Refusal("path");
  if (item.kind === "bytes") {
    assert.ok(path.kind === "hash");
    checkTileBytes(path.tile, bytesOf(item, "data"));
    return {};
  }
  const { index, width } = path.kind === "hash" ? path.tile : path;
  assert.equal(
    path.kind === "hash" ? tlog.tilePath(path.tile) : tlog.entriesPath(index, width),
    item["path"],
  );
  return { value: { level: path.kind === "hash" ? path.tile.level : "entries", index, width } };
}

function judgeTilesOfSize(item: Case): Json {
  const levels: { full: number; partial: number }[] = [];
  const size = Number(item["size"]);
  // The list of a large tree is too long: its counts are those of the last tile of each level.
  for (let level = 0; Math.floor(size / 256 ** level) > 0; level++) {
    const last = Math.floor(size / 256 ** level) - 1;
    const { index, width } = tlog.tileOfNode({ level: level * 8, index: last }, size);
    levels.push(width === 256 ? { full: index + 1, partial: 0 } : { full: index, partial: width });
  }
  if (item["paths"] === undefined) return { levels };
  return { levels, paths: [...tlog.tilesOfSize(size)].map(tlog.tilePath) };
}

/** Reads all hashes of a tile of the tree of the entries `entry <i>`. */
function checkTileBytes(tile: tlog.Tile, data: Uint8Array): void {
  for (const node of tlog.tileNodes(tile)) {
    const hash = tlog.nodeFromTile(tile, data, node);
    if (tile.level === 0 && node.index < leaves.length) assert.deepEqual(hash, leaves[node.index]);
    if (tile.level === 1 && (node.index + 1) * 256 <= leaves.length) {
      const frontier = tlog.emptyFrontier();
      for (const leaf of leaves.slice(node.index * 256, (node.index + 1) * 256)) {
        tlog.appendLeafHash(frontier, leaf);
      }
      assert.deepEqual(hash, tlog.frontierRoot(frontier));
    }
  }
}

function judgeBundle(item: Case): Json {
  const bundle = decodeHex(String(item["bundle"]));
  const entries = tlog.decodeEntryBundle(bundle, Number(item["width"]));
  assert.deepEqual(tlog.encodeEntryBundle(entries), bundle);
  return entries.map(encodeHex);
}

function judgeProof(item: Case, file: VectorFile): Json {
  const text = fromUtf8(inputOf(item, "proof"));
  const proof = tlog.parseProof(text);
  assert.equal(tlog.formatProof(proof), text);
  const { checkpoint } = tlog.openCheckpoint(
    proof.checkpoint,
    verifiersOf(item, file),
    String(item["origin"]),
  );
  const leaf = tlog.leafHash(decodeHex(String(item["entry"])));
  if (!tlog.verifyInclusion(proof.hashes, proof.index, checkpoint.size, leaf, checkpoint.root)) {
    throw new Refusal("proof");
  }
  if (item.value === undefined) return {};
  const { hashes, extra } = item.value as { hashes?: string[]; extra?: string };
  return {
    value: {
      index: String(proof.index),
      ...(hashes && { hashes: proof.hashes.map(encodeBase64) }),
      ...(extra !== undefined && { extra: encodeBase64(proof.extra ?? new Uint8Array()) }),
    },
  };
}

function judgePolicy(item: Case): Json {
  const policy = tlog.parsePolicy(inputOf(item, "policy"));
  assert.deepEqual(tlog.parsePolicy(tlog.formatPolicy(policy)), policy);
  if (item.kind === "checkpoint") {
    const { quorum } = tlog.openWithPolicy(inputOf(item, "note"), policy);
    if (!quorum.satisfied) throw new Refusal("quorum");
    return {};
  }
  const quorums = (item["quorums"] as { cosigned: string[] }[]).map(({ cosigned }) => {
    const signers = policy.witnesses.filter(({ name }) => cosigned.includes(name));
    assert.equal(signers.length, cosigned.length);
    return { cosigned, satisfied: tlog.policySatisfied(policy, signers).satisfied };
  });
  return { value: policy, quorums };
}

function judgeWitness(item: Case, file: VectorFile): Json {
  switch (String(item.kind)) {
    case "add-checkpoint": {
      const bytes = inputOf(item, "request");
      const request = tlog.parseAddCheckpoint(bytes);
      assert.deepEqual(tlog.formatAddCheckpoint(request), bytes);
      const { oldSize, proof, checkpoint } = request;
      return {
        value: { oldSize: String(oldSize), proof: proof.map(encodeBase64), checkpoint: fromUtf8(checkpoint) },
      };
    }
    case "sign-subtree":
      return judgeSignSubtree(item);
    case "tree-size": {
      const size = tlog.parseTreeSize(inputOf(item, "answer"));
      assert.deepEqual(tlog.formatTreeSize(size), inputOf(item, "answer"));
      return { value: String(size) };
    }
    case "cosignatures": {
      const [checkpoint, answer] = [inputOf(item, "checkpoint"), inputOf(item, "answer")];
      const verified = tlog.openCosignatures(checkpoint, answer, verifiersOf(item, file));
      assert.deepEqual(tlog.formatCosignatures(tlog.parseCosignatures(answer)), answer);
      return { verified: verified.map(({ verifier }) => idOf(verifier, file)) };
    }
    default:
      return judgeExchange(item, file);
  }
}

function judgeSignSubtree(item: Case): Json {
  const bytes = inputOf(item, "request");
  const request = tlog.parseSignSubtree(bytes);
  assert.deepEqual(tlog.formatSignSubtree(request), bytes);
  const { start, end, root, cosignatures, proof, text, signatures } = request;
  return {
    value: {
      start: String(start),
      end: String(end),
      root: encodeBase64(root),
      cosignatures: cosignatures.length,
      proof: proof.map(encodeBase64),
      text,
      signatures: signatures.length,
    },
  };
}

function judgeExchange(item: Case, file: VectorFile): Json {
  const logs = Object.entries(item["logs"] as Record<string, string[]>);
  const request = inputOf(item, "request");
  const { status, answer, after } = answerOf(
    {
      logs: new Map(
        logs.map(([origin, ids]) => [origin, ids.map((id) => tlog.parseVerifierKey(keyIn(file, id)))]),
      ),
      before: item["before"] as { size: string; root: string } | null,
      signers: (item["witness"] as string[]).map((id) =>
        tlog.parseSignerKey(file.keys?.[id]?.skey ?? "", () => Number(item["time"])),
      ),
    },
    request,
  );
  assert.deepEqual(after, item["after"], item.name);
  assert.equal(status, item["status"], item.name);
  if (status === 409) assert.deepEqual(answer, utf8(String(item["body"])), item.name);
  if (status !== 200) throw new Refusal(String(status));
  // ML-DSA signatures differ from one time to the next: both answers must verify.
  const { checkpoint } = tlog.parseAddCheckpoint(request);
  const keys = (item["witness"] as string[]).map((id) => tlog.parseVerifierKey(keyIn(file, id)));
  for (const body of [answer, utf8(String(item["answer"]))]) {
    const verified = tlog.openCosignatures(checkpoint, body, keys);
    assert.equal(verified.length, keys.length);
    for (const { signature } of verified) assert.equal(String(tlog.cosignatureTime(signature)), item["time"]);
  }
  return {};
}

function describeCheckpoint({ origin, size, root, extensions }: tlog.Checkpoint): Json {
  return { origin, size: String(size), root: encodeBase64(root), extensions };
}

/** The bytes of a text member, or of its base64 twin. */
function inputOf(item: Case, member: string): Uint8Array {
  const base64 = item[`${member}Base64`];
  return typeof base64 === "string" ? decodeBase64(base64) : utf8(String(item[member]));
}

function bytesOf(item: Case, member: string): Uint8Array {
  return decodeBase64(String(item[member]));
}

function proofOf(item: Case): Uint8Array[] {
  return (item["proof"] as string[]).map(decodeBase64);
}

function verifiersOf({ verifiers = [], vkeys = [] }: Case, file: VectorFile): Verifier[] {
  return [...verifiers.map((id) => keyIn(file, id)), ...vkeys].map(tlog.parseVerifierKey);
}

function keyIn(file: VectorFile, id: string): string {
  return file.keys?.[id]?.vkey ?? `no key ${id}`;
}

function idOf({ vkey }: Verifier, file: VectorFile): string {
  return Object.entries(file.keys ?? {}).find(([, key]) => key.vkey === vkey)?.[0] ?? vkey;
}

function seedIn(skey: string): Uint8Array {
  return readSignerKey(skey).seed;
}
