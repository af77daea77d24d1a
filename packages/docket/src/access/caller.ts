// SPDX-License-Identifier: Apache-2.0
// Who sends a request: an app with an API key, or a person with a session. Both are the same to all that
// asks what they may do (permissions.ts) and who did something (`by` of records).
import { roles } from "./permissions.ts";
import type { Action, Role } from "./permissions.ts";

/** Who sends a request. */
export type Caller = {
  /** What records say: `k_…` for an API key, `p_…` for a person. */
  readonly id: string;
  /** The strongest of the roles: what records say where they name one. */
  readonly role: Role;
  /** All roles, weakest first; an API key has one. */
  readonly roles: readonly Role[];
  /** The actions that an API key is limited to, of those of its role; all of them if left out. */
  readonly scopes?: readonly Action[];
  /** How the caller proved who they are. */
  readonly via: "key" | "session";
};

/** The caller with an API key. */
export function keyCaller(id: string, role: Role, scopes?: readonly Action[]): Caller {
  return { id, role, roles: [role], ...(scopes === undefined ? {} : { scopes }), via: "key" };
}

/** The caller with a person's session; `undefined` for somebody who has no role. */
export function personCaller(id: string, held: readonly Role[]): Caller | undefined {
  const ordered = roles.filter((role) => held.includes(role));
  const role = ordered.at(-1);
  return role === undefined ? undefined : { id, role, roles: ordered, via: "session" };
}
