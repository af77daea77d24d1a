// SPDX-License-Identifier: Apache-2.0
// Which keys a log signs with, at which sizes: record 0 names the first ones, each key-change record the
// next.
// The tree says so; whether it may be believed is decided by the keys that the reader gave (`isProven`).
import type { DocketRecord, Succession } from "@docket/protocol";
import { parseVerifierKey, TlogError, utf8 } from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { openStrictly } from "./signer.ts";
import type { OwnCheckpoint } from "./signer.ts";

/** Keys that sign from a size on, up to and including the size at which the next ones begin. */
export type KeyPeriod = {
  from: number;
  keys: readonly Verifier[];
  /** Whether the checkpoint at `from` was found, with a line of each key of this period and the last. */
  linked: boolean;
};

/** The log's keys as far as its records were followed. */
export type KeySchedule = {
  /** Keys that the reader trusts. */
  readonly given: readonly Verifier[];
  readonly periods: KeyPeriod[];
};

/** No record followed yet. */
export function newSchedule(given: readonly Verifier[]): KeySchedule {
  return { given, periods: [] };
}

/**
 * Takes in what a record says of keys; most say nothing.
 *
 * @returns what is wrong with that, if anything
 */
export function followKeys(schedule: KeySchedule, record: DocketRecord): string | undefined {
  const { periods } = schedule;
  if (record.kind === "created") {
    const named = record.mlDsaKey === undefined ? [record.key] : [record.key, record.mlDsaKey];
    const keys = readKeys(named, record.origin);
    if (typeof keys === "string") return keys;
    periods.push({ from: 0, keys, linked: true });
    return record.succeeds === undefined ? undefined : wrongWithSuccession(record.succeeds);
  }
  if (record.kind !== "key-change") return undefined;
  const before = periods.at(-1);
  const name = before?.keys[0]?.name ?? "";
  const old = readKeys(record.old, name);
  const next = readKeys(record.new, name);
  if (typeof old === "string") return old;
  if (typeof next === "string") return next;
  if (before !== undefined && textOf(before.keys) !== textOf(old)) {
    return "the keys that it replaces are not those that were in force";
  }
  if (next.some(({ vkey }) => record.old.includes(vkey))) return "a key stands among the old and the new";
  periods.push({ from: record.index + 1, keys: next, linked: false });
  return undefined;
}

/**
 * The keys whose lines a checkpoint of that size may bear: those in force there by the records followed so
 * far, and given ones of which the records say nothing (yet). A retired key signs nothing any more.
 */
export function keysAt({ given, periods }: KeySchedule, size: number): Verifier[] {
  const named = new Set(periods.flatMap(({ keys }) => keys.map(({ vkey }) => vkey)));
  const last = periods.findLastIndex(({ from }) => from <= size);
  const period = periods[last];
  const before = period?.from === size ? (periods[last - 1]?.keys ?? []) : [];
  const all = [...before, ...(period?.keys ?? []), ...given.filter(({ vkey }) => !named.has(vkey))];
  return all.filter((key, place) => all.findIndex(({ vkey }) => vkey === key.vkey) === place);
}

/** Notes that a checkpoint at a change of keys bears the lines of all of both periods. */
export function linkPeriods(schedule: KeySchedule, { checkpoint, signers }: OwnCheckpoint): void {
  const last = schedule.periods.findIndex(({ from }) => from > 0 && from === checkpoint.size);
  const [before, period] = [schedule.periods[last - 1], schedule.periods[last]];
  if (before === undefined || period === undefined) return;
  const signed = new Set(signers.map(({ vkey }) => vkey));
  period.linked ||= [...before.keys, ...period.keys].every(({ vkey }) => signed.has(vkey));
}

/**
 * Whether the keys of a checkpoint are those that the reader trusts, or follow from them: a trusted Ed25519
 * key signed it, or each change since the trusted key's time has a checkpoint that old and new keys signed.
 */
export function isProven({ given, periods }: KeySchedule, { checkpoint, signers }: OwnCheckpoint): boolean {
  const trusted = new Set(given.filter(({ algorithm }) => algorithm === "ed25519").map(({ vkey }) => vkey));
  if (signers.some(({ vkey }) => trusted.has(vkey))) return true;
  const first = periods.findLastIndex(({ keys }) => keys.some(({ vkey }) => trusted.has(vkey)));
  const last = periods.findLastIndex(({ from }) => from <= checkpoint.size);
  return first >= 0 && first < last && periods.slice(first + 1, last + 1).every(({ linked }) => linked);
}

// Whether the other log said what is quoted of it. Whether its keys were those named here, only its own log
// can tell.
function wrongWithSuccession({ origin, keys, checkpoint }: Succession): string | undefined {
  const known = readKeys(keys, origin);
  if (typeof known === "string") return `of the log that it succeeds, ${known}`;
  try {
    openStrictly(utf8(checkpoint), { keys: known });
    return undefined;
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return `the checkpoint of the log that it succeeds is not that log's: ${error.message}`;
  }
}

function readKeys(vkeys: readonly string[], name: string): Verifier[] | string {
  try {
    const keys = vkeys.map(parseVerifierKey);
    const other = keys.find((key) => key.name !== name);
    if (other !== undefined) return `it names a key of ${other.name}`;
    return keys[0]?.algorithm === "ed25519" ? keys : "the first key that it names is not of Ed25519";
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return `it names what is no key: ${error.message}`;
  }
}

function textOf(keys: readonly Verifier[]): string {
  return keys.map(({ vkey }) => vkey).join("\n");
}
