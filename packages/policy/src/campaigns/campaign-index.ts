// SPDX-License-Identifier: Apache-2.0
// Campaigns: which events belong together, because their texts are near-duplicates or they lead to the same
// domain, whoever sent them. A function of the sequence of events alone, so whoever has their recorded
// signatures and domain hashes finds the same campaigns.
//
// A campaign is never joined to another, so its id stays for as long as it lives, and one text between two
// campaigns doesn't make them one. A new text joins where it is near one of at most eight signatures of the
// campaign, each of which is near its first one or came with its domain: similarity doesn't wander.
import { latenessMsMax } from "../enforcement/standing.ts";
import { halfSipUnits } from "./half-siphash.ts";
import { DomainTable } from "./domain-table.ts";
import type { EventCounts, PlainDomain } from "./domain-table.ts";
import { joinAgreementMin, SignatureTable } from "./signature-table.ts";
import type { Match } from "./signature-table.ts";
import { decodeSignature, signatureWords } from "./shingles.ts";

/** What of an event says which campaign it belongs to. */
export type CampaignEvent = {
  /** {@link shinglesOf} its text; `undefined` for none. */
  readonly shingles: string | undefined;
  /** Keyed hashes of its domains, each once. */
  readonly domains: readonly string[];
  /** Its actor's pseudonym. */
  readonly actor: string;
  /** When it is decided, in milliseconds. */
  readonly atMs: number;
};

/** How much is remembered at most. */
export type CampaignBounds = {
  readonly campaigns: number;
  readonly signatures: number;
  readonly domains: number;
};

/** A campaign as a snapshot has it. */
export type PlainCampaign = {
  readonly id: string;
  /** The latest time of its events. */
  readonly lastMs: number;
  /** How many domains ever led to it. */
  readonly domains: number;
  readonly signatures: readonly PlainSignature[];
};
/** A signature, and where it stands in the order in which they came. */
export type PlainSignature = { readonly number: number; readonly words: Int32Array };
/** All of it: campaigns from the one that was not joined for the longest. */
export type PlainCampaigns = {
  readonly nextNumber: number;
  readonly campaigns: Iterable<PlainCampaign>;
  readonly domains: readonly PlainDomain[];
  readonly counts: EventCounts;
};

/** The bounds that are declared: about 100 MB where all of it is used. */
export const campaignBounds: CampaignBounds = {
  campaigns: 65_536,
  signatures: 65_536,
  domains: 32_768,
};
/** Signatures of one campaign that new texts are compared with. */
export const signaturesPerCampaignMax = 8;
/** A text that agrees more than this with one of them has nothing new to tell. */
export const newSignatureAgreementMax = 47;
/** Domains that may lead to one campaign, over its life. */
export const domainsPerCampaignMax = 64;
/** Domains of one event that are looked at. */
export const domainsPerEventMax = 8;
/** Campaigns whose window has passed that go with each new event. */
const expiredAtOnce = 2;

/** Takes an addition back. Additions are taken back newest first. */
export type TakeBack = () => void;

const none = -1;

/** Which events belong together. */
export class CampaignIndex {
  readonly overMs: number;
  /** Campaigns that had to go before their window had passed, for metrics. */
  evicted = 0;
  readonly #bounds: CampaignBounds;
  readonly #signatures: SignatureTable;
  readonly #domains: DomainTable;
  readonly #places = new Map<string, number>();
  #ids: string[] = [];
  #lastMs: Float64Array = new Float64Array(initialCapacity);
  #older: Int32Array = new Int32Array(initialCapacity);
  #newer: Int32Array = new Int32Array(initialCapacity);
  #domainCounts: Uint8Array = new Uint8Array(initialCapacity);
  #ownSignatures: Int32Array = new Int32Array(initialCapacity * signaturesPerCampaignMax).fill(none);
  readonly #free: number[] = [];
  #oldest: number = none;
  #newest: number = none;
  #nextNumber = 0;
  readonly #words = new Int32Array(signatureWords);

