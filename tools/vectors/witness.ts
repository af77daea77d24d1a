// SPDX-License-Identifier: Apache-2.0
// witness.json: what a log and a witness say to each other, and what a witness does in each state.
import {
  base64,
  checkpointText,
  concat,
  cosignLine,
  flip,
  input,
  lineOf,
  loosen,
  makeKey,
  noteOf,
  seedOf,
  sha256,
  signLine,
  someTime,
  subtreeLine,
  types,
  unhex,
  type Bytes,
  type Case,
  type Key,
  type VectorFile,
} from "./kit.ts";
import { consistency, leaf, root } from "./twin.ts";
import { signSubtreeCases } from "./sign-subtree.ts";

const origin = "example.com/log";
const log = makeKey(origin, types.ed25519);
const nextLog = makeKey(origin, types.ed25519, seedOf("the next key of the log"));
const stranger = makeKey(origin, types.ed25519, seedOf("a stranger under the log's name"));
const classic = makeKey("witness.example/w1", types.cosignature);
const lattice = makeKey("witness.example/w2", types.mlDsa44);
const keys: Record<string, Key> = { log, nextLog, stranger, classic, lattice };

const leaves = Array.from({ length: 20 }, (_, i) => leaf(`entry ${i}`));
const rootOf = (size: number): Uint8Array => root(leaves.slice(0, size));
const fork = root([...leaves.slice(0, 12), seedOf("another entry 12")]);

/** The vectors of witnesses. */
export function witnessVectors(): VectorFile {
  return {
    name: "witness",
    title: "Witnesses: requests and answers as bytes, and what a witness in a given state answers",
    specifications: ["https://c2sp.org/tlog-witness", "https://c2sp.org/tlog-cosignature"],
    keys,
    cases: [
      ...requests(),
      ...badRequests(),
      ...treeSizes(),
      ...answers(),
      ...signSubtreeCases({ log, lattice, leaves }),
      ...cosigned(),
      ...notKnown(),
      ...conflicts(),
      ...unproven(),
      ...precedence(),
    ],
  };
}

/** A request to add the checkpoint of the first `size` entries. */
function request(old: number | string, size: number, proof: Uint8Array[], note = noteAt(size)): string {
  return `old ${old}\n${proof.map((hash) => `${base64(hash)}\n`).join("")}\n${note}`;
}

function noteAt(size: number, hash = rootOf(size), ...signers: Key[]): string {
  const text = checkpointText(origin, size, hash);
  return noteOf(text, ...(signers.length > 0 ? signers : [log]).map((key) => signLine(key, text)));
}

function proofOf(first: number, second: number): Uint8Array[] {
  return consistency(0, first, leaves.slice(0, second));
}

const step = proofOf(6, 13);
const good = request(6, 13, step);

function requests(): Case[] {
  const read = (
    what: string,
    body: string,
    oldSize: number,
    proof: Uint8Array[],
    checkpoint: string,
  ): Case => ({
    name: `request/${what}`,
    result: "accept",
    kind: "add-checkpoint",
    request: body,
    value: { oldSize: String(oldSize), proof: proof.map(base64), checkpoint },
  });
  const many = Array.from({ length: 63 }, (_, i) => seedOf(`hash ${i}`));
  const text = checkpointText(origin, 13, rootOf(13));
  const lines = noteOf(
    text,
    signLine(log, text),
    cosignLine(classic, text),
    lineOf({ name: "x", keyId: unhex("01020304") }, "?"),
  );
  const extended = checkpointText(origin, 13, rootOf(13), ["extension"]);
  return [
    read("good", good, 6, step, noteAt(13)),
    read("first", request(0, 13, []), 0, [], noteAt(13)),
    read("sixty-three-hashes", request(6, 13, many), 6, many, noteAt(13)),
    read("old-size-above-the-size", request(20, 13, []), 20, [], noteAt(13)),
    read("old-size-of-53-bits", request("9007199254740991", 13, []), Number.MAX_SAFE_INTEGER, [], noteAt(13)),
    read("checkpoint-of-many-lines", request(6, 13, step, lines), 6, step, lines),
    read(
      "checkpoint-with-extension",
      request(6, 13, step, noteOf(extended, signLine(log, extended))),
      6,
      step,
      noteOf(extended, signLine(log, extended)),
    ),
  ];
}

