// SPDX-License-Identifier: Apache-2.0
// Everything about who comes in, as one: people, their ways in, the gathering of refusals, and the keys of
// apps. What HTTP and the command line are handed.
import type { BodyWithoutParts } from "@docket/protocol";
import type { ApiKeyFeed } from "./authenticator.ts";
import type { AccessConfig } from "./config.ts";
import type { KeyDesk } from "./key-desk.ts";
import { PasswordHasher } from "./passwords.ts";
import type { HashCost } from "./passwords.ts";
import type { Later } from "./later.ts";
import type { OidcSignIn } from "./oidc.ts";
import type { PeopleStore } from "./people-store.ts";
import { People } from "./people.ts";
import { Refusals } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";
import type { AccessSecrets, RandomBytes } from "./secrets.ts";
import { SignIn } from "./sign-in.ts";

/** What access leans on. */
export type SiteAccessPorts = {
  readonly store: Later<Omit<PeopleStore, "close">>;
  readonly keys: KeyDesk;
  /** The keys as an authenticator asks for them. */
  readonly keyFeed: ApiKeyFeed;
  /** What the log said last of people: their roles, or `null` of somebody who was removed. */
  readonly logged: () => Promise<ReadonlyMap<string, readonly string[] | null>>;
  /** Seals a record with what else is said of it, readable with the site's key; resolves when durable. */
  readonly seal: (body: BodyWithoutParts, more: object) => Promise<{ readonly index: number }>;
  readonly secrets: AccessSecrets;
  readonly config: AccessConfig;
  readonly random: RandomBytes;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onNotice: (notice: string) => void;
  /** The log's origin, which authenticator apps show. */
  readonly issuer: string;
  /** Signing in at a provider, where one is configured. */
  readonly oidc?: ((people: People, refusals: Refusals) => OidcSignIn) | undefined;
  /** What hashes cost, for tests. */
  readonly hashCost?: HashCost | undefined;
};

/** Who comes in at a site. */
export type SiteAccess = {
  readonly people: People;
  readonly signIn: SignIn;
  readonly oidc: OidcSignIn | undefined;
  readonly keys: KeyDesk;
  readonly keyFeed: ApiKeyFeed;
  readonly config: AccessConfig;
  /** Notes that somebody was refused. Never rejects. */
  refused(refusal: Refusal): Promise<void>;
  /** People may come in from now on. */
  start(): Promise<void>;
  close(): Promise<void>;
};

/** Opens who comes in at a site. Nothing is read before {@link SiteAccess.start}. */
export function openSiteAccess(ports: SiteAccessPorts): SiteAccess {
  const { store, logged, seal, secrets, config, random, clock, timer, onNotice, issuer } = ports;
  const people = new People({ store, logged, seal, config, random, clock, timer, onNotice });
  const onFault = (error: unknown): void =>
    onNotice(`a refused sign-in could not be sealed yet: ${(error as Error).message}`);
  const refusals = new Refusals({ seal, timer, onFault });
  const hasher = new PasswordHasher(secrets.password, random, ports.hashCost);
  return {
    people,
    signIn: new SignIn({ people, store, hasher, refusals, secrets, random, clock, issuer }),
    oidc: ports.oidc?.(people, refusals),
    keys: ports.keys,
    keyFeed: ports.keyFeed,
    config,
    refused: (refusal) => refusals.note(refusal),
    start: () => people.start(),
    close: async () => {
      await people.close();
      await refusals.flush();
    },
  };
}
