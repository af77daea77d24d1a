// SPDX-License-Identifier: Apache-2.0
// The index against a naive twin that remembers all and compares with all, and what undo and a copy leave.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { latenessMsMax } from "../enforcement/standing.ts";
import {
  campaignBounds,
  CampaignIndex,
  domainsPerCampaignMax,
  newSignatureAgreementMax,
  signaturesPerCampaignMax,
} from "./campaign-index.ts";
import type { CampaignBounds, CampaignEvent } from "./campaign-index.ts";
import { commonActorsMin } from "./domain-table.ts";
import {
  agreement,
  decodeSignature,
  encodeSignature,
  shingleKey,
  shinglesOf,
  signatureWords,
} from "./shingles.ts";
import { joinAgreementMin } from "./signature-table.ts";

const hour = 3_600_000;
const day = 24 * hour;
const key = shingleKey(Uint8Array.from({ length: 16 }, (_, at) => 3 * at));
const vocabulary = Array.from({ length: 60 }, (_, at) => `word${String.fromCharCode(97 + (at % 26))}${at}x`);

const templates: readonly (readonly string[])[] = Array.from({ length: 6 }, (_, template) =>
  Array.from({ length: 14 }, (__, at) => wordOf((template * 17 + at * (template + 3)) % 60)),
);

function wordOf(at: number): string {
  return vocabulary[at] ?? "";
}

function templateOf(at: number): readonly string[] {
  return templates[at] ?? [];
}

/** An event of a template, some of its words exchanged. */
const eventOf = fc.record({
  template: fc.nat(5),
  changes: fc.array(fc.tuple(fc.nat(13), fc.nat(59)), { maxLength: 6 }),
  hasText: fc.nat(9).map((roll) => roll > 0),
  domains: fc.uniqueArray(fc.constantFrom("d1", "d2", "d3", "d4"), { maxLength: 2 }),
  actor: fc.nat(9),
  gapMs: fc.oneof(fc.integer({ min: -600_000, max: 2 * hour }), fc.constant(30 * hour)),
});
const eventsOf = fc.array(eventOf, { maxLength: 60 }).map((drawn) => {
  let newestMs = 1_700_000_000_000;
  return drawn.map(({ template, changes, hasText, domains, actor, gapMs }): CampaignEvent => {
    const words = [...templateOf(template)];
    for (const [at, word] of changes) words[at] = wordOf(word);
    const atMs = newestMs + gapMs;
    newestMs = Math.max(newestMs, atMs);
    const shingles = hasText ? shinglesOf(words.join(" "), key) : undefined;
    return { shingles, domains, actor: `a_${actor}`, atMs };
  });
});

test("the index finds what a naive twin finds", () => {
  fc.assert(
    fc.property(eventsOf, (events) => {
      const index = new CampaignIndex(day);
      const twin = new NaiveIndex(day);
      for (const event of events) {
        assert.equal(index.find(event), twin.find(event));
        index.add(event);
        twin.add(event);
      }
    }),
  );
});

const tight: CampaignBounds = { campaigns: 5, signatures: 8, domains: 3 };

test("taking back restores exactly, also what had to go", () => {
  fc.assert(
    fc.property(eventsOf, eventsOf, fc.boolean(), (events, more, isTight) => {
      const index = isTight ? new CampaignIndex(day, tight) : new CampaignIndex(day);
      for (const event of events) index.add(event);
      const before = snapshot(index);
      const undos = more.map((event) => index.add(event));
      const found = more.map((event) => index.find(event));
      const after = snapshot(index);
      for (const undo of undos.toReversed()) undo();
      assert.deepEqual(snapshot(index), before);
      for (const event of more) index.add(event);
      assert.deepEqual(snapshot(index), after);
      assert.deepEqual(
        more.map((event) => index.find(event)),
        found,
      );
    }),
  );
});

test("a copy goes on as the original does", () => {
  fc.assert(
    fc.property(eventsOf, eventsOf, fc.boolean(), (events, more, isTight) => {
      const bounds = isTight ? tight : undefined;
      const index = new CampaignIndex(day, bounds);
      for (const event of events) index.add(event);
      const plain = index.plain();
      const expected = snapshot(index);
      // A copy is of its moment, whatever comes before it is read.
      const undos = more.slice(0, 3).map((event) => index.add(event));
      const copy = new CampaignIndex(day, bounds);
      copy.restore(plain);
      for (const undo of undos.toReversed()) undo();
      assert.deepEqual(snapshot(copy), expected);
      for (const event of more) {
        assert.equal(copy.find(event), index.find(event));
        index.add(event);
        copy.add(event);
      }
      assert.deepEqual(snapshot(copy), snapshot(index));
    }),
  );
});

