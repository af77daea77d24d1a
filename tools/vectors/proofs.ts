// SPDX-License-Identifier: Apache-2.0
// proofs.json: tlog-proofs, verified from the text alone, with the log's keys and the entry.
import {
  at,
  base64,
  checkpointText,
  concat,
  cosignLine,
  flip,
  loosen,
  makeKey,
  noteOf,
  seedOf,
  signLine,
  subtreeLine,
  types,
  type Case,
  type Key,
  type VectorFile,
} from "./kit.ts";
import { inclusion, leaf, root } from "./twin.ts";

const origin = "example.com/log";
const log = makeKey(origin, types.ed25519);
const logLattice = makeKey(origin, types.mlDsa44);
const witness = makeKey("witness.example", types.cosignature);
const other = makeKey("example.com/other", types.ed25519);
const keys: Record<string, Key> = { log, logLattice, witness, other };

const head = "c2sp.org/tlog-proof@v1\n";
const leaves = Array.from({ length: 11 }, (_, i) => leaf(`entry ${i}`));
const checkpoint = checkpointText(origin, 11, root(leaves));
const note = noteOf(checkpoint, signLine(log, checkpoint));
const hashes = inclusion(5, leaves).map((hash) => `${base64(hash)}\n`);
const good = `${head}index 5\n${hashes.join("")}\n${note}`;
const entry = "entry 5";

/** The vectors of tlog-proofs. */
export function proofVectors(): VectorFile {
  return {
    name: "proofs",
    title: "tlog-proofs: whether the entry (given in hex) is at the index of the log, by its keys",
    specifications: ["https://c2sp.org/tlog-proof"],
    keys,
    cases: [...goodProofs(), ...malformed(), ...badCheckpoints(), ...untrue()],
  };
}

function goodProofs(): Case[] {
  const proofOf = (index: number, size: number): string => {
    const tree = leaves.slice(0, size);
    const text = checkpointText(origin, size, root(tree));
    const lines = inclusion(index, tree).map((hash) => `${base64(hash)}\n`);
    return `${head}index ${index}\n${lines.join("")}\n${noteOf(text, signLine(log, text))}`;
  };
  const range = { origin, start: 0, end: 11, root: root(leaves) };
  const both = noteOf(
    checkpoint,
    signLine(log, checkpoint),
    subtreeLine(logLattice, range),
    cosignLine(witness, checkpoint),
  );
  const extra = `${head}extra ${base64("a.tar.gz")}\nindex 5\n${hashes.join("")}\n`;
  return [
    accepted("good", good, { value: { index: "5", hashes: hashes.map((line) => line.trim()) } }),
    accepted("no-hashes", proofOf(0, 1), { entry: hexOf("entry 0") }),
    accepted("first-of-many", proofOf(0, 11), { entry: hexOf("entry 0") }),
    accepted("last-of-many", proofOf(10, 11), { entry: hexOf("entry 10") }),
    accepted("with-extra", `${extra}${note}`, { value: { index: "5", extra: base64("a.tar.gz") } }),
    accepted("with-cosignatures", good.replace(note, both), { verifiers: ["log", "logLattice", "witness"] }),
    accepted("with-unknown-cosignatures", good.replace(note, both)),
    accepted("with-extension-line", withExtension()),
  ];
}

function withExtension(): string {
  const text = checkpointText(origin, 11, root(leaves), ["extension"]);
  return good.replace(note, noteOf(text, signLine(log, text)));
}

function malformed(): Case[] {
  const [first = "", second = ""] = hashes;
  const texts: [string, string][] = [
    ["empty", ""],
    ["head-alone", head],
    ["no-head", good.slice(head.length)],
    ["head-of-another-version", good.replace("@v1", "@v2")],
    ["head-with-space", good.replace("@v1", "@v1 ")],
    ["head-with-scheme", good.replace("c2sp.org", "https://c2sp.org")],
    ["byte-order-mark", `\u{feff}${good}`],
    ["blank-line-after-the-head", good.replace(head, `${head}\n`)],
    ["no-index", good.replace("index 5\n", "")],
    ["index-without-number", good.replace("index 5", "index ")],
    ["index-without-space", good.replace("index 5", "index5")],
    ["index-with-two-spaces", good.replace("index 5", "index  5")],
    ["index-with-leading-zero", good.replace("index 5", "index 05")],
    ["index-with-plus", good.replace("index 5", "index +5")],
    ["index-negative", good.replace("index 5", "index -5")],
    ["index-in-hex", good.replace("index 5", "index 0x5")],
    ["index-fraction", good.replace("index 5", "index 5.0")],
    ["index-with-space-at-the-end", good.replace("index 5", "index 5 ")],
    ["index-beyond-64-bits", good.replace("index 5", "index 18446744073709551616")],
    ["index-twice", good.replace("index 5\n", "index 5\nindex 5\n")],
    ["index-in-upper-case", good.replace("index 5", "Index 5")],
    ["index-after-the-hashes", good.replace("index 5\n", "").replace("\n\n", "\nindex 5\n\n")],
    ["extra-empty", good.replace("index 5", "extra \nindex 5")],
    ["extra-without-space", good.replace("index 5", "extra\nindex 5")],
    ["extra-after-index", good.replace("index 5\n", "index 5\nextra AAAA\n")],
    ["extra-twice", good.replace("index 5", "extra AAAA\nextra AAAA\nindex 5")],
    ["extra-with-unused-bits", good.replace("index 5", "extra AB==\nindex 5")],
    ["extra-without-padding", good.replace("index 5", "extra AA\nindex 5")],
    ["extra-in-two-parts", good.replace("index 5", "extra AAAA AAAA\nindex 5")],
    ["hash-of-31-bytes", good.replace(first, `${base64(seedOf("x").subarray(1))}\n`)],
    ["hash-of-33-bytes", good.replace(first, `${base64(concat(seedOf("x"), Uint8Array.of(0)))}\n`)],
    ["hash-with-unused-bits", good.replace(first, loosen(first))],
    ["hash-without-padding", good.replace(first, first.replace("=", ""))],
    ["hash-in-hex", good.replace(first, `${hexOf(seedOf("x"))}\n`)],
    ["hash-with-space-at-the-end", good.replace(first, first.replace("\n", " \n"))],
    ["two-hashes-on-a-line", good.replace(first + second, first.replace("\n", " ") + second)],
    ["sixty-four-hashes", good.replace(hashes.join(""), first.repeat(64))],
    ["blank-line-missing", good.replace(`\n\n${origin}`, `\n${origin}`)],
    ["carriage-returns", good.replaceAll("\n", "\r\n")],
    ["comment", good.replace("index 5", "# a proof\nindex 5")],
  ];
  const cases = texts.map(([what, text]) => refused(`malformed/${what}`, text, "proof-format"));
  const beyond = refused(
    "malformed/index-beyond-53-bits",
    good.replace("index 5", "index 9007199254740992"),
    "proof-format",
  );
  return [...cases, { ...beyond, comment: "and past the size of the tree" }];
}

