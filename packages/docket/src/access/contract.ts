// SPDX-License-Identifier: Apache-2.0
// What HTTP and the command line see of people.
import type { Caller } from "./caller.ts";
import type { PersonRow, SessionRow } from "./people-store.ts";

/** Who does something with people or keys. */
export type AccessAuthor = { readonly by: string; readonly role: string };

/** A person as administrators see them. Times are RFC 3339. */
export type PersonView = {
  id: string;
  name: string;
  roles: readonly string[];
  source: "local" | "oidc";
  /** Whether they have set a password, and have a second factor. */
  password: boolean;
  factor: boolean;
  /** Until when the token counts with which they can set a password. */
  tokenUntil: string | null;
  createdAt: string;
  sessions: number;
};

/** A session as its holder and administrators see it. Times are RFC 3339. */
export type SessionView = {
  id: string;
  person: string;
  name: string;
  method: string;
  factor: boolean;
  createdAt: string;
  seenAt: string;
  endsAt: string;
};

/** A person's token for setting a password, shown once. */
export type PersonToken = { id: string; name: string; token: string; until: string; index: number };

/** Somebody who is signed in. */
export type SignedIn = {
  readonly session: SessionRow;
  readonly person: PersonRow;
  /** What they may do; `undefined` for somebody without a role, or whose second factor is wanted first. */
  readonly caller: Caller | undefined;
  /** Whether they must set up a second factor before they may do anything. */
  readonly factorWanted: boolean;
};

/** A session that has just begun, with its token, which is kept nowhere. */
export type NewSession = { readonly token: string; readonly signedIn: SignedIn };

/** Where a request comes from. */
export type From = { readonly address: string };
