// SPDX-License-Identifier: Apache-2.0
// What threads hand to the thread that decides: many events in a few flat arrays, whose memory goes over
// without a copy. Texts that come again are there once.
import type { PreparedEvent } from "@docket/policy";
import { countedKeys } from "../intake/counting.ts";
import type { EventKeys, RecordedKeys } from "../intake/counting.ts";
import type { KeyPacker, PackedKeys } from "../intake/packed-keys.ts";

/** Many records, packed. */
export type Batch = {
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly results: Uint8Array<ArrayBuffer>;
  readonly strings: readonly string[];
  /** What few events have. */
  readonly extras: readonly Extra[];
  readonly items: number;
  /** Records that were read, and milliseconds that it took. */
  readonly records: number;
  readonly readMs: number;
};

/** What few events have: values that clauses over memory read besides, what was found in lists, the event. */
export type Extra = {
  readonly values: readonly unknown[];
  readonly hits: PreparedEvent["hits"];
  readonly event: string | undefined;
};

/** Where what is known of an event comes from; `gone` if it can't be decided again. */
export type Covered = "facts" | "evidence" | "unasked" | "gone";
const covereds: readonly Covered[] = ["facts", "evidence", "unasked", "gone"];

/** A decision of the log, ready for its turn. */
export type DecisionItem = {
  readonly kind: "decision";
  readonly index: number;
  readonly decidedAtMs: number;
  readonly decidedAt: string;
  readonly type: string;
  /** Pseudonym. */
  readonly actor: string;
  readonly release: string;
  readonly outcome: string;
  /** What came out besides the outcome, as JSON of {@link RecordedEffects}; empty for nothing. */
  readonly effects: string;
  /** The keyed hash of the event's id, where it was asked for. */
  readonly eventHash: string;
  readonly covered: Covered;
  /** As facts have them; out of a batch as numbers, or with the actor's pseudonym in place of its mark. */
  readonly keys: EventKeys | PackedKeys;
  /** `undefined` before the part that is decided again, where no policy is about the type, and if `gone`. */
  readonly prepared: PreparedEvent | undefined;
  readonly event: string | undefined;
};

/** A record that changes under what is decided, or whom it may restrict. */
export type ChangeItem = {
  readonly kind: "change";
  readonly index: number;
  readonly leaf: string;
  /** Its part `facts` or `change`, opened. */
  readonly part: string | undefined;
};

/** A record that could not be read. */
export type LostItem = { readonly kind: "lost"; readonly index: number; readonly why: string };

/** One record. */
export type Item = DecisionItem | ChangeItem | LostItem;

const kinds = { decision: 0, change: 1, lost: 2 } as const;
const none = -1;

/** Packs items. */
export class BatchWriter {
  readonly #ids: ReadonlyMap<string, number>;
  #numbers: Float64Array<ArrayBuffer> = new Float64Array(16_384);
  #length = 0;
  #results: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  #resultsLength = 0;
  readonly #places = new Map<string, number>();
  readonly #strings: string[] = [];
  readonly #extras: Extra[] = [];
  #items = 0;

  readonly #putNumber = (value: number): void => this.#put(value);
  readonly #packerOf: (type: string) => KeyPacker | undefined;

  /**
   * @param ids of the candidate's counters and limits, in an order that both sides know
   * @param packerOf what makes numbers of the keys of a type's events; without it they stay text
   */
  constructor(ids: readonly string[], packerOf: (type: string) => KeyPacker | undefined = () => undefined) {
    this.#ids = new Map(ids.map((id, place) => [id, place]));
    this.#packerOf = packerOf;
  }

  add(item: Item): void {
    this.#items += 1;
    this.#put(kinds[item.kind]);
    this.#put(item.index);
    if (item.kind === "change") {
      this.#put(this.#string(item.leaf));
      this.#put(item.part === undefined ? none : this.#string(item.part));
    } else if (item.kind === "lost") {
      this.#put(this.#string(item.why));
    } else {
      this.#decision(item);
    }
  }

  /** All of it. The writer is of no more use then. */
  finish(records: number, readMs: number): Batch {
    return {
      numbers: this.#numbers.slice(0, this.#length),
      results: this.#results.slice(0, this.#resultsLength),
      strings: this.#strings,
      extras: this.#extras,
      items: this.#items,
      records,
      readMs,
    };
  }