function badCheckpoints(): Case[] {
  const hello = noteOf("hello\n", signLine(log, "hello\n"));
  const foreign = checkpointText("example.com/other", 11, root(leaves));
  const spoilt = noteOf(checkpoint, signLine(log, `${checkpoint}x`));
  return [
    refused("checkpoint/missing", good.slice(0, -note.length), "note"),
    refused("checkpoint/without-signature", good.replace(note, `${checkpoint}\n`), "note"),
    refused("checkpoint/blank-line-before", good.replace(note, `\n${note}`), "signature", {
      comment: "the note's text then begins with an empty line, which nobody signed",
    }),
    refused("checkpoint/newline-at-the-end", `${good}\n`, "note"),
    refused("checkpoint/text-at-the-end", `${good}more\n`, "note"),
    refused("checkpoint/no-newline-at-the-end", good.slice(0, -1), "note"),
    refused("checkpoint/spoilt", good.replace(note, spoilt), "signature"),
    refused("checkpoint/of-an-unknown-key", good, "unverified", { verifiers: ["other"] }),
    refused("checkpoint/of-no-keys", good, "unverified", { verifiers: [] }),
    refused("checkpoint/no-checkpoint", good.replace(note, hello), "checkpoint"),
    refused(
      "checkpoint/of-another-log",
      good.replace(note, noteOf(foreign, signLine(log, foreign))),
      "origin",
      { comment: "signed with the right key, for another origin" },
    ),
    refused(
      "checkpoint/of-a-witness-alone",
      good.replace(note, noteOf(checkpoint, cosignLine(witness, checkpoint))),
      "unverified",
    ),
  ];
}

function untrue(): Case[] {
  const [first = ""] = hashes;
  const broken = `${base64(flip(at(inclusion(5, leaves), 0), 9))}\n`;
  const past = checkpointText(origin, 10, root(leaves.slice(0, 10)));
  return [
    refused("untrue/another-entry", good, "proof", { entry: hexOf("entry 6") }),
    refused("untrue/empty-entry", good, "proof", { entry: "" }),
    refused("untrue/entry-with-newline", good, "proof", { entry: hexOf("entry 5\n") }),
    refused("untrue/leaf-hash-as-entry", good, "proof", { entry: hexOf(at(leaves, 5)) }),
    refused("untrue/another-index", good.replace("index 5", "index 4"), "proof"),
    refused("untrue/index-is-the-size", good.replace("index 5", "index 11"), "proof"),
    refused("untrue/hash-bit-flipped", good.replace(first, broken), "proof"),
    refused("untrue/hash-missing", good.replace(first, ""), "proof"),
    refused("untrue/hash-added", good.replace(first, first + first), "proof"),
    refused("untrue/no-hashes", good.replace(hashes.join(""), ""), "proof"),
    refused("untrue/hashes-backwards", good.replace(hashes.join(""), hashes.toReversed().join("")), "proof"),
    refused(
      "untrue/checkpoint-of-another-size",
      good.replace(note, noteOf(past, signLine(log, past))),
      "proof",
    ),
    refused(
      "untrue/checkpoint-of-the-empty-tree",
      good.replace(note, emptyNote()).replace(hashes.join(""), ""),
      "proof",
    ),
  ];
}

function emptyNote(): string {
  const text = checkpointText(origin, 0, root([]));
  return noteOf(text, signLine(log, text));
}

function hexOf(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString("hex");
}

function accepted(name: string, proof: string, extra: object = {}): Case {
  return { name, result: "accept", proof, verifiers: ["log"], origin, entry: hexOf(entry), ...extra };
}

function refused(name: string, proof: string, reason: string, extra: object = {}): Case {
  return { name, result: "refuse", reason, proof, verifiers: ["log"], origin, entry: hexOf(entry), ...extra };
}