function badRequests(): Case[] {
  const [first = ""] = step.map(base64);
  const text = checkpointText(origin, 13, rootOf(13));
  const hello = noteOf("hello\n", signLine(log, "hello\n"));
  const bodies: [string, Bytes, string?][] = [
    ["empty", ""],
    ["newline", "\n"],
    ["old-line-alone", "old 6\n"],
    ["no-old-line", good.slice("old 6\n".length)],
    ["blank-line-first", `\n${good}`],
    ["old-without-size", good.replace("old 6", "old ")],
    ["old-without-space", good.replace("old 6", "old6")],
    ["old-with-two-spaces", good.replace("old 6", "old  6")],
    ["old-in-upper-case", good.replace("old 6", "Old 6")],
    ["old-with-leading-zero", good.replace("old 6", "old 06")],
    ["old-with-plus", good.replace("old 6", "old +6")],
    ["old-negative", good.replace("old 6", "old -6")],
    ["old-in-hex", good.replace("old 6", "old 0x6")],
    ["old-in-arabic-digits", good.replace("old 6", "old \u{666}")],
    ["old-with-space-at-the-end", good.replace("old 6", "old 6 ")],
    ["old-beyond-64-bits", good.replace("old 6", "old 18446744073709551616")],
    ["old-twice", good.replace("old 6\n", "old 6\nold 6\n")],
    ["size-instead-of-old", good.replace("old 6", "size 6")],
    [
      "sixty-four-hashes",
      request(
        6,
        13,
        Array.from({ length: 64 }, () => seedOf("x")),
      ),
    ],
    ["hash-of-31-bytes", good.replace(first, base64(seedOf("x").subarray(1)))],
    ["hash-of-33-bytes", good.replace(first, base64(concat(seedOf("x"), "!")))],
    ["hash-with-unused-bits", good.replace(first, loosen(first))],
    ["hash-without-padding", good.replace(first, first.replace("=", ""))],
    ["hash-in-hex", good.replace(first, Buffer.from(seedOf("x")).toString("hex"))],
    ["hash-with-space-at-the-end", good.replace(first, `${first} `)],
    ["carriage-returns", good.replaceAll("\n", "\r\n")],
    ["byte-order-mark", `\u{feff}${good}`],
    ["blank-line-missing", good.replace(`\n\n${origin}`, `\n${origin}`)],
    ["two-blank-lines", good.replace(`\n\n${origin}`, `\n\n\n${origin}`), "checkpoint"],
    ["no-checkpoint", `old 0\n\n`, "note"],
    ["checkpoint-without-signature", `old 0\n\n${text}\n`, "note"],
    ["checkpoint-text-alone", `old 0\n\n${text}`, "note"],
    ["note-that-is-no-checkpoint", `old 0\n\n${hello}`, "checkpoint"],
    ["checkpoint-with-leading-zero", `old 0\n\n${noteAt(13).replace("\n13\n", "\n013\n")}`, "checkpoint"],
    ["newline-at-the-end", `${good}\n`, "note"],
    ["text-at-the-end", `${good}more\n`, "note"],
    ["not-utf-8", concat("old 6", unhex("ff"), good.slice("old 6".length))],
  ];
  return [
    ...bodies.map(([what, body, reason = "request"]) => badRequest(what, body, reason)),
    {
      ...badRequest("old-beyond-53-bits", good.replace("old 6", "old 9007199254740992"), "request"),
      choice: "a reader may count further than 2^53 - 1",
    },
  ];
}

function badRequest(what: string, body: Bytes, reason: string): Case {
  return {
    name: `request/bad-${what}`,
    result: "refuse",
    reason,
    kind: "add-checkpoint",
    ...input("request", body),
  };
}

