// SPDX-License-Identifier: Apache-2.0
// The domains of a window, by their keyed hashes: which campaign each leads to, and how many used it, so that
// domains that everybody uses lead nowhere.

/** A domain as a snapshot has it. */
export type PlainDomain = {
  readonly key: string;
  /** The id of the campaign that it leads to; empty for none. */
  readonly campaign: string;
  /** The epoch of the counts: a window's length, aligned to the Unix epoch. */
  readonly epoch: number;
  readonly events: number;
  /** A bit of 64 for each of its actors. */
  readonly low: number;
  readonly high: number;
  /** Of the epoch before. */
  readonly eventsBefore: number;
  readonly actorsBefore: number;
};

/** Counts of all events, by epoch. */
export type EventCounts = { readonly epoch: number; readonly events: number; readonly eventsBefore: number };

/**
 * A domain is common, and leads nowhere, if in the epoch before it was used by so many actors: as many bits
 * of 64 as are set, each actor setting one at random, so 16 stand for 18 actors or more.
 */
export const commonActorsMin = 16;
/** … and in one of so many events at least. */
export const commonEventsShare = 200;

type Entry = { -readonly [Key in keyof PlainDomain]: PlainDomain[Key] } & {
  older: Entry | undefined;
  newer: Entry | undefined;
};

/** The domains of a window. What was not used for the longest goes where there are too many. */
export class DomainTable {
  readonly #entries = new Map<string, Entry>();
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  readonly #max: number;
  readonly #overMs: number;
  #all: EventCounts = { epoch: 0, events: 0, eventsBefore: 0 };

  constructor(overMs: number, max: number) {
    this.#overMs = overMs;
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  get counts(): EventCounts {
    return this.#all;
  }

  /** The id of the campaign that a domain leads to; empty for none, `undefined` if the domain is common. */
  campaign(key: string, atMs: number): string | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return "";
    return this.#isCommon(entry, Math.floor(atMs / this.#overMs)) ? undefined : entry.campaign;
  }

  /** An event came. The result takes that back. */
  countEvent(atMs: number): () => void {
    const before = this.#all;
    const epoch = Math.floor(atMs / this.#overMs);
    const { events, eventsBefore } = before;
    this.#all =
      epoch <= before.epoch
        ? { epoch: before.epoch, events: events + 1, eventsBefore }
        : { epoch, events: 1, eventsBefore: epoch === before.epoch + 1 ? events : 0 };
    return () => {
      this.#all = before;
    };
  }

  /**
   * An event used a domain, once. The result takes that back.
   *
   * @param campaign what it leads to from now on; as before, if `undefined`
   */
  use(key: string, actor: string, campaign: string | undefined, atMs: number): () => void {
    const entry = this.#entries.get(key);
    return entry === undefined
      ? this.#useNew(key, actor, campaign ?? "", atMs)
      : this.#useKnown(entry, actor, campaign, atMs);
  }

  /** All of it, from the domain that was not used for the longest. */
  plain(): PlainDomain[] {
    const all: PlainDomain[] = [];
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) all.push(plainOf(entry));
    return all;
  }

  /** Takes in what {@link plain} gave; the table must be empty. */
  restore(domains: Iterable<PlainDomain>, counts: EventCounts): void {
    this.#all = counts;
    for (const domain of domains) {
      const entry: Entry = { ...plainOf(domain), older: undefined, newer: undefined };
      this.#entries.set(entry.key, entry);
      this.#link(entry, this.#newest);
    }
  }

  #useNew(key: string, actor: string, campaign: string, atMs: number): () => void {
    const gone = this.#entries.size >= this.#max ? this.#oldest : undefined;
    if (gone !== undefined) this.#remove(gone);
    const entry: Entry = {
      key,
      campaign,
      epoch: Math.floor(atMs / this.#overMs),
      events: 0,
      low: 0,
      high: 0,
      eventsBefore: 0,
      actorsBefore: 0,
      older: undefined,
      newer: undefined,
    };
    count(entry, actor);
    this.#entries.set(key, entry);
    this.#link(entry, this.#newest);
    return () => {
      this.#remove(entry);
      if (gone === undefined) return;
      this.#entries.set(gone.key, gone);
      this.#link(gone, undefined);
    };
  }

  #useKnown(entry: Entry, actor: string, campaign: string | undefined, atMs: number): () => void {
    const before = plainOf(entry);
    const { older } = entry;
    const epoch = Math.floor(atMs / this.#overMs);
    if (epoch > entry.epoch) {
      const isNext = epoch === entry.epoch + 1;
      entry.eventsBefore = isNext ? entry.events : 0;
      entry.actorsBefore = isNext ? actorsOf(entry) : 0;
      Object.assign(entry, { epoch, events: 0, low: 0, high: 0 });
    }
    count(entry, actor);
    if (campaign !== undefined) entry.campaign = campaign;
    this.#unlink(entry);
    this.#link(entry, this.#newest);
    return () => {
      this.#unlink(entry);
      this.#link(entry, older);
      Object.assign(entry, before);
    };
  }

  #isCommon(entry: Entry, epoch: number): boolean {
    const own = before(entry.epoch, entry.events, entry.eventsBefore, epoch);
    const actors = before(entry.epoch, actorsOf(entry), entry.actorsBefore, epoch);
    const all = before(this.#all.epoch, this.#all.events, this.#all.eventsBefore, epoch);
    return actors >= commonActorsMin && own * commonEventsShare >= all;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#unlink(entry);
  }

  #link(entry: Entry, older: Entry | undefined): void {
    const newer = older === undefined ? this.#oldest : older.newer;
    entry.older = older;
    entry.newer = newer;
    if (older === undefined) this.#oldest = entry;
    else older.newer = entry;
    if (newer === undefined) this.#newest = entry;
    else newer.older = entry;
  }

  #unlink(entry: Entry): void {
    const { older, newer } = entry;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}

function plainOf(domain: PlainDomain): PlainDomain {
  const { key, campaign, epoch, events, low, high, eventsBefore, actorsBefore } = domain;
  return { key, campaign, epoch, events, low, high, eventsBefore, actorsBefore };
}

/** What was counted in the epoch before `asked`, where counts are of `epoch` and of the one before it. */
function before(epoch: number, own: number, ownBefore: number, asked: number): number {
  if (epoch === asked - 1) return own;
  // An event that comes late is judged by what is known by now.
  return epoch >= asked ? ownBefore : 0;
}

function count(entry: Entry, actor: string): void {
  entry.events += 1;
  let hash = 0x811c9dc5;
  for (let at = 0; at < actor.length; at++) hash = Math.imul(hash ^ actor.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  const bit = (hash >>> 13) & 63;
  if (bit < 32) entry.low |= 1 << bit;
  else entry.high |= 1 << (bit - 32);
}

function actorsOf({ low, high }: PlainDomain): number {
  return ones(low) + ones(high);
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