test("memory has its bounds", () => {
  const bounds: CampaignBounds = { campaigns: 20, signatures: 25, domains: 10 };
  const index = new CampaignIndex(day, bounds);
  for (let at = 0; at < 500; at++) {
    const words = Array.from({ length: 12 }, (_, word) => `own${at}of${word}`);
    const event = eventAt(words.join(" "), at * 1000, `a_${at}`, [`d${at}`]);
    index.add(event);
    const { campaigns, domains } = index.plain();
    const all = [...campaigns];
    assert.ok(all.length <= 20 && domains.length <= 10);
    assert.ok(all.reduce((sum, { signatures }) => sum + signatures.length, 0) <= 25);
  }
  assert.equal(index.evicted, 480);
});

test("what it says of its memory grows with what it holds, to 100 MB within its declared bounds", () => {
  const index = new CampaignIndex(day);
  const random = new Uint32Array([1]);
  const signature = new Uint8Array(64);
  const count = 2_048;
  for (let at = 0; at < count; at++) {
    for (let place = 0; place < 64; place++) {
      random[0] = Math.imul(random[0] ?? 0, 1_664_525) + 1_013_904_223;
      signature[place] = (random[0] ?? 0) >>> 24;
    }
    const shingles = encodeSignature(signature);
    index.add({ shingles, domains: [`d${at}`], actor: "a_1", atMs: 1_700_000_000_000 + at });
  }
  assert.equal(index.size, count);
  // All that is held grows by doubling.
  const whole = index.bytes * (campaignBounds.signatures / count);
  assert.ok(whole > 80_000_000 && whole < 101_000_000, `${whole} bytes`);
});

test("a campaign is over when a window has passed without its events, and forgotten later", () => {
  const index = new CampaignIndex(day);
  const text = templateOf(0).join(" ");
  index.add(eventAt(text, 0, "a_1", ["d1"]));
  const other = eventAt(templateOf(1).join(" "), 0, "a_2", ["d1"]);
  const id = index.find({ ...other, atMs: day - 1 });
  assert.equal(id, index.find(eventAt(text, 0, "a_1")));
  assert.notEqual(index.find({ ...other, atMs: day }), id);
  index.add({ ...other, atMs: day + latenessMsMax });
  assert.equal(index.size, 1);
});

test("similarity doesn't wander: what is far from a campaign's first text is no new measure of it", () => {
  const index = new CampaignIndex(day);
  const words = [...templateOf(0)];
  const first = index.find(eventAt(words.join(" "), 0, "a_0"));
  const ids = new Set<string | undefined>();
  for (let step = 0; step < 42; step++) {
    const event = eventAt(words.join(" "), step * 1000, `a_${step}`);
    ids.add(index.find(event));
    index.add(event);
    words[step % 14] = `exchanged${step}`;
  }
  assert.ok(ids.has(first));
  assert.notEqual(index.find(eventAt(words.join(" "), hour, "a_99")), first);
  assert.ok(ids.size > 1);
});

test("what everybody links to leads nowhere from the next day on", () => {
  const index = new CampaignIndex(day);
  const at = (ms: number, actor: number): CampaignEvent => ({
    shingles: undefined,
    domains: ["often"],
    actor: `a_${actor}`,
    atMs: ms,
  });
  for (let actor = 0; actor < 4 * commonActorsMin; actor++) index.add(at(actor * 1000, actor));
  assert.notEqual(index.find(at(hour, 1)), undefined);
  assert.equal(index.find(at(day, 1)), undefined);
  // A domain of few, or of a small share of the events, is not common.
  const rare = new CampaignIndex(day);
  for (let actor = 0; actor < 4 * commonActorsMin; actor++) rare.add(at(actor * 1000, actor % 3));
  assert.notEqual(rare.find(at(day, 1)), undefined);
});

function eventAt(text: string, atMs: number, actor: string, domains: readonly string[] = []): CampaignEvent {
  return { shingles: shinglesOf(text, key), domains, actor, atMs };
}