function treeSizes(): Case[] {
  const read = ["0", "1", "20852014", "9007199254740991"];
  const bad: [string, string][] = [
    ["empty", ""],
    ["newline", "\n"],
    ["without-newline", "5"],
    ["with-two-newlines", "5\n\n"],
    ["with-carriage-return", "5\r\n"],
    ["with-leading-zero", "05\n"],
    ["with-plus", "+5\n"],
    ["negative", "-5\n"],
    ["with-space", " 5\n"],
    ["with-space-at-the-end", "5 \n"],
    ["fraction", "5.0\n"],
    ["two-numbers", "5\n6\n"],
    ["hex", "0x5\n"],
    ["text", "size 5\n"],
    ["json", '{"size":5}\n'],
    ["beyond-64-bits", "18446744073709551616\n"],
  ];
  return [
    ...read.map((size): Case => ({
      name: `tree-size/${size}`,
      result: "accept",
      kind: "tree-size",
      answer: `${size}\n`,
      value: size,
    })),
    ...bad.map(([what, answer]): Case => ({
      name: `tree-size/bad-${what}`,
      result: "refuse",
      reason: "answer",
      kind: "tree-size",
      answer,
    })),
  ];
}

/** The body of an answer 200, judged as that to the good request. */
function answers(): Case[] {
  const text = checkpointText(origin, 13, rootOf(13));
  const range = { origin, start: 0, end: 13, root: rootOf(13) };
  const own = cosignLine(classic, text);
  const ownLattice = subtreeLine(lattice, range);
  const other = cosignLine(makeKey("other.example", types.cosignature), text);
  const answer = (what: string, result: Case["result"], body: string, extra: object): Case => ({
    name: `answer/${what}`,
    result,
    kind: "cosignatures",
    checkpoint: noteAt(13),
    answer: body,
    verifiers: ["classic", "lattice"],
    ...extra,
  });
  const bad = (what: string, body: string, reason: string): Case =>
    answer(`bad-${what}`, "refuse", body, { reason });
  return [
    answer("ed25519", "accept", own, { verified: ["classic"] }),
    answer("ml-dsa-44", "accept", ownLattice, { verified: ["lattice"] }),
    answer("both", "accept", own + ownLattice, { verified: ["classic", "lattice"] }),
    answer("with-an-unknown-line", "accept", other + own, { verified: ["classic"] }),
    bad("empty", "", "answer"),
    bad("newline", "\n", "note"),
    bad("without-newline", own.slice(0, -1), "answer"),
    bad("newline-at-the-end", `${own}\n`, "note"),
    bad("newline-at-the-start", `\n${own}`, "note"),
    bad("whole-note", noteOf(text, signLine(log, text), own), "note"),
    bad("text-line", `hello\n${own}`, "note"),
    bad("carriage-return", own.replace("\n", "\r\n"), "note"),
    bad("same-line-twice", own + own, "answer"),
    bad("two-lines-of-one-key", own + cosignLine(classic, text, someTime + 1), "note"),
    bad("unknown-line-alone", other, "unverified"),
    bad("line-of-the-log", signLine(log, text), "unverified"),
    bad("of-another-checkpoint", cosignLine(classic, checkpointText(origin, 12, rootOf(12))), "signature"),
    bad("bit-flipped", lineOf(classic, flip(classic.sign(text), 3)), "signature"),
  ];
}

type State = { size: number; root: Uint8Array } | undefined;

/** A request to a witness that trusts `log` for the origin and has the state. */
function exchange(
  name: string,
  status: number,
  state: State,
  body: Bytes,
  extra: Record<string, unknown> = {},
): Case {
  const stored = state && { size: String(state.size), root: base64(state.root) };
  return {
    name: `exchange/${status}/${name}`,
    result: status === 200 ? "accept" : "refuse",
    ...(status !== 200 && { reason: String(status) }),
    kind: "exchange",
    logs: { [origin]: ["log"] },
    witness: ["classic"],
    time: String(someTime),
    before: stored ?? null,
    ...input("request", body),
    status,
    ...(status === 409 && { contentType: "text/x.tlog.size", body: `${state?.size ?? 0}\n` }),
    after: stored ?? null,
    ...extra,
  };
}

