// SPDX-License-Identifier: Apache-2.0
// The cases of witness.json about requests to sign a subtree.
import {
  at,
  base64,
  checkpointText,
  concat,
  input,
  loosen,
  noteOf,
  seedOf,
  signLine,
  subtreeLine,
  unhex,
  type Bytes,
  type Case,
  type Key,
} from "./kit.ts";
import { consistency, root } from "./twin.ts";

/** Requests sign-subtree, good and bad, as bytes. */
export function signSubtreeCases(given: { log: Key; lattice: Key; leaves: Uint8Array[] }): Case[] {
  const { log, lattice, leaves } = given;
  const origin = log.name;
  const tree = leaves.slice(0, 13);
  const text = checkpointText(origin, 13, root(tree));
  const note = noteOf(text, signLine(log, text));
  const hash = root(leaves.slice(8, 12));
  const proof = consistency(8, 12, tree);
  const lines = proof.map((hash) => `${base64(hash)}\n`).join("");
  const head = `subtree 8 12\n${base64(hash)}\n`;
  const line = subtreeLine(lattice, { origin, start: 8, end: 12, root: hash }, 0);
  const value = {
    start: "8",
    end: "12",
    root: base64(hash),
    cosignatures: 0,
    proof: proof.map(base64),
    text,
    signatures: 0,
  };
  const read = (what: string, request: string, extra: object): Case => ({
    name: `sign-subtree/${what}`,
    result: "accept",
    kind: "sign-subtree",
    request,
    value: { ...value, ...extra },
  });
  const whole = { start: "0", end: "13", root: base64(root(tree)), proof: [] };
  return [
    read("checkpoint-text-alone", `${head}${lines}\n${text}`, {}),
    read("signed-checkpoint", `${head}${lines}\n${note}`, { signatures: 1 }),
    read("with-a-cosignature", `${head}${line}${lines}\n${note}`, { cosignatures: 1, signatures: 1 }),
    read("whole-tree", `subtree 0 13\n${base64(root(tree))}\n\n${text}`, whole),
    ...badOnes(head, line, lines, text, note),
  ];
}

function badOnes(head: string, line: string, lines: string, text: string, note: string): Case[] {
  const good = `${head}${lines}\n${text}`;
  const hash = at(head.split("\n"), 1);
  const first = at(lines.split("\n"), 0);
  const many = Array.from({ length: 9 }, (_, i) => line.replace("w2", `w${i}`)).join("");
  const signatures = Array.from({ length: 9 }, (_, i) => `\u{2014} n${i} AAAAAAA=\n`).join("");
  const bodies: [string, Bytes, string?][] = [
    ["empty", ""],
    ["no-subtree-line", good.slice(good.indexOf("\n") + 1)],
    ["one-number", good.replace("8 12", "8")],
    ["three-numbers", good.replace("8 12", "8 12 13")],
    ["comma", good.replace("8 12", "8,12")],
    ["two-spaces", good.replace("8 12", "8  12")],
    ["leading-zero", good.replace("8 12", "08 12")],
    ["negative", good.replace("8 12", "-8 12")],
    ["in-hex", good.replace("8 12", "0x8 12")],
    ["start-after-end", good.replace("8 12", "12 8")],
    ["no-entries", good.replace("8 12", "8 8")],
    ["not-aligned", good.replace("8 12", "6 12")],
    ["beyond-64-bits", good.replace("8 12", "0 18446744073709551616")],
    ["no-hash", `subtree 8 12\n\n${text}`],
    ["hash-of-31-bytes", good.replace(hash, base64(seedOf("x").subarray(1)))],
    ["hash-with-unused-bits", good.replace(hash, loosen(hash))],
    ["proof-hash-with-unused-bits", good.replace(first, loosen(first))],
    ["proof-of-sixty-four-hashes", `${head}${`${first}\n`.repeat(64)}\n${text}`],
    ["cosignature-after-the-proof", `${head}${lines}${line}\n${text}`],
    ["cosignature-before-the-hash", `subtree 8 12\n${line}${hash}\n${lines}\n${text}`],
    ["nine-cosignatures", `${head}${many}${lines}\n${text}`],
    ["cosignature-twice", `${head}${line}${line}${lines}\n${text}`],
    ["nine-signatures", `${head}${lines}\n${text}\n${signatures}`],
    ["no-blank-line", `${head}${lines}${text}`],
    ["no-checkpoint", `${head}${lines}\n`, "checkpoint"],
    ["checkpoint-without-newline", good.slice(0, -1), "checkpoint"],
    [
      "checkpoint-of-two-lines",
      `${head}${lines}\n${text.slice(0, text.indexOf("\n", 18) + 1)}`,
      "checkpoint",
    ],
    ["note-without-signature", `${head}${lines}\n${text}\n`, "note"],
    ["note-with-text-at-the-end", `${head}${lines}\n${note}more\n`, "note"],
    ["carriage-returns", good.replaceAll("\n", "\r\n")],
    ["not-utf-8", concat(good.slice(0, 4), unhex("ff"), good.slice(4))],
  ];
  return bodies.map(([what, body, reason = "request"]) => ({
    name: `sign-subtree/bad-${what}`,
    result: "refuse",
    reason,
    kind: "sign-subtree",
    ...input("request", body),
  }));
}
