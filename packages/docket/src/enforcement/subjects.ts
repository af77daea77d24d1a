// SPDX-License-Identifier: Apache-2.0
// Restrictions on what is no actor: networks, devices, hosts of mail, domains, texts. Records show keyed
// hashes of them only; which values are restricted now is kept in memory, from the sealed parts of the
// measures, so that an event is looked at only where it can matter.
import type { KeyObject } from "node:crypto";
import {
  computeSignals,
  formatNetwork,
  isEntryProblem,
  masked,
  parseAddress,
  parseNetwork,
  readListValue,
} from "@docket/policy";
import type { BeyondActor, Signals } from "@docket/policy";
import type { Event } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { keyedHash } from "../evidence/keyed-hash.ts";

/** The widest networks that may be restricted, in bits of the prefix. */
export const prefixMin4 = 8;
export const prefixMin6 = 16;
/** Longest restriction on what is no actor, in milliseconds. */
export const beyondForMsMax: number = 180 * 86_400_000;
/** Most subjects beside actors that are restricted at a time. */
export const subjectsMax = 10_000;
const subjectHashBytes = 16;

/** A value that a restriction is on, in its one form, and the key that records show. */
export type NamedSubject = { readonly kind: BeyondActor; readonly value: string; readonly subject: string };

/**
 * The key of a value.
 *
 * @throws {DocketError} `act_refused` if it is no such value, or a network that is too wide
 */
export function namedSubject(kind: BeyondActor, text: string, hashing: KeyObject): NamedSubject {
  const value = canonicalValue(kind, text.trim());
  return { kind, value, subject: subjectKey(kind, value, hashing) };
}

/** The values that restrictions are on now; looks events up. */
export class SubjectRegistry {
  readonly #hashing: KeyObject;
  readonly #named = new Map<string, NamedSubject>();
  /** By kind, what is looked up; of networks by the length of their prefix, IPv6 from 1000 on. */
  readonly #prefixes = new Map<number, Set<string>>();
  readonly #values = new Map<BeyondActor, Map<string, string>>();

  constructor(hashing: KeyObject) {
    this.#hashing = hashing;
  }

  /** How many there are. */
  get size(): number {
    return this.#named.size;
  }