  /** @param overMs the window */
  constructor(overMs: number, bounds: CampaignBounds = campaignBounds) {
    this.overMs = overMs;
    this.#bounds = bounds;
    this.#signatures = new SignatureTable();
    this.#domains = new DomainTable(overMs, bounds.domains);
  }

  /** Campaigns that are remembered. */
  get size(): number {
    return this.#places.size;
  }

  /** Memory, roughly, in bytes. */
  get bytes(): number {
    const perCampaign = 140;
    const perDomain = 250;
    return this.#signatures.bytes + this.size * perCampaign + this.#domains.size * perDomain;
  }

  /**
   * The id of the campaign that an event belongs to: of one that lives, or else the one that it would begin.
   * `undefined` where the event has neither a signature nor a domain that leads anywhere.
   */
  find(event: CampaignEvent): string | undefined {
    return this.#find(event, this.#read(event)).id;
  }

  /** Takes in an event, the next in the order of the log. The result takes that back. */
  add(event: CampaignEvent): TakeBack {
    const hasSignature = this.#read(event);
    const { id, match } = this.#find(event, hasSignature);
    const undos: TakeBack[] = [this.#domains.countEvent(event.atMs)];
    if (id !== undefined) {
      this.#forget(event.atMs, undos);
      const place = this.#join(id, event.atMs, undos);
      if (hasSignature) this.#learn(place, match, undos);
      this.#useDomains(event, id, place, undos);
    } else {
      this.#useDomains(event, undefined, none, undos);
    }
    return () => {
      for (let at = undos.length - 1; at >= 0; at--) (undos[at] as TakeBack)();
    };
  }

  /** All of it as plain data, as it is now, even if campaigns are asked for later. */
  plain(): PlainCampaigns {
    const campaigns = plainCampaigns(this.#oldest, {
      ids: this.#ids.slice(),
      lastMs: this.#lastMs.slice(),
      newer: this.#newer.slice(),
      domains: this.#domainCounts.slice(),
      own: this.#ownSignatures.slice(),
      ...this.#signatures.copy(),
    });
    const { counts } = this.#domains;
    return { nextNumber: this.#nextNumber, campaigns, domains: this.#domains.plain(), counts };
  }

  /** Takes in what {@link plain} gave; there must be none yet. */
  restore({ nextNumber, campaigns, domains, counts }: PlainCampaigns): void {
    const signatures: { place: number; signature: PlainSignature }[] = [];
    for (const campaign of campaigns) {
      const place = this.#insert(campaign.id, campaign.lastMs, campaign.domains, this.#newest);
      for (const signature of campaign.signatures) signatures.push({ place, signature });
    }
    signatures.sort((a, b) => a.signature.number - b.signature.number);
    for (const { place, signature } of signatures) this.#file(place, signature.words, signature.number);
    this.#domains.restore(domains, counts);
    this.#nextNumber = nextNumber;
  }

  #read({ shingles }: CampaignEvent): boolean {
    return shingles !== undefined && decodeSignature(shingles, this.#words, 0);
  }

  #find(
    { domains, atMs }: CampaignEvent,
    hasSignature: boolean,
  ): { id: string | undefined; match: Match | undefined } {
    const lives = (place: number): boolean => atMs - (this.#lastMs[place] as number) < this.overMs;
    const match = hasSignature ? this.#signatures.nearest(this.#words, lives) : undefined;
    if (match !== undefined) return { id: this.#ids[this.#signatures.owner(match.place)], match };
    let leading: string | undefined;
    for (const key of domains.slice(0, domainsPerEventMax)) {
      const id = this.#domains.campaign(key, atMs);
      if (id === undefined) continue;
      const place = this.#places.get(id);
      if (place !== undefined && lives(place)) return { id, match };
      leading ??= key;
    }
    if (hasSignature) return { id: idOf(this.#words), match };
    return { id: leading === undefined ? undefined : idOf(wordsOf(leading)), match };
  }

  #join(id: string, atMs: number, undos: TakeBack[]): number {
    const known = this.#places.get(id);
    if (known === undefined) {
      if (this.size >= this.#bounds.campaigns) this.#evict(undos);
      const place = this.#insert(id, atMs, 0, this.#newest);
      undos.push(() => this.#remove(this.#places.get(id) as number));
      return place;
    }
    const lastMs = this.#lastMs[known] as number;
    const older = this.#older[known] as number;
    const olderId = older === none ? undefined : this.#ids[older];
    this.#unlink(known);
    this.#link(known, this.#newest);
    this.#lastMs[known] = Math.max(lastMs, atMs);
    undos.push(() => {
      this.#unlink(known);
      this.#link(known, olderId === undefined ? none : (this.#places.get(olderId) as number));
      this.#lastMs[known] = lastMs;
    });
    return known;
  }

  /** Keeps the signature that was read last, if later texts may be near it and not near the others. */
  #learn(place: number, match: Match | undefined, undos: TakeBack[]): void {
    const base = place * signaturesPerCampaignMax;
    const first = this.#ownSignatures[base] as number;
    if (this.#ownSignatures[base + signaturesPerCampaignMax - 1] !== none) return;
    if (match !== undefined) {
      if (match.agreement > newSignatureAgreementMax) return;
      if (this.#signatures.agreement(first, this.#words) < joinAgreementMin) return;
    }
    while (this.#signatures.size >= this.#bounds.signatures && this.#oldest !== place) this.#evict(undos);
    const number = this.#nextNumber++;
    const filed = this.#file(place, this.#words, number);
    undos.push(() => {
      this.#signatures.remove(this.#ownSignatures[filed] as number);
      this.#ownSignatures[filed] = none;
      this.#nextNumber = number;
    });
  }

  #useDomains(event: CampaignEvent, id: string | undefined, place: number, undos: TakeBack[]): void {
    const { domains, actor, atMs } = event;
    for (const key of domains.slice(0, domainsPerEventMax)) {
      let leads: string | undefined;
      if (id !== undefined && (this.#domainCounts[place] as number) < domainsPerCampaignMax) {
        const known = this.#domains.campaign(key, atMs);
        if (known !== undefined && known !== id && !this.#lives(known, atMs)) leads = id;
      }
      if (leads !== undefined) {
        this.#domainCounts[place] = (this.#domainCounts[place] as number) + 1;
        undos.push(() => (this.#domainCounts[place] = (this.#domainCounts[place] as number) - 1));
      }
      undos.push(this.#domains.use(key, actor, leads, atMs));
    }
  }

  #lives(id: string, atMs: number): boolean {
    const place = this.#places.get(id);
    return place !== undefined && atMs - (this.#lastMs[place] as number) < this.overMs;
  }

  #forget(atMs: number, undos: TakeBack[]): void {
    for (let gone = 0; gone < expiredAtOnce && this.#oldest !== none; gone++) {
      const age = atMs - (this.#lastMs[this.#oldest] as number);
      if (age < this.overMs + latenessMsMax) return;
      this.#takeOut(this.#oldest, undos);
    }
  }

  #evict(undos: TakeBack[]): void {
    this.evicted += 1;
    undos.push(() => (this.evicted -= 1));
    this.#takeOut(this.#oldest, undos);
  }

  #takeOut(place: number, undos: TakeBack[]): void {
    const { id, lastMs, domains, signatures } = this.#plain(place);
    this.#remove(place);
    undos.push(() => {
      const again = this.#insert(id, lastMs, domains, none);
      for (const { number, words } of signatures) this.#file(again, words, number);
    });
  }

  #plain(place: number): PlainCampaign {
    const signatures: PlainSignature[] = [];
    for (let own = place * signaturesPerCampaignMax; own < (place + 1) * signaturesPerCampaignMax; own++) {
      const signature = this.#ownSignatures[own] as number;
      if (signature === none) break;
      const words = this.#signatures.signature(signature);
      signatures.push({ number: this.#signatures.number(signature), words });
    }
    const id = this.#ids[place] as string;
    const domains = this.#domainCounts[place] as number;
    return { id, lastMs: this.#lastMs[place] as number, domains, signatures };
  }

  #insert(id: string, lastMs: number, domains: number, older: number): number {
    const place = this.#free.pop() ?? this.#ids.length;
    if (place >= this.#lastMs.length) this.#grow();
    this.#ids[place] = id;
    this.#lastMs[place] = lastMs;
    this.#domainCounts[place] = domains;
    this.#places.set(id, place);
    this.#link(place, older);
    return place;
  }

  #remove(place: number): void {
    for (let own = place * signaturesPerCampaignMax; own < (place + 1) * signaturesPerCampaignMax; own++) {
      const signature = this.#ownSignatures[own] as number;
      if (signature === none) break;
      this.#signatures.remove(signature);
      this.#ownSignatures[own] = none;
    }
    this.#unlink(place);
    this.#places.delete(this.#ids[place] as string);
    this.#ids[place] = "";
    this.#free.push(place);
  }

  #file(place: number, words: Int32Array, number: number): number {
    let own = place * signaturesPerCampaignMax;
    while (this.#ownSignatures[own] !== none) own += 1;
    this.#ownSignatures[own] = this.#signatures.add(words, place, number);
    return own;
  }

  #link(place: number, older: number): void {
    const newer = older === none ? this.#oldest : (this.#newer[older] as number);
    this.#older[place] = older;
    this.#newer[place] = newer;
    if (older === none) this.#oldest = place;
    else this.#newer[older] = place;
    if (newer === none) this.#newest = place;
    else this.#older[newer] = place;
  }

  #unlink(place: number): void {
    const [older, newer] = [this.#older[place] as number, this.#newer[place] as number];
    if (older === none) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === none) this.#newest = older;
    else this.#older[newer] = older;
  }

  #grow(): void {
    const capacity = 2 * this.#lastMs.length;
    this.#lastMs = grown(this.#lastMs, new Float64Array(capacity));
    this.#older = grown(this.#older, new Int32Array(capacity));
    this.#newer = grown(this.#newer, new Int32Array(capacity));
    this.#domainCounts = grown(this.#domainCounts, new Uint8Array(capacity));
    const own = new Int32Array(capacity * signaturesPerCampaignMax).fill(none);
    this.#ownSignatures = grown(this.#ownSignatures, own);
  }
}

type Columns = {
  readonly ids: readonly string[];
  readonly lastMs: Float64Array;
  readonly newer: Int32Array;
  readonly domains: Uint8Array;
  readonly own: Int32Array;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
};

function* plainCampaigns(oldest: number, columns: Columns): Generator<PlainCampaign> {
  const { ids, lastMs, newer, domains, own, words, numbers } = columns;
  for (let place = oldest; place !== none; place = newer[place] as number) {
    const signatures: PlainSignature[] = [];
    const base = place * signaturesPerCampaignMax;
    for (const filed of own.subarray(base, base + signaturesPerCampaignMax)) {
      if (filed === none) break;
      const at = filed * signatureWords;
      signatures.push({ number: numbers[filed] as number, words: words.slice(at, at + signatureWords) });
    }
    yield {
      id: ids[place] as string,
      lastMs: lastMs[place] as number,
      domains: domains[place] as number,
      signatures,
    };
  }
}

const initialCapacity = 64;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const units = new Uint16Array(2 * signatureWords);

/** A campaign's id, from what began it: keyed hashes already, of which 96 bits are enough. */
function idOf(words: Int32Array): string {
  for (let at = 0; at < words.length; at++) {
    units[2 * at] = words[at] as number;
    units[2 * at + 1] = (words[at] as number) >>> 16;
  }
  let id = "c_";
  for (let part = 0; part < 4; part++) {
    let hash = halfSipUnits(units, 0, 2 * words.length, 0x63616d70 + part, 0x6169676e);
    for (let place = 0; place < 4; place++) {
      id += alphabet[hash & 63];
      hash >>>= 6;
    }
  }
  return id;
}

function wordsOf(key: string): Int32Array {
  return Int32Array.from({ length: signatureWords }, (_, at) =>
    at < key.length ? key.charCodeAt(at) : none,
  );
}

function grown<Numbers extends { set(from: Numbers): void }>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
