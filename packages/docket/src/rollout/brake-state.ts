// SPDX-License-Identifier: Apache-2.0
// What brakes remember: plain data, without a class.
import type { BrakeFacts } from "@docket/protocol";
import type { Statistics, StreamState } from "./event-stream.ts";

/** How long something new or changed is watched at least, in milliseconds of the events' time. */
export const probationMs: number = 24 * 3_600_000;

/** The release with which something came into force, and who proposed it or, without a proposal, did so. */
export type Origin = { readonly release: string; readonly by: string };

/** What an event hit. */
export type Hits = { readonly keys: readonly string[]; readonly entries: readonly string[] };

/** What changed in a list: entries by their keyed hashes, or all of them; and the version that came of it. */
export type ListChange = {
  readonly added: readonly string[] | "all";
  readonly removed: readonly string[];
  readonly version?: string;
};

/** How something stands with the brake. */
export type Stage = "watched" | "settled" | "held" | "confirmed";
/** Since when something is watched; `events` are those of its stream until then, `ms` is set by the first. */
export type Since = Origin & { readonly ms: number | null; readonly cell: number; readonly events: number };
/** How something is watched. */
export type Watch = { readonly stream: string; readonly share: number; readonly least: number };
/** The place of what isn't watched. */
export const nowhere: Pick<Since, "cell" | "events"> = { cell: 0, events: 0 };
/** One object for as long as the brake lasts: its index comes later than changes that may be taken back. */
export type Drawn = { index: number | null; readonly facts: BrakeFacts };
/** Something that can lose its power. */
export type Thing = {
  readonly what: "rule" | "threshold" | "entry";
  readonly declaration: string;
  readonly stage: Stage;
  readonly stream: string;
  readonly share: number;
  readonly least: number;
  readonly since: Since;
  readonly brake: Drawn | null;
  /** Of what is held: what it would have hit since. */
  readonly hitsSince: number;
};
/** Something that has gone. */
export type Past = Pick<Thing, "stage" | "brake" | "hitsSince"> & { readonly goneMs: number };
/** A list, and which of its entries are new. */
export type ListState = {
  readonly stream: string;
  readonly share: number;
  readonly least: number;
  /** The version in force, where versions are told of. */
  readonly version: string | null;
  readonly all: Since | null;
  readonly added: ReadonlyMap<string, Since>;
};

/** All of it as plain JSON. */
export type BrakesState = {
  clockMs: number | null;
  things: [key: string, Thing][];
  past: [name: string, Past][];
  lists: [name: string, Omit<ListState, "added"> & { added: [entry: string, since: Since][] }][];
  streams: [types: string, StreamState][];
};

/** A brake as whoever has to confirm it sees it. */
export type BrakeInForce = {
  /** Index of its record; `null` while that is being sealed. */
  readonly index: number | null;
  readonly facts: BrakeFacts;
  /** Events that it would have hit since; of a cap, actors who weren't restricted because of it. */
  readonly hitsSince: number;
};

/** Something under watch, and how it fares. */
export type Watched = { readonly key: string; readonly since: string | null } & Statistics;

/** A new entry of a list. */
export function newEntry({ stream, share, least }: ListState, since: Since): Thing {
  const declared = { what: "entry" as const, declaration: "", stream, share, least };
  return { ...declared, stage: "watched", since, brake: null, hitsSince: 0 };
}

/** When the watch ends, at the earliest, of something that came under watch then. */
export function endOf(since: Since | null): number {
  return since === null || since.ms === null ? Infinity : since.ms + probationMs;
}

/** The types of a stream's events as one text. Types have no spaces. */
export function typesKey(on: readonly string[]): string {
  return [...new Set(on)].sort().join(" ");
}

/** What a declaration that has gone is remembered by. */
export function pastName(key: string, declaration: string): string {
  return `${key}\n${declaration}`;
}
