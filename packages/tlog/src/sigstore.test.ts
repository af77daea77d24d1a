// SPDX-License-Identifier: Apache-2.0
// The checkpoints and inclusion proofs in Sigstore's conformance bundles: of Rekor v2 (tiles, Ed25519) they
// are opened as ours are; of Rekor v1 (ECDSA, a signature type that is not ours) everything but the signature
// is checked with this package, and the signature with node:crypto over the text that this package cut out.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { decodeBase64, utf8 } from "./base64.ts";
import { TlogError } from "./error.ts";
import { hashesEqual, leafHash } from "./hash.ts";
import { openCheckpoint, parseCheckpoint } from "./index.ts";
import { formatVerifierKey, readKeyId } from "./key.ts";
import { parseNote, parseVerifierKey } from "./note.ts";
import { verifyInclusion } from "./tree.ts";

type InclusionProof = {
  logIndex: string;
  treeSize: string;
  rootHash: string;
  hashes: string[];
  checkpoint?: { envelope: string };
};
type Entry = {
  canonicalizedBody: string;
  logId: { keyId: string };
  inclusionProof?: InclusionProof;
};
type TrustedLog = {
  baseUrl: string;
  publicKey: { rawBytes: string; keyDetails: string };
  logId: { keyId: string };
};
/** A bundle's entry with a checkpoint, and the log that is trusted to have it, if any is. */
type Case = { name: string; entry: Entry; proof: InclusionProof; envelope: string; log?: TrustedLog };

/**
 * What is wrong with the checkpoints that must be refused, and with the entries that are not in the tree.
 * All other bundles have a good one: those of them that fail do so for reasons outside of the log.
 */
const refused: ReadonlyMap<string, string> = new Map([
  ["rekor2-checkpoint-missing-origin_fail", "signature"],
  ["rekor2-checkpoint-missing-root-hash_fail", "signature"],
  ["rekor2-checkpoint-missing-size_fail", "signature"],
  ["checkpoint-bad-keyhint_fail", "key id"],
  ["checkpoint-wrong-roothash_fail", "root"],
  ["invalid-checkpoint-signature_fail", "signature"],
  ["bundle-invalid-base64-signature_fail", "proof"],
  ["incorrect-public-key_fail", "proof"],
]);

/** Where the root of trust of production is, for the bundles that bring none. */
const productionRoot = "trust-root-tlog-validity-end-inclusive";

const ed25519SpkiPrefixBytes = 12;

void test("Rekor v2: checkpoints open or are refused as published, and their proofs verify", (t) => {
  const folder = sharedPath("vectors/sigstore-bundles");
  if (folder === undefined) return t.skip(skipReason("vectors/sigstore-bundles"));
  const cases = readCases(folder).filter(({ log }) => log?.publicKey.keyDetails === "PKIX_ED25519");
  const verdicts = cases.map((item): [string, string] => [item.name, verdictOfEd25519(item)]);
  for (const [name, verdict] of verdicts) assert.equal(verdict, refused.get(name) ?? "opens", name);
  const bad = verdicts.filter(([, verdict]) => verdict !== "opens").map(([name]) => name);
  assert.deepEqual(
    bad,
    [...refused.keys()].filter((name) => name.startsWith("rekor2")),
  );
  assert.ok(verdicts.length >= 20, `${verdicts.length} cases`);
});

void test("Rekor v1: texts, roots and proofs are as published; ECDSA is left to others", (t) => {
  const folder = sharedPath("vectors/sigstore-bundles");
  if (folder === undefined) return t.skip(skipReason("vectors/sigstore-bundles"));
  const cases = readCases(folder).filter(({ log }) => log?.publicKey.keyDetails !== "PKIX_ED25519");
  for (const item of cases) {
    assert.equal(verdictOfEcdsa(item), refused.get(item.name) ?? "opens", item.name);
    // Opened with our own means alone, a note that only keys of other types signed is signed by nobody.
    assert.throws(() => openCheckpoint(utf8(item.envelope), []), { code: "unverified" });
  }
  assert.ok(cases.length >= 15, `${cases.length} cases`);
  t.diagnostic(`${cases.length} ECDSA checkpoints: openCheckpoint not used, type 0x02 is not supported`);
});