const at6: State = { size: 6, root: rootOf(6) };
const at13: State = { size: 13, root: rootOf(13) };

function cosigned(): Case[] {
  const text = checkpointText(origin, 13, rootOf(13));
  const range = { origin, start: 0, end: 13, root: rootOf(13) };
  const after = { size: "13", root: base64(rootOf(13)) };
  const emptyText = checkpointText(origin, 0, sha256(""));
  const emptyAfter = { size: "0", root: base64(sha256("")) };
  const both = noteOf(text, signLine(stranger, text), signLine(log, text), cosignLine(classic, text));
  const done = { after, answer: cosignLine(classic, text) };
  const at1: State = { size: 1, root: rootOf(1) };
  return [
    exchange("first", 200, undefined, request(0, 13, []), done),
    exchange("growth", 200, at6, good, done),
    exchange("growth-from-one", 200, at1, request(1, 13, proofOf(1, 13)), done),
    exchange(
      "growth-from-a-power-of-two",
      200,
      { size: 8, root: rootOf(8) },
      request(8, 13, proofOf(8, 13)),
      done,
    ),
    exchange("same-again", 200, at13, request(13, 13, []), done),
    exchange("with-lines-of-others", 200, at6, request(6, 13, step, both), done),
    exchange("two-trusted-keys", 200, at6, request(6, 13, step, noteAt(13, rootOf(13), log, nextLog)), {
      ...done,
      logs: { [origin]: ["log", "nextLog"] },
    }),
    exchange("one-of-two-trusted-keys", 200, at6, request(6, 13, step, noteAt(13, rootOf(13), nextLog)), {
      ...done,
      logs: { [origin]: ["log", "nextLog"] },
    }),
    exchange("by-ml-dsa-44", 200, at6, good, {
      after,
      witness: ["lattice"],
      answer: subtreeLine(lattice, range),
    }),
    exchange("by-both-kinds", 200, at6, good, {
      after,
      witness: ["classic", "lattice"],
      answer: cosignLine(classic, text) + subtreeLine(lattice, range),
    }),
    exchange("empty-tree", 200, undefined, request(0, 0, []), {
      after: emptyAfter,
      answer: cosignLine(classic, emptyText),
    }),
    exchange("growth-from-the-empty-tree", 200, { size: 0, root: sha256("") }, request(0, 13, []), done),
  ];
}

function notKnown(): Case[] {
  const text = checkpointText(origin, 13, rootOf(13));
  const foreign = checkpointText("example.com/other", 13, rootOf(13));
  const upper = checkpointText("Example.com/log", 13, rootOf(13));
  const spoilt = lineOf(log, flip(log.sign(text), 5));
  const bodyOf = (note: string): string => request(6, 13, step, note);
  return [
    exchange("unknown-origin", 404, at6, bodyOf(noteOf(foreign, signLine(log, foreign)))),
    exchange("origin-in-another-case", 404, at6, bodyOf(noteOf(upper, signLine(log, upper)))),
    exchange("no-logs", 404, undefined, good, { logs: {} }),
    exchange("by-a-stranger", 403, at6, bodyOf(noteAt(13, rootOf(13), stranger))),
    exchange("by-a-key-not-yet-trusted", 403, at6, bodyOf(noteAt(13, rootOf(13), nextLog))),
    exchange("spoilt", 403, at6, bodyOf(noteOf(text, spoilt))),
    exchange("of-another-text", 403, at6, good.replace("\n13\n", "\n12\n")),
    exchange("spoilt-beside-a-good-one", 403, at6, bodyOf(noteOf(text, signLine(nextLog, text), spoilt)), {
      logs: { [origin]: ["log", "nextLog"] },
      choice: "a line of a trusted key that does not verify: here it spoils the note",
    }),
    exchange("by-the-witness-alone", 403, at6, bodyOf(noteOf(text, cosignLine(classic, text)))),
    exchange(
      "own-cosignature-forged-is-no-matter",
      200,
      at6,
      bodyOf(
        noteOf(
          text,
          signLine(log, text),
          lineOf(classic, flip(concat(new Uint8Array(8), classic.sign("x")), 9)),
        ),
      ),
      {
        after: { size: "13", root: base64(rootOf(13)) },
        answer: cosignLine(classic, text),
        comment: "the witness's own key is not one that it trusts for the log",
      },
    ),
  ];
}