  /** All of them. */
  all(): NamedSubject[] {
    return [...this.#named.values()];
  }

  /** What a key stands for, where that is known. */
  named(subject: string): NamedSubject | undefined {
    return this.#named.get(subject);
  }

  /**
   * Adds one; the result takes it away, unless it was there before.
   *
   * @throws {DocketError} `act_refused` if there are too many
   */
  add(named: NamedSubject): () => void {
    if (this.#named.has(named.subject)) return () => undefined;
    if (this.#named.size >= subjectsMax) {
      throw new DocketError(
        "act_refused",
        `${subjectsMax} networks, devices and so on are restricted already; a list of the policy takes more`,
      );
    }
    this.#named.set(named.subject, named);
    if (named.kind === "network") {
      const length = prefixOf(named.value);
      const known = this.#prefixes.get(length) ?? new Set();
      this.#prefixes.set(length, known.add(named.value));
    } else {
      const known = this.#values.get(named.kind) ?? new Map<string, string>();
      this.#values.set(named.kind, known.set(named.value, named.subject));
    }
    return () => this.remove(named.subject);
  }

  /** Takes one away. */
  remove(subject: string): void {
    const named = this.#named.get(subject);
    if (named === undefined) return;
    this.#named.delete(subject);
    if (named.kind !== "network") {
      this.#values.get(named.kind)?.delete(named.value);
      return;
    }
    const length = prefixOf(named.value);
    const known = this.#prefixes.get(length);
    known?.delete(named.value);
    if (known?.size === 0) this.#prefixes.delete(length);
  }

  /** Which of them an event comes with, each once, in a fixed order. */
  of(event: Event, signals: Signals): readonly { subject: string; kind: BeyondActor }[] {
    const found: { subject: string; kind: BeyondActor }[] = [];
    const { ip, email } = event.actor;
    if (ip !== undefined && this.#prefixes.size > 0) {
      for (const network of this.#networksOf(ip)) {
        found.push({ subject: subjectKey("network", network, this.#hashing), kind: "network" });
      }
    }
    this.#look("device", [event.fields?.["device"]], found);
    this.#look("emailHost", [email?.slice(email.lastIndexOf("@") + 1).toLowerCase()], found);
    this.#look("domain", signals["domains"], found);
    this.#look("fingerprint", [signals["fingerprint"]], found);
    return found;
  }

  /** Whether an event comes with something, restricted or not. */
  covers(named: NamedSubject, event: Event, signals: Signals): boolean {
    const one = new SubjectRegistry(this.#hashing);
    one.add(named);
    return one.of(event, signals).length > 0;
  }

  #networksOf(ip: string): string[] {
    const address = parseAddress(ip);
    if (address === undefined) return [];
    const family = address.length === 4 ? 0 : family6;
    const networks: string[] = [];
    for (const [length, values] of this.#prefixes) {
      const prefix = length - family;
      if (prefix < 0 || prefix > address.length * 8) continue;
      const network = formatNetwork({ address: masked(address, prefix), prefix });
      if (values.has(network)) networks.push(network);
    }
    return networks.sort();
  }

  #look(kind: BeyondActor, values: unknown, found: { subject: string; kind: BeyondActor }[]): void {
    const known = this.#values.get(kind);
    if (known === undefined || known.size === 0 || !Array.isArray(values)) return;
    for (const value of new Set(values)) {
      const subject = typeof value === "string" ? known.get(value) : undefined;
      if (subject !== undefined) found.push({ subject, kind });
    }
  }
}

const family6 = 1000;

function prefixOf(network: string): number {
  const parsed = parseNetwork(network);
  if (typeof parsed === "string") throw new Error(`${network} was a network when it was restricted`);
  return parsed.prefix + (parsed.address.length === 4 ? 0 : family6);
}

function subjectKey(kind: BeyondActor, value: string, hashing: KeyObject): string {
  const hash = keyedHash(hashing, `restricted ${kind}`, value).subarray(0, subjectHashBytes);
  return `s_${hash.toString("base64url")}`;
}

function canonicalValue(kind: BeyondActor, text: string): string {
  if (kind === "network") return canonicalNetwork(text);
  if (kind === "domain" || kind === "emailHost") return canonicalHost(kind, text);
  if (text === "" || text.length > 4096) throw refused("a device or fingerprint has 1 to 4,096 characters");
  return text;
}

// What events are looked up by is the registrable domain of each link, and the host after an address's sign.
function canonicalHost(kind: "domain" | "emailHost", text: string): string {
  const read = readListValue(kind, text);
  if (isEntryProblem(read)) throw refused(`${JSON.stringify(text)}: ${read.message}`);
  const { value } = read;
  if (value.startsWith("*.")) throw refused(`${value}: write a host without a star`);
  if (kind === "emailHost") return value;
  const { domains } = computeSignals({ text: `https://${value}/` }, { fingerprint: () => "" });
  const [registrable] = Array.isArray(domains) ? domains : [];
  if (registrable === value) return value;
  throw refused(`${value} is no domain by itself; restrict ${registrable ?? "a registrable domain"}`);
}

function canonicalNetwork(text: string): string {
  const network = parseNetwork(text);
  if (typeof network === "string") throw refused(`${JSON.stringify(text)} is no network: ${network}`);
  const least = network.address.length === 4 ? prefixMin4 : prefixMin6;
  if (network.prefix < least) {
    throw refused(`${text} is too wide: the prefix has at least ${least} bits`);
  }
  return formatNetwork(network);
}

function refused(message: string): DocketError {
  return new DocketError("act_refused", message);
}
