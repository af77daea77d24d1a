// SPDX-License-Identifier: Apache-2.0
// What lists cost: memory for each entry, the time to make one, to change an entry, and to look something up,
// beside a Map or Set of strings. Prints a table for docs/operations/lists.md.
//
//   node --expose-gc --conditions=@docket/source tools/bench/lists.ts -- [--entries N] [--json FILE]
//        [--write docs/operations/lists.md]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createList } from "@docket/policy";
import type { List, ListEntry, ListKind } from "@docket/policy";
import { grouped, short, table, writeSection } from "./log/markdown.ts";
import { describeMachine } from "./machine.ts";

/** Look-ups of one round, rounds, and changes of one entry. */
const lookupsPerRound = 20_000;
const rounds = 7;
const changes = 50;

/** What is measured of one kind. */
type Row = {
  kind: string;
  entries: number;
  bytesPerEntry: number;
  /** Of a Set of the same strings, for kinds that are looked up. */
  setBytesPerEntry: number | null;
  makeSeconds: number;
  changeMs: number;
  hitNs: number;
  missNs: number;
};

type Subject = {
  readonly kind: ListKind;
  readonly count: number;
  readonly value: (index: number) => string;
  /** What is asked for: an entry's, or one that no entry has. */
  readonly asked: (index: number, hit: boolean) => string;
};

/** Numbers that look random, and are the same each time. */
function scattered(index: number): number {
  let value = Math.imul(index + 1, 0x9e37_79b1);
  value ^= value >>> 15;
  value = Math.imul(value, 0x85eb_ca6b);
  return (value ^ (value >>> 13)) >>> 0;
}

const word = (index: number): string => scattered(index).toString(36).padStart(7, "q");
const address = (index: number): string => {
  const value = scattered(index);
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join(".");
};
const comment = "I really liked the part where you explain how the thing works, thanks a lot for it! ";

function subjects(entries: number): Subject[] {
  const few = Math.min(entries, 100_000);
  return [
    {
      kind: "domain",
      count: entries,
      value: (index) => `${word(index)}-shop.example`,
      asked: (index, hit) => `www.${word(index)}-${hit ? "shop" : "book"}.example`,
    },
    {
      kind: "hash",
      count: entries,
      value: (index) => word(index).repeat(4).slice(0, 22),
      asked: (index, hit) =>
        (hit ? "" : "-") +
        word(index)
          .repeat(4)
          .slice(0, hit ? 22 : 21),
    },
    {
      kind: "network",
      count: entries,
      value: address,
      asked: (index, hit) => (hit ? address(index) : address(index + entries)),
    },
    {
      kind: "term",
      count: few,
      value: (index) => `${word(index)} ${word(index + 7)}`,
      asked: (index, hit) => comment + (hit ? `${word(index)} ${word(index + 7)} ` : "") + comment,
    },
    {
      kind: "pattern",
      count: few / 10,
      value: (index) => `${word(index)}\\W?${word(index + 7)}\\d+`,
      asked: (index, hit) => comment + (hit ? `${word(index)}-${word(index + 7)}42 ` : "") + comment,
    },
  ];
}

/** Time of this process on a core, in ms: what others do meanwhile counts less than by the clock. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function measure(subject: Subject): Row {
  const { kind, count, value } = subject;
  const entries: ListEntry[] = Array.from({ length: count }, (_, index) => ({ value: value(index) }));
  const started = cpuMs();
  let list = createList(kind, entries);
  const makeSeconds = (cpuMs() - started) / 1_000;
  const bytesPerEntry = list.bytes / list.size;
  const keyed = kind !== "term" && kind !== "pattern";
  const setBytesPerEntry = keyed ? setBytes(subject) / count : null;
  const hitNs = lookUp(list, subject, true);
  const missNs = lookUp(list, subject, false);
  const times: number[] = [];
  for (let index = 0; index < changes; index++) {
    const begun = cpuMs();
    list = list.change({ add: [{ value: value(count + index) }], remove: [value(index)] });
    times.push(cpuMs() - begun);
  }
  const { size } = list;
  return {
    kind,
    entries: size,
    bytesPerEntry,
    setBytesPerEntry,
    makeSeconds,
    changeMs: Math.min(...times),
    hitNs,
    missNs,
  };
}

function lookUp({ view }: List, { kind, count, asked }: Subject, hit: boolean): number {
  const slow = kind === "term" || kind === "pattern";
  const lookups = slow ? lookupsPerRound / 20 : lookupsPerRound;
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const values = Array.from({ length: lookups }, (_, index) =>
      asked(scattered(index + round) % count, hit),
    );
    let hits = 0;
    const begun = cpuMs();
    for (const value of values) hits += view.hits(value, 0).length;
    times.push(((cpuMs() - begun) * 1e6) / lookups);
    if (hit ? hits < lookups : hits > 0) throw new Error(`${kind}: ${hits} of ${lookups} hits`);
  }
  return Math.min(...times);
}

/** What a Set of the same strings takes; only with --expose-gc it is exact. */
function setBytes({ count, value }: Subject): number {
  const collect = (): void => (globalThis as { gc?: () => void }).gc?.();
  collect();
  const before = process.memoryUsage().heapUsed;
  // Strings as they are read from a file: flat, and each by itself.
  const kept = new Set(
    Array.from({ length: count }, (_, index) => Buffer.from(value(index)).toString("latin1")),
  );
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  if (kept.size < count / 2) throw new Error("the values are too much alike");
  return bytes;
}

function tableOf(rows: readonly Row[]): string {
  const head = [
    "kind",
    "entries",
    "bytes an entry",
    "in a Set",
    "make, s",
    "change one, ms",
    "hit, µs",
    "miss, µs",
  ];
  const body = rows.map((row) => [
    row.kind,
    grouped(row.entries),
    short(row.bytesPerEntry),
    row.setBytesPerEntry === null ? "" : short(row.setBytesPerEntry),
    short(row.makeSeconds),
    short(row.changeMs),
    short(row.hitNs / 1_000),
    short(row.missNs / 1_000),
  ]);
  return table([head, ...body], 1);
}

const { values: options } = parseArgs({
  options: {
    entries: { type: "string", default: "1000000" },
    json: { type: "string" },
    write: { type: "string" },
  },
});
const rows = subjects(Number(options.entries)).map(measure);
const machine = describeMachine();
const where = `One core of ${machine.cpu}, Node ${machine.node}`;
const text = `${tableOf(rows)}\n\n${where}; processor time, the best of ${rounds} rounds.`;
process.stdout.write(`${text}\n`);
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
if (options.write !== undefined) writeSection(options.write, "lists", text);
