// SPDX-License-Identifier: Apache-2.0
// The modes made again from the log at a start. What is held or confirmed follows from the records of brakes
// and confirmations, however old, and the release in force. Decisions are needed only as far back as anything
// is watched, and if nothing is, as far back as caps count.
import type { BrakeFacts, DocketRecord, Facts, ListBody, ReleaseBody } from "@docket/protocol";
import { parseLeaf } from "@docket/protocol";
import { probationMs } from "./brake-state.ts";
import type { ListChange, Origin } from "./brake-state.ts";
import type { Declarations } from "./declarations.ts";
import type { RuleModes } from "./rule-modes.ts";

/** Where the log is read. */
export type ModesHistory = {
  /** Records of the log. */
  readonly size: number;
  /** The leaves of all records of these kinds, in the order of the log. */
  readonly kept: (kinds: readonly string[]) => Promise<readonly string[]>;
  /** The newest `decidedAt`, and the first record that was decided at a time or later. */
  readonly latestDecidedMs: () => Promise<number>;
  readonly firstRecordSince: (decidedMs: number) => Promise<number>;
  /** A record, and what of its parts belongs to the site; `undefined` for one that is gone. */
  readonly read: (
    index: number,
  ) => Promise<{ record: DocketRecord; part: (name: "facts" | "change") => string | undefined }>;
  /** What a release declares; `undefined` if it isn't kept any more. */
  readonly declared: (release: string) => Promise<Declarations | undefined>;
  /** Who proposed a release, or put it in force without a proposal. */
  readonly proposer: (body: ReleaseBody) => string;
  /** What a record of a list changed, from its part; `undefined` if that is gone. */
  readonly listChange: (body: ListBody, part: string | undefined) => ListChange | undefined;
};

/**
 * What came more than a day ago, and more records than this ago, is taken as settled: a watch ends after
 * `probationEventsMax` events, unless most events are of types that it isn't about.
 */
export const watchedRecordsMax = 100_000;
/** Records that are read before what came under watch, at most, for the time of the newest decision then. */
const clockRecords = 1000;

/**
 * Takes the log's records into new modes. The caller adopts the release that it opens with, after it.
 *
 * @param recordsMax other than {@link watchedRecordsMax} for tests
 */
export async function rebuildModes(
  modes: RuleModes,
  history: ModesHistory,
  recordsMax: number = watchedRecordsMax,
): Promise<void> {
  const { size, kept, latestDecidedMs, firstRecordSince } = history;
  const kinds = new Map<number, string>();
  for (const leaf of await kept(["release", "list", "brake", "confirm"])) {
    const { index, kind } = parseLeaf(leaf);
    kinds.set(index, kind);
  }
  const newestMs = await latestDecidedMs();
  const since = await firstRecordSince(newestMs - probationMs);
  // What came before the first decision is watched from that on.
  const dayAgo = since <= (await firstRecordSince(0)) ? 0 : since;
  const isWatched = ([index, kind]: [number, string]): boolean =>
    (kind === "release" || kind === "list") && (index >= dayAgo || size - index <= recordsMax);
  const first = [...kinds].find(isWatched)?.[0] ?? size;
  const release = [...kinds].findLast(([index, kind]) => kind === "release" && index < first);
  if (release !== undefined) await take(modes, history, release[0]);
  const capped = await firstRecordSince(newestMs - modes.longestCapMs);
  // Some decisions before it, for the clock: what comes under watch is watched from then on.
  const from = Math.max(0, first === size ? capped : Math.min(first - clockRecords, capped));
  await takeOld(modes, history, kinds, first, from);
  modes.settle();
  for (let index = from; index < size; index++) {
    const kind = kinds.get(index);
    if (index < first && kind === "brake") await takeBrake(modes, history, index, true);
    else if (index >= first || kind === undefined || kind === "confirm") await take(modes, history, index);
  }
}

// Releases before the one that was in force then have nothing to say. Changes of lists do where an entry was
// stopped: it may have gone and come back. Caps count in the order of decisions: those come later.
async function takeOld(
  modes: RuleModes,
  history: ModesHistory,
  kinds: ReadonlyMap<number, string>,
  first: number,
  from: number,
): Promise<void> {
  let isEntryStopped = false;
  for (const [index, kind] of kinds) {
    if (index >= first) break;
    if (kind === "brake") {
      const facts = await takeBrake(modes, history, index, index < from ? undefined : false);
      isEntryStopped ||= facts?.what === "entry";
    } else if (kind === "confirm" || (kind === "list" && isEntryStopped)) {
      await take(modes, history, index);
    }
  }
}

/** Takes in the record of a brake, or of a cap, if it is the wanted one of both. */
async function takeBrake(
  modes: RuleModes,
  history: ModesHistory,
  index: number,
  wantsCap?: boolean,
): Promise<BrakeFacts | undefined> {
  const { part } = await history.read(index);
  const plaintext = part("facts");
  if (plaintext === undefined) return undefined;
  const facts = JSON.parse(plaintext) as BrakeFacts;
  if (wantsCap === undefined || facts.cap === wantsCap) modes.brake(facts, index);
  return facts;
}

async function take(modes: RuleModes, history: ModesHistory, index: number): Promise<void> {
  const { record, part } = await history.read(index);
  const { kind } = record;
  if (kind === "decision") {
    const facts = part("facts");
    if (facts !== undefined) modes.observe(record.actor, JSON.parse(facts) as Facts);
  } else if (kind === "release") {
    const declared = await history.declared(record.release);
    const origin: Origin = { release: record.release, by: history.proposer(record) };
    if (declared !== undefined) modes.adopt(declared, origin);
  } else if (kind === "list") {
    const change = history.listChange(record, part("change"));
    const origin: Origin = { release: record.version, by: record.by };
    if (change !== undefined) modes.listChanged(record.list, change, origin);
  } else if (kind === "brake") {
    await takeBrake(modes, history, index);
  } else if (kind === "confirm") {
    modes.confirm(record.of);
  }
}
