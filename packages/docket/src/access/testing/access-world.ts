// SPDX-License-Identifier: Apache-2.0
// Who comes in, for tests without a site: people in memory, records as they were sealed, a clock that the
// test moves, and timers that run when it says.
import { createSecretKey, randomBytes } from "node:crypto";
import { encodeBody } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import { accessDefaults } from "../config.ts";
import type { AccessConfig } from "../config.ts";
import type { ApiKeyRow } from "../api-keys.ts";
import { KeyDesk } from "../key-desk.ts";
import type { OidcSignIn } from "../oidc.ts";
import type { HashCost } from "../passwords.ts";
import type { People } from "../people.ts";
import type { Refusals } from "../refusals.ts";
import { accessSecrets } from "../secrets.ts";
import { openSiteAccess } from "../site-access.ts";
import type { SiteAccess } from "../site-access.ts";
import { MemoryPeople, peopleLater } from "./memory-people.ts";

/** A hash that costs next to nothing. */
export const cheapHash: HashCost = { memory: 64, passes: 1, parallelism: 1 };
/** Who does things in these tests. */
export const operator = { by: "operator", role: "operator" } as const;

/** A record that was sealed. */
export type SealedRecord = { body: BodyWithoutParts; more: Record<string, unknown> };

/** Who comes in. */
export class AccessWorld {
  readonly store = new MemoryPeople();
  readonly sealed: SealedRecord[] = [];
  readonly notices: string[] = [];
  /** What the log said last of people. */
  readonly logged = new Map<string, readonly string[] | null>();
  readonly keys: ApiKeyRow[] = [];
  nowMs = Date.UTC(2026, 10, 23, 12);
  /** Thrown by sealing, where the log takes nothing in. */
  fault: Error | undefined;
  readonly secrets = accessSecrets(createSecretKey(Buffer.alloc(32, 7)));
  access: SiteAccess;
  #timers: { atMs: number; run: () => void }[] = [];

  constructor(
    config: Partial<AccessConfig> = {},
    oidc?: (people: People, refusals: Refusals) => OidcSignIn,
    hashCost: HashCost = cheapHash,
  ) {
    this.access = openSiteAccess({
      store: peopleLater(this.store),
      keys: new KeyDesk({
        store: {
          insert: async () => undefined,
          list: async () => this.keys,
          rotate: async () => false,
          revoke: async () => false,
        },
        random: randomBytes,
        clock: () => this.nowMs,
      }),
      keyFeed: {
        refresh: async () => undefined,
        markSealed: async () => undefined,
        markUsed: async () => undefined,
        close: async () => undefined,
      },
      logged: async () => this.logged,
      seal: async (body, more) => {
        if (this.fault !== undefined) throw this.fault;
        encodeBody(body);
        this.sealed.push({ body, more: more as Record<string, unknown> });
        return { index: this.sealed.length - 1 };
      },
      secrets: this.secrets,
      config: { ...accessDefaults, ...config },
      random: randomBytes,
      clock: () => this.nowMs,
      timer: (ms, run) => {
        const timer = { atMs: this.nowMs + ms, run };
        this.#timers.push(timer);
        return () => void (this.#timers = this.#timers.filter((each) => each !== timer));
      },
      onNotice: (notice) => void this.notices.push(notice),
      issuer: "docket-test/main",
      oidc,
      hashCost,
    });
  }

  /** Lets time pass, and what is due happen. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.nowMs);
    for (const { run } of due) run();
    // What they began goes on over a few turns.
    for (let turn = 0; turn < 40; turn++) await Promise.resolve();
  }

  /** Adds a person who has this password. */
  async person(name: string, password: string, ...roles: string[]): Promise<string> {
    const { people, signIn } = this.access;
    const { id, token } = await people.add(operator, { name, roles });
    const { signedIn } = await signIn.signIn(
      { name, token, newPassword: password },
      { address: "192.0.2.99" },
    );
    await people.signOut(signedIn, true);
    return id;
  }

  /** The records of a kind, newest last. */
  records(kind: string): BodyWithoutParts[] {
    return this.sealed.map(({ body }) => body).filter((body) => body.kind === kind);
  }
}