  #decision(item: DecisionItem): void {
    this.#put(item.decidedAtMs);
    // Hardly two are the same.
    this.#put(this.#strings.push(item.decidedAt) - 1);
    this.#put(this.#string(item.type));
    this.#put(this.#string(item.actor));
    this.#put(this.#string(item.release));
    this.#put(this.#string(item.outcome));
    this.#put(this.#string(item.effects));
    this.#put(this.#string(item.eventHash));
    this.#put(covereds.indexOf(item.covered));
    this.#keys(item);
    const { prepared, event } = item;
    const length = prepared?.results.length ?? none;
    this.#put(length);
    if (prepared !== undefined) {
      if (this.#resultsLength + length > this.#results.length) {
        this.#results = grown(this.#results, new Uint8Array(2 * this.#results.length + length));
      }
      this.#results.set(prepared.results, this.#resultsLength);
      this.#resultsLength += length;
    }
    const { values = [], hits = [] } = prepared ?? {};
    const plain = values.length === 0 && hits.length === 0 && event === undefined;
    this.#put(plain ? none : this.#extras.push({ values, hits, event }) - 1);
  }

  #keys({ keys, type, actor }: DecisionItem): void {
    if ("numbers" in keys) throw new Error("keys that are packed already");
    const { keys: recorded, uncounted } = keys;
    const packer = this.#packerOf(type);
    const isPacked = packer?.fits(recorded) === true;
    this.#put(isPacked ? 1 : 0);
    this.#put(uncounted.length);
    for (const id of uncounted) this.#put(this.#ids.get(id) ?? none);
    if (packer === undefined || !isPacked) {
      this.#textKeys(recorded, actor);
      return;
    }
    const length = this.#length;
    this.#put(0);
    packer.pack(recorded, actor, this.#putNumber);
    this.#numbers[length] = this.#length - length - 1;
  }

  #textKeys(keys: RecordedKeys, actor: string): void {
    const counted = this.#length;
    this.#put(0);
    let count = 0;
    for (const id of Object.keys(keys)) {
      const place = this.#ids.get(id);
      const own = keys[id];
      if (place === undefined || own === undefined) continue;
      count += 1;
      this.#put(place);
      this.#put(own.length);
      for (const [key, value] of countedKeys(own, actor)) {
        this.#put(this.#string(key));
        this.#put(value === undefined ? none : this.#string(value));
      }
    }
    this.#numbers[counted] = count;
  }

  #put(value: number): void {
    if (this.#length === this.#numbers.length) {
      this.#numbers = grown(this.#numbers, new Float64Array(2 * this.#length));
    }
    this.#numbers[this.#length++] = value;
  }

  #string(text: string): number {
    let place = this.#places.get(text);
    if (place === undefined) this.#places.set(text, (place = this.#strings.push(text) - 1));
    return place;
  }
}

/** Reads the items of a batch, one after the other. */
export function* itemsOf(batch: Batch, ids: readonly string[]): Generator<Item> {
  const { numbers, results, strings, extras } = batch;
  let at = 0;
  let from = 0;
  const next = (): number => numbers[at++] as number;
  const text = (): string => strings[next()] as string;
  for (let item = 0; item < batch.items; item++) {
    const kind = next();
    const index = next();
    if (kind === kinds.change) {
      const leaf = text();
      const part = next();
      yield { kind: "change", index, leaf, part: part === none ? undefined : strings[part] };
      continue;
    }
    if (kind === kinds.lost) {
      yield { kind: "lost", index, why: text() };
      continue;
    }
    const decidedAtMs = next();
    const decidedAt = text();
    const type = text();
    const actor = text();
    const release = text();
    const outcome = text();
    const effects = text();
    const eventHash = text();
    const covered = covereds[next()] as Covered;
    const isPacked = next() === 1;
    const uncounted: string[] = [];
    for (let count = next(); count > 0; count--) {
      const id = ids[next()];
      if (id !== undefined) uncounted.push(id);
    }
    let keys: EventKeys | PackedKeys;
    if (isPacked) {
      const taken = next();
      keys = { numbers, at, uncounted };
      at += taken;
    } else {
      keys = { keys: readTextKeys(next, strings, ids), uncounted };
    }
    const length = next();
    const extra = next();
    const { values = [], hits = [], event } = extras[extra] ?? {};
    const prepared =
      length === none ? undefined : { results: results.subarray(from, from + length), values, hits };
    if (length !== none) from += length;
    yield {
      kind: "decision",
      index,
      decidedAtMs,
      decidedAt,
      type,
      actor,
      release,
      outcome,
      effects,
      eventHash,
      covered,
      keys,
      prepared,
      event,
    };
  }
}

function readTextKeys(next: () => number, strings: readonly string[], ids: readonly string[]): RecordedKeys {
  const keys: RecordedKeys = {};
  for (let count = next(); count > 0; count--) {
    const id = ids[next()] as string;
    const own: RecordedKeys[string] = [];
    for (let entries = next(); entries > 0; entries--) {
      const key = strings[next()] as string;
      const value = next();
      own.push(value === none ? [key] : [key, strings[value] as string]);
    }
    keys[id] = own;
  }
  return keys;
}

function grown<Numbers extends { set(from: Numbers): void }>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
