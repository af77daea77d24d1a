// SPDX-License-Identifier: Apache-2.0
// What a verification remembers of itself, so that a later one goes on where it was: how far it came without
// finding anything wrong, and what the tree and the chain were there. It is the reader's own word to himself:
// whoever can write it can make a later run skip records.
//
//     state = JSON on one line "\n" base64url(SHA-256 of that line) "\n"
import {
  decodeBase64,
  encodeBase64,
  encodeBase64Url,
  fromUtf8,
  parseVerifierKey,
  sha256,
  utf8,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { anchorTrustText } from "./anchors/walk-anchors.ts";
import type { AnchorNoted } from "./anchors/walk-anchors.ts";
import { plainDrops } from "./dropped.ts";
import type { Drops } from "./dropped.ts";
import { newSchedule } from "./schedule.ts";
import type { KeySchedule } from "./schedule.ts";
import type { Series } from "./silences.ts";
import type { Walk } from "./walk.ts";

/** Longest state that is read, in bytes: it names up to 100,000 releases. */
export const stateBytesMax = 16_777_216;

/** How far a run came. Everything below `size`, which is a multiple of 256, was found in order. */
export type VerifyState = {
  format: "docket-verify-state/v1";
  origin: string;
  mode: "records" | "opaque";
  /** Whether sealed parts were checked. */
  parts: boolean;
  /** The keys that were given, sorted. */
  keys: string[];
  /** When this was written, RFC 3339. */
  checkedAt: string;
  /** The log's checkpoint at that time, a signed note. */
  checkpoint: string;
  size: number;
  /** Hashes of the subtrees that the tree of that size is made of, largest first, base64. */
  frontier: string[];
  /** Leaf hash of the last record, base64, and what was counted. */
  previous: string | null;
  time: string;
  /** The next record may not be earlier; where it is left out, than `time`. */
  floor?: string;
  firstTime: string | null;
  byKind: Record<string, number>;
  releases: [release: string, index: number][];
  /** Heartbeats and silences, where there were any. */
  series?: Series;
  keyPeriods: { from: number; keys: string[] }[];
  /** Parts that are gone, and what says why, where there are any. */
  drops?: Drops;
  /** The anchors below `size`, and which outside clocks were trusted; left out where there are none. */
  anchors?: readonly AnchorNoted[];
  clocks?: string;
};

/** The state of a walk that stands at the border of a bundle and found nothing wrong. */
export function formatState(walk: Walk, checkedAt: string): string {
  const { head, chain, frontier, schedule, mode, source } = walk;
  const clocks = anchorTrustText(head.trust.anchors);
  const drops = plainDrops(chain.drops);
  const state: VerifyState = {
    format: "docket-verify-state/v1",
    origin: head.origin ?? "",
    mode: mode === "opaque" ? "opaque" : "records",
    parts: source.hasParts,
    keys: keysText(walk),
    checkedAt,
    checkpoint: head.note === undefined ? "" : fromUtf8(head.note),
    size: frontier.size,
    frontier: frontier.hashes.map(encodeBase64),
    previous: chain.previous === undefined ? null : encodeBase64(chain.previous),
    time: chain.time,
    ...(chain.floor === chain.time ? {} : { floor: chain.floor }),
    firstTime: chain.firstTime,
    byKind: chain.byKind,
    releases: [...chain.releases],
    ...(chain.series.everySeconds === 0 ? {} : { series: chain.series }),
    ...(drops === undefined ? {} : { drops }),
    keyPeriods: schedule.periods.map(({ from, keys }) => ({ from, keys: keys.map(({ vkey }) => vkey) })),
    ...(walk.anchors.noted.length === 0 ? {} : { anchors: walk.anchors.noted }),
    ...(clocks === "" ? {} : { clocks }),
  };
  const line = JSON.stringify(state);
  return `${line}\n${encodeBase64Url(sha256(utf8(line)))}\n`;
}

/** Reads a state as {@link formatState} writes it; undefined for any other text. */
export function parseState(text: string): VerifyState | undefined {
  const [line = "", digest, end, ...rest] = text.split("\n");
  if (end !== "" || rest.length > 0 || !line.isWellFormed()) return undefined;
  if (digest !== encodeBase64Url(sha256(utf8(line)))) return undefined;
  // The digest is right: this is what a run of ours wrote, whole.
  const state = JSON.parse(line) as VerifyState;
  return state.format === "docket-verify-state/v1" ? state : undefined;
}

/** Why a state cannot be gone on from, as far as it says itself; undefined if it can. */
export function unfitState(state: VerifyState, walk: Walk): string | undefined {
  const { head, listing, source, mode } = walk;
  const bundles = state.size / 256;
  if (state.origin !== head.origin) return `it is of the log ${state.origin}`;
  if (state.mode !== mode) return "it is of another kind of log";
  if (state.keys.join() !== keysText(walk).join()) return "it was made under other keys";
  if ((state.clocks ?? "") !== anchorTrustText(head.trust.anchors)) {
    return "other outside clocks were trusted then";
  }
  if (source.hasParts && !state.parts) return "no sealed parts were checked then, and there are some";
  if (state.size > head.size) return `it covers ${state.size} records, and the log has ${head.size}`;
  if (listing === undefined) return undefined;
  const fewest = Math.min(
    listing.fullTiles,
    listing.fullBundles,
    source.hasParts ? listing.partsFiles : bundles,
  );
  return fewest < bundles ? "files that were there are gone" : undefined;
}

/** The keys in force, as the state has them. */
export function scheduleOf(state: VerifyState, walk: Walk): KeySchedule {
  const schedule = newSchedule(walk.head.trust.keys);
  for (const { from, keys } of state.keyPeriods) {
    schedule.periods.push({ from, keys: keys.map(parseVerifierKey), linked: from === 0 });
  }
  return schedule;
}

/** The hash that base64 in a state stands for. */
export function hashOf(base64: string): Hash {
  return decodeBase64(base64) as Hash;
}

function keysText({ head }: Walk): string[] {
  return head.trust.keys.map(({ vkey }) => vkey).sort();
}
