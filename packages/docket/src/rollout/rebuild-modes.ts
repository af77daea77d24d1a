// SPDX-License-Identifier: Apache-2.0
// The modes made again from the log at a start. What is held or confirmed follows from the records of brakes
// and confirmations, however old, and the release in force. Decisions are needed only as far back as anything
// is watched, a day, and if nothing is, as far back as caps count.
import type { BrakeFacts, DocketRecord, Facts, ListBody, ReleaseBody } from "@docket/protocol";
import { parseLeaf } from "@docket/protocol";
import type { ListChange, Origin } from "./brakes.ts";
import type { Declarations } from "./declarations.ts";
import { rebuiltMs } from "./rule-modes.ts";
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

type Change = { readonly index: number; readonly kind: string };

/** Takes the log's records into new modes. The caller adopts the release that it opens with, after it. */
export async function rebuildModes(modes: RuleModes, history: ModesHistory): Promise<void> {
  const { size, kept, latestDecidedMs, firstRecordSince } = history;
  const leaves = await kept(["release", "list", "brake", "confirm"]);
  const changes: Change[] = leaves.map((leaf) => {
    const { index, kind } = parseLeaf(leaf);
    return { index, kind };
  });
  const newestMs = await latestDecidedMs();
  const dayAgo = await firstRecordSince(newestMs - rebuiltMs);
  const before = changes.filter(({ index }) => index < dayAgo);
  const after = changes.filter(({ index }) => index >= dayAgo);
  const release = before.findLast(({ kind }) => kind === "release");
  if (release !== undefined) await takeOld(modes, history, release, before);
  // What was declared before some decision of then has been in force for a day at the newest record.
  const isYoung = (await firstRecordSince(0)) >= dayAgo;
  if (!isYoung) modes.pass(newestMs - rebuiltMs);
  const isWatched = isYoung || after.some(({ kind }) => kind === "release" || kind === "list");
  const from = isWatched ? dayAgo : await firstRecordSince(newestMs - modes.longestCapMs);
  for (const { index } of after) if (index < from) await take(modes, history, index);
  for (let index = from; index < size; index++) await take(modes, history, index);
}

// Releases before the one that was in force a day ago have nothing to say. Changes of lists do where an entry
// was stopped: it may have gone and come back.
async function takeOld(
  modes: RuleModes,
  history: ModesHistory,
  release: Change,
  before: readonly Change[],
): Promise<void> {
  await take(modes, history, release.index);
  let isEntryStopped = false;
  for (const { index, kind } of before) {
    if (kind === "release" || (kind === "list" && !isEntryStopped)) continue;
    const taken = await take(modes, history, index);
    isEntryStopped ||= taken?.what === "entry";
  }
}

/** Takes in a record; gives back what it stopped. */
async function take(modes: RuleModes, history: ModesHistory, index: number): Promise<BrakeFacts | undefined> {
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
    const facts = part("facts");
    const stopped = facts === undefined ? undefined : (JSON.parse(facts) as BrakeFacts);
    if (stopped !== undefined) modes.brake(stopped, index);
    return stopped;
  } else if (kind === "confirm") {
    modes.confirm(record.of);
  }
  return undefined;
}
