// SPDX-License-Identifier: Apache-2.0
// What can be done to a receipt, and what its check then has to say: which of the checks may be the first
// that fails, by the part of the receipt that was changed.
import {
  generateSignerKey,
  parseCheckpoint,
  parseNote,
  parseProof,
  parseSignerKey,
  signCheckpoint,
} from "@docket/tlog";
import { formatProof } from "@docket/tlog";
import { encodeReceipt, parseReceipt } from "@docket/protocol";
import type { Receipt } from "@docket/protocol";
import * as log from "../writer.ts";
import type { Base } from "./bases.ts";
import { bytesOf, pick } from "./mutation.ts";
import type { Random } from "../seeded-random.ts";

/** A changed receipt. */
export type ReceiptMutation = { what: string; text: string; checks: ReadonlySet<string> };

/** A way to change a receipt. */
export type ReceiptKind = {
  name: string;
  weight: number;
  make: (receipt: string, base: Base, random: Random) => ReceiptMutation | undefined;
};

/** Checks that may fail first when that part of a receipt is another. */
const checksOf = {
  format: ["format"],
  leaf: ["format", "record", "inclusion", "index", "manifest"],
  proof: ["format", "proof", "signature", "inclusion", "index"],
  manifest: ["format", "manifest", "opening"],
  opening: ["format", "opening"],
} as const;
type Part = keyof typeof checksOf;

/** All of them. */
export const receiptKinds: readonly ReceiptKind[] = [
  ofBytes("one bit flipped", 40, (bytes, at, random) => {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  }),
  ofBytes("one byte replaced", 16, (bytes, at, random) => {
    bytes[at] = 32 + random.below(95);
    return bytes;
  }),
  ofBytes("bytes left out", 8, (bytes, at, random) =>
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]),
  ),
  ofBytes("bytes put in", 8, (bytes, at, random) =>
    Buffer.concat([bytes.subarray(0, at), bytesOf(random, 1 + random.below(4)), bytes.subarray(at)]),
  ),
  ofBytes("cut short", 4, (bytes, at) => bytes.subarray(0, at)),
  ofText("spelled otherwise", 4, (text, random) => {
    const parsed = JSON.parse(text) as Record<string, unknown>;
    const entries = Object.entries(parsed);
    const spellings = [
      JSON.stringify(parsed, null, 1),
      JSON.stringify(Object.fromEntries(entries.toReversed())),
      `${JSON.stringify({ ...parsed, more: 1 })}\n`,
      `${text}\n`,
      text.replace("/", "\\/"),
      text.slice(0, -1),
    ];
    return pick(random, spellings) ?? "";
  }),
  ofPart("the record of another receipt", 5, "leaf", (receipt, other) => ({ ...receipt, leaf: other.leaf })),
  ofPart("the proof of another receipt", 5, "proof", (receipt, other) => ({
    ...receipt,
    proof: other.proof,
  })),
  ofPart("the manifest of another receipt", 4, "manifest", withManifest),
  ofPart("another opening", 5, "opening", withOpening),
  ofPart("a checkpoint signed by another key", 5, "proof", (receipt) => ({
    ...receipt,
    proof: signedByStranger(receipt.proof),
  })),
  ofPart("another index in the proof", 4, "proof", (receipt, _other, random) => {
    const proof = parseProof(receipt.proof);
    const index = Math.max(0, proof.index + 1 - 2 * random.below(2));
    return index === proof.index ? undefined : { ...receipt, proof: formatProof({ ...proof, index }) };
  }),
];

function ofBytes(
  name: string,
  weight: number,
  change: (bytes: Buffer, at: number, random: Random) => Uint8Array,
): ReceiptKind {
  return {
    name,
    weight,
    make: (receipt, _base, random) => {
      const bytes = Buffer.from(receipt);
      const at = random.below(bytes.length);
      // As a file's bytes are read: what is no UTF-8 reads as nothing.
      const text = textOf(change(Buffer.from(bytes), at, random));
      const part = partAt(receipt, bytes.subarray(0, at).toString("utf8").length);
      // What makes a text longer or shorter changes the part that follows too.
      const checks = new Set<string>([...checksOf[part], "format"]);
      return text === receipt ? undefined : { what: `${name} at ${at}, in ${part}`, text, checks };
    },
  };
}

function ofText(name: string, weight: number, change: (text: string, random: Random) => string): ReceiptKind {
  return {
    name,
    weight,
    make: (receipt, _base, random) => {
      const text = change(receipt, random);
      return text === receipt ? undefined : { what: name, text, checks: new Set(checksOf.format) };
    },
  };
}

function ofPart(
  name: string,
  weight: number,
  part: Part,
  change: (receipt: Receipt, other: Receipt, random: Random) => Receipt | undefined,
): ReceiptKind {
  return {
    name,
    weight,
    make: (receipt, base, random) => {
      const other = parseReceipt(pick(random, base.receipts) ?? receipt);
      const changed = change(parseReceipt(receipt), other, random);
      const text = changed === undefined ? receipt : encodeReceipt(changed);
      return text === receipt ? undefined : { what: name, text, checks: new Set(checksOf[part]) };
    },
  };
}

function withManifest(receipt: Receipt, other: Receipt): Receipt | undefined {
  const { manifest, ...rest } = receipt;
  if (manifest === other.manifest) return undefined;
  const { opening, ...bare } = rest;
  return other.manifest === undefined
    ? bare
    : { ...rest, manifest: other.manifest, ...(opening && { opening }) };
}

function withOpening(receipt: Receipt, other: Receipt, random: Random): Receipt | undefined {
  const [part] = receipt.opening ?? [];
  if (part === undefined) return undefined;
  const changes = [
    { ...part, plaintext: part.plaintext.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)) },
    { ...part, name: "content" as const },
    ...(other.opening?.slice(0, 1) ?? []),
    { ...part, secret: bytesOf(random, 32).toString("base64url") },
  ];
  const changed = pick(random, changes);
  return changed && { ...receipt, opening: [changed] };
}

const stranger = parseSignerKey(generateSignerKey(log.origin, new Uint8Array(32).fill(9)).signerKey);

function signedByStranger(text: string): string {
  const proof = parseProof(text);
  const checkpoint = signCheckpoint(parseCheckpoint(parseNote(proof.checkpoint).text), [stranger]);
  return formatProof({ ...proof, checkpoint });
}

function partAt(receipt: string, at: number): Part {
  const parts: Part[] = ["leaf", "proof", "manifest", "opening"];
  const found = parts.findLast((part) => {
    // Inside a string a quote is escaped, so this is the key and nothing else.
    const begin = receipt.indexOf(`,"${part}":`);
    return begin >= 0 && begin <= at;
  });
  return found ?? "format";
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return "";
  }
}
