// SPDX-License-Identifier: Apache-2.0
// Refusals as records. Whoever is refused can come again as often as they like, so refusals are gathered: in
// each window the first of a kind about a person is sealed before it is answered, the rest as one record with
// their number when the window ends. Whatever comes, a window has at most {@link refusalRecordsMax} records.
import type { BodyWithoutParts } from "@docket/protocol";

/** How long refusals are gathered, in ms: ten minutes. A crash loses the counts of one window. */
export const windowMs = 600_000;
/** Groups about a person in one window; the rest are gathered without saying about whom. */
const personGroupsMax = 16;
/** By what somebody can be refused. */
export type RefusalMethod = "password" | "token" | "totp" | "oidc" | "session" | "key";
const methodsCount = 6;
/** Most records of one window: two for each group; locks are groups of their own. */
export const refusalRecordsMax: number = 2 * (personGroupsMax + 2 * methodsCount);
/** Addresses that are told of one group, the first that came. */
const addressesMax = 10;

/** Somebody who was refused. */
export type Refusal = {
  readonly method: RefusalMethod;
  /** Whether so many were refused that attempts wait. */
  readonly locked?: boolean;
  /** About whom, where that is known. */
  readonly person?: string | undefined;
  readonly address: string;
};

/** What gathering leans on. */
export type RefusalPorts = {
  /** Seals a record with what else is known of it. */
  readonly seal: (body: BodyWithoutParts, more: object) => Promise<unknown>;
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Told of what could not be sealed. It is counted with what comes later. */
  readonly onFault: (error: unknown) => void;
};

type Group = { refusal: Refusal; count: number; addresses: Map<string, number> };

/** Gathers refusals and seals them. */
export class Refusals {
  readonly #ports: RefusalPorts;
  #groups = new Map<string, Group>();
  #personGroups = 0;
  #stopTimer: (() => void) | undefined;

  constructor(ports: RefusalPorts) {
    this.#ports = ports;
  }

  /** Notes a refusal. Resolves when it is sealed, or counted. Never rejects: it is refused in any case. */
  async note(refusal: Refusal): Promise<void> {
    const key = keyOf(refusal);
    const isRoom = this.#groups.has(key) || this.#personGroups < personGroupsMax;
    const person = isRoom ? refusal.person : undefined;
    const known = this.#groups.get(keyOf({ ...refusal, person }));
    if (known !== undefined) {
      count(known, refusal.address);
      return;
    }
    const group: Group = { refusal: { ...refusal, person }, count: 0, addresses: new Map() };
    this.#groups.set(keyOf({ ...refusal, person }), group);
    if (person !== undefined) this.#personGroups += 1;
    this.#stopTimer ??= this.#ports.timer(windowMs, () => void this.flush());
    const said = bodyOf(group.refusal, undefined);
    await this.#ports.seal(said, { addresses: { [refusal.address]: 1 } }).catch((error: unknown) => {
      count(group, refusal.address);
      this.#ports.onFault(error);
    });
  }

  /** Ends the window: seals what was counted. Never rejects. */
  async flush(): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const groups = [...this.#groups.values()];
    this.#groups = new Map();
    this.#personGroups = 0;
    for (const { refusal, count: times, addresses } of groups) {
      if (times === 0) continue;
      const sealed = this.#ports.seal(bodyOf(refusal, times), { addresses: Object.fromEntries(addresses) });
      await sealed.catch((error: unknown) => this.#ports.onFault(error));
    }
  }
}

function keyOf({ method, locked, person }: Omit<Refusal, "address">): string {
  return `${method} ${locked === true ? "locked" : ""} ${person ?? ""}`;
}

function count(group: Group, address: string): void {
  group.count += 1;
  const known = group.addresses.get(address);
  if (known !== undefined || group.addresses.size < addressesMax)
    group.addresses.set(address, (known ?? 0) + 1);
}

function bodyOf({ method, locked, person }: Refusal, times: number | undefined): BodyWithoutParts {
  return {
    kind: "sign-in",
    by: "docket",
    change: locked === true ? "locked" : "refused",
    ...(person === undefined ? {} : { person }),
    method,
    ...(times === undefined ? {} : { count: times }),
  };
}