function conflicts(): Case[] {
  return [
    exchange("old-size-behind", 409, at13, request(6, 20, proofOf(6, 20))),
    exchange("old-size-zero", 409, at13, request(0, 20, [])),
    exchange("old-size-ahead", 409, at6, request(13, 20, proofOf(13, 20))),
    exchange("never-seen-and-old-size", 409, undefined, good),
    exchange("rollback", 409, at13, request(6, 8, proofOf(6, 8))),
    exchange("rollback-to-nothing", 409, at13, request(0, 0, [])),
    exchange("same-size-old-size-behind", 409, at13, request(6, 13, step)),
  ];
}

function unproven(): Case[] {
  const choice = "tlog-witness v1.0.0 answers 409, newer texts 422";
  const forged = noteAt(13, fork);
  return [
    exchange("no-proof", 422, at6, request(6, 13, [])),
    exchange("hash-missing", 422, at6, request(6, 13, step.slice(1))),
    exchange("hash-added", 422, at6, request(6, 13, [...step, seedOf("x")])),
    exchange("hashes-backwards", 422, at6, request(6, 13, step.toReversed())),
    exchange(
      "hash-bit-flipped",
      422,
      at6,
      request(6, 13, [flip(step[0] ?? seedOf("x"), 0), ...step.slice(1)]),
    ),
    exchange("proof-of-another-size", 422, at6, request(6, 13, proofOf(5, 13))),
    exchange("fork-after-what-was-seen", 422, at6, request(6, 13, step, forged)),
    exchange("fork-of-what-was-seen", 422, { size: 6, root: seedOf("another root") }, good, {
      comment: "the proof is good, but from another tree than the one that the witness saw",
    }),
    exchange("proof-at-old-size-zero", 422, undefined, request(0, 13, step)),
    exchange("proof-at-the-same-size", 422, at13, request(13, 13, [seedOf("x")])),
    exchange("same-size-another-root", 422, at13, request(13, 13, [], forged), { choice }),
    exchange("empty-tree-with-a-root", 422, undefined, request(0, 0, [], noteAt(0, seedOf("x"))), {
      choice: "v1.0.0 says nothing of the empty tree's root",
    }),
  ];
}

/** Where two things are wrong, which is said first. */
function precedence(): Case[] {
  const strange = noteAt(13, rootOf(13), stranger);
  const choice = "the specification's order of checks, which it does not demand";
  return [
    exchange("old-size-above-the-size", 400, at13, request(13, 6, [])),
    exchange("malformed", 400, at6, good.replace("old 6", "old 06")),
    exchange("malformed-and-unknown-origin", 400, at6, good.replace("old 6", "old 06"), { logs: {}, choice }),
    exchange("unknown-origin-and-no-signature-of-it", 404, at6, request(6, 13, step, strange), {
      logs: {},
      choice,
    }),
    exchange("by-a-stranger-and-old-size-behind", 403, at13, request(6, 13, step, strange), { choice }),
    exchange("by-a-stranger-and-no-proof", 403, at6, request(6, 13, [], strange), { choice }),
    exchange("by-a-stranger-and-old-size-above-the-size", 403, at13, request(20, 13, [], strange), {
      choice,
    }),
    exchange("old-size-above-the-size-and-ahead", 400, at6, request(20, 13, []), { choice }),
    exchange("old-size-behind-and-no-proof", 409, at13, request(6, 20, []), { choice }),
    exchange("old-size-zero-with-a-proof-and-behind", 409, at13, request(0, 20, step), { choice }),
  ];
}
