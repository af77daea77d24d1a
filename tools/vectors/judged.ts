// SPDX-License-Identifier: Apache-2.0
// The cases of policies.json about checkpoints: is one to be trusted by the policy?
import {
  at,
  checkpointText,
  concat,
  cosignLine,
  flip,
  lineOf,
  makeKey,
  noteOf,
  seedOf,
  signLine,
  subtreeLine,
  types,
  uint64,
  type Case,
  type Key,
} from "./kit.ts";

/** The keys of these cases: two logs, five witnesses of type 0x04 (three of a group), one of type 0x06. */
export type JudgedKeys = { log: Key; otherLog: Key; witnesses: Key[]; lattice: Key };

type Judged = [name: string, note: string, result: Case["result"], reason?: string, extra?: object];

/** Checkpoints under one policy: two of its first three witnesses and the ML-DSA-44 one must cosign. */
export function judgedCases(keys: JudgedKeys): Case[] {
  const { log, witnesses, lattice } = keys;
  const names = ["a1", "a2", "a3", "b1", "b2"];
  const policy = [
    `log ${log.vkey}\n`,
    ...witnesses.map(({ vkey }, i) => `witness ${names[i]} ${vkey}\n`),
    `witness lattice ${lattice.vkey}\n`,
    "group A 2 a1 a2 a3\ngroup Q all A lattice\nquorum Q\n",
  ].join("");
  return [...ofTheLog(keys), ...ofOthers(keys)].map(([what, note, result, reason, extra]) => ({
    name: `judged/${what}`,
    result,
    ...(reason !== undefined && { reason }),
    kind: "checkpoint",
    policy,
    note,
    ...extra,
  }));
}

function ofTheLog({ log, witnesses, lattice }: JudgedKeys): Judged[] {
  const text = checkpointText(log.name, 5, seedOf("a root"));
  const own = signLine(log, text);
  const last = subtreeLine(lattice, { origin: log.name, start: 0, end: 5, root: seedOf("a root") });
  const [a1, a2, a3, b1, b2] = witnesses.map((key) => cosignLine(key, text));
  const good = `${own}${a1}${a3}${last}`;
  const spoilt = lineOf(at(witnesses, 1), flip(concat(uint64(1), at(witnesses, 1).sign("x")), 20));
  const again = cosignLine(at(witnesses, 0), text, 5);
  const unknown = cosignLine(makeKey("w.example", types.cosignature), text);
  return [
    ["quorum-reached", noteOf(text, good), "accept"],
    ["more-than-the-quorum", noteOf(text, `${good}${a2}${b1}`), "accept"],
    ["log-last", noteOf(text, `${a1}${a3}${last}${own}`), "accept"],
    ["unknown-lines-beside", noteOf(text, `${good}${unknown}`), "accept"],
    ["one-witness-short", noteOf(text, `${own}${a1}${last}`), "refuse", "quorum"],
    ["other-witnesses", noteOf(text, `${own}${a1}${b1}${b2}${last}`), "refuse", "quorum"],
    ["log-alone", noteOf(text, own), "refuse", "quorum"],
    ["witnesses-without-the-log", noteOf(text, `${a1}${a3}${last}`), "refuse", "unverified"],
    [
      "spoilt-cosignature-beside-a-quorum",
      noteOf(text, `${good}${spoilt}`),
      "refuse",
      "signature",
      { choice: "a reader may leave a witness's bad line uncounted" },
    ],
    [
      "same-witness-twice",
      noteOf(text, `${own}${a1}${again}${last}`),
      "refuse",
      "note",
      { comment: "two lines of one key are one witness at most" },
    ],
  ];
}

function ofOthers({ log, otherLog, witnesses, lattice }: JudgedKeys): Judged[] {
  const root = seedOf("a root");
  const foreign = checkpointText(otherLog.name, 5, root);
  const cosigned = witnesses.slice(0, 2).map((key) => cosignLine(key, foreign));
  cosigned.push(subtreeLine(lattice, { origin: otherLog.name, start: 0, end: 5, root }));
  const extended = checkpointText(log.name, 5, root, ["extension"]);
  const beside = witnesses.slice(0, 2).map((key) => cosignLine(key, extended));
  beside.push(subtreeLine(lattice, { origin: log.name, start: 0, end: 5, root }));
  return [
    ["another-log", noteOf(foreign, signLine(otherLog, foreign), ...cosigned), "refuse", "unverified"],
    [
      "log-signs-another-origin",
      noteOf(foreign, signLine(log, foreign), ...cosigned),
      "refuse",
      "origin",
      { comment: "the key's name is the log's origin" },
    ],
    [
      "ml-dsa-44-line-beside-extension-lines",
      noteOf(extended, signLine(log, extended), ...beside),
      "refuse",
      "quorum",
      { choice: "the line does not cover extension lines; here it is left uncounted" },
    ],
  ];
}