void test("a key of type 0x02 (ECDSA) is named as a type that is not known here", () => {
  assert.throws(() => parseVerifierKey("rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqG"), {
    code: "key-type",
  });
});

/** Opens the checkpoint and verifies the inclusion proof: `opens`, or what was wrong. */
function verdictOfEd25519({ entry, proof, envelope, log }: Case): string {
  assert.ok(log);
  const name = new URL(log.baseUrl).hostname;
  const publicKey = decodeBase64(log.publicKey.rawBytes).subarray(ed25519SpkiPrefixBytes);
  const keyId = readKeyId(decodeBase64(log.logId.keyId));
  const verifier = parseVerifierKey(formatVerifierKey({ name, keyId, algorithm: "ed25519", publicKey }));
  try {
    const { checkpoint, verified } = openCheckpoint(utf8(envelope), [verifier], name);
    assert.equal(verified.length, 1);
    return verdictOfProof(entry, proof, checkpoint);
  } catch (error) {
    assert.ok(error instanceof TlogError);
    return error.code;
  }
}

/** The same with the signature verified outside of this package. */
function verdictOfEcdsa({ entry, proof, envelope, log }: Case): string {
  assert.ok(log);
  const { text, signatures } = parseNote(utf8(envelope));
  const keyId = readKeyId(decodeBase64(log.logId.keyId));
  const line = signatures.find((line) => line.keyId === keyId);
  if (line === undefined) return "key id";
  const spki = Buffer.from(log.publicKey.rawBytes, "base64");
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  if (!verify("sha256", utf8(text), key, line.signature)) return "signature";
  return verdictOfProof(entry, proof, parseCheckpoint(text));
}

function verdictOfProof(
  entry: Entry,
  proof: InclusionProof,
  checkpoint: { size: number; root: Uint8Array },
): string {
  if (!hashesEqual(checkpoint.root, decodeBase64(proof.rootHash))) return "root";
  assert.equal(checkpoint.size, Number(proof.treeSize));
  const leaf = leafHash(decodeBase64(entry.canonicalizedBody));
  const hashes = proof.hashes.map(decodeBase64);
  const index = Number(proof.logIndex ?? 0);
  const isIncluded = verifyInclusion(hashes, index, checkpoint.size, leaf, checkpoint.root);
  if (hashes.length > 0)
    assert.equal(verifyInclusion(hashes, index ^ 1, checkpoint.size, leaf, checkpoint.root), false);
  return isIncluded ? "opens" : "proof";
}

function readCases(folder: string): Case[] {
  const production = readLogs(`${folder}/${productionRoot}/trusted_root.json`);
  return readdirSync(folder, { withFileTypes: true })
    .filter((item) => item.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => {
      const own = `${folder}/${name}/trusted_root.json`;
      const logs = existsSync(own) ? readLogs(own) : production;
      return readEntries(`${folder}/${name}/bundle.sigstore.json`).flatMap((entry) => {
        const proof = entry.inclusionProof;
        const envelope = proof?.checkpoint?.envelope;
        if (proof === undefined || envelope === undefined) return [];
        const log = logs.find(({ logId }) => logId.keyId === entry.logId.keyId);
        return [{ name, entry, proof, envelope, ...(log && { log }) }];
      });
    });
}

function readLogs(path: string): TrustedLog[] {
  return (JSON.parse(readFileSync(path, "utf8")) as { tlogs: TrustedLog[] }).tlogs;
}

/** The log entries of a bundle; none where a bundle is meant to be no JSON. */
function readEntries(path: string): Entry[] {
  const text = readFileSync(path, "utf8");
  try {
    const bundle = JSON.parse(text) as { verificationMaterial: { tlogEntries: Entry[] } };
    return bundle.verificationMaterial.tlogEntries;
  } catch (error) {
    assert.ok(error instanceof SyntaxError && path.includes("malformed-json"));
    return [];
  }
}