function snapshot(index: CampaignIndex): unknown {
  const { campaigns, ...rest } = index.plain();
  const plain = [...campaigns].map(({ signatures, ...own }) => ({
    ...own,
    signatures: signatures.map(({ number, words }) => ({ number, words: [...words] })),
  }));
  return { ...rest, campaigns: plain };
}

type NaiveCampaign = { id: string; lastMs: number; domains: number; signatures: Int32Array[] };

/** The same in the plainest way: compared with all. Common domains have a test of their own. */
class NaiveIndex {
  readonly #overMs: number;
  readonly #ids = new CampaignIndex(day);
  #campaigns: NaiveCampaign[] = [];
  readonly #leads = new Map<string, string>();

  constructor(overMs: number) {
    this.#overMs = overMs;
  }

  find(event: CampaignEvent): string | undefined {
    return this.#find(event).id;
  }

  add(event: CampaignEvent): void {
    const { id, most } = this.#find(event);
    const words = wordsOf(event);
    if (id !== undefined) {
      for (let gone = 0; gone < 2 && this.#isOver(event.atMs); gone++) this.#campaigns.shift();
      const known = this.#campaigns.find((each) => each.id === id);
      const campaign = known ?? { id, lastMs: event.atMs, domains: 0, signatures: [] };
      this.#campaigns = [...this.#campaigns.filter((each) => each !== known), campaign];
      campaign.lastMs = Math.max(campaign.lastMs, event.atMs);
      const [first] = campaign.signatures;
      const isNew =
        most === undefined ||
        (most <= newSignatureAgreementMax &&
          agreement(first ?? new Int32Array(signatureWords), 0, words as Int32Array, 0) >= joinAgreementMin);
      if (words !== undefined && isNew && campaign.signatures.length < signaturesPerCampaignMax) {
        campaign.signatures.push(words);
      }
      for (const domain of event.domains) {
        const leads = this.#leads.get(domain);
        const living = this.#campaigns.some((each) => each.id === leads && this.#lives(each, event.atMs));
        if (!living && leads !== id && campaign.domains < domainsPerCampaignMax) {
          this.#leads.set(domain, id);
          campaign.domains += 1;
        }
      }
    }
  }

  #find(event: CampaignEvent): { id: string | undefined; most: number | undefined } {
    const words = wordsOf(event);
    let best: NaiveCampaign | undefined;
    let most = joinAgreementMin - 1;
    for (const campaign of this.#campaigns.filter((each) => this.#lives(each, event.atMs))) {
      for (const signature of words === undefined ? [] : campaign.signatures) {
        const agreed = agreement(signature, 0, words as Int32Array, 0);
        if (agreed > most && shareBand(signature, words as Int32Array)) [best, most] = [campaign, agreed];
      }
    }
    if (best !== undefined) return { id: best.id, most };
    for (const domain of event.domains) {
      const leads = this.#leads.get(domain);
      const campaign = this.#campaigns.find((each) => each.id === leads);
      if (campaign !== undefined && this.#lives(campaign, event.atMs)) return { id: leads, most: undefined };
    }
    // What an id is made of is told by an index that knows nothing.
    return { id: this.#ids.find(event), most: undefined };
  }

  #lives({ lastMs }: NaiveCampaign, atMs: number): boolean {
    return atMs - lastMs < this.#overMs;
  }

  #isOver(atMs: number): boolean {
    const [oldest] = this.#campaigns;
    return oldest !== undefined && atMs - oldest.lastMs >= this.#overMs + latenessMsMax;
  }
}

function wordsOf({ shingles }: CampaignEvent): Int32Array | undefined {
  const words = new Int32Array(signatureWords);
  return shingles !== undefined && decodeSignature(shingles, words, 0) ? words : undefined;
}

/** Whether three bytes that are looked for together are equal. */
function shareBand(a: Int32Array, b: Int32Array): boolean {
  const [one, other] = [new Uint8Array(a.buffer), new Uint8Array(b.buffer)];
  const word = (slot: number): boolean => one[2 * (slot % 32)] === other[2 * (slot % 32)];
  const rest = (slot: number): boolean => one[2 * (slot % 32) + 1] === other[2 * (slot % 32) + 1];
  const slots = Array.from({ length: 32 }, (_, slot) => slot);
  return slots.some(
    (slot) =>
      (word(slot) && rest(7 * slot) && rest(7 * slot + 1)) ||
      (word(slot) && word(slot + 5) && rest(5 * slot + 7)),
  );
}
