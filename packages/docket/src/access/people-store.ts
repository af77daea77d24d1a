// SPDX-License-Identifier: Apache-2.0
// What is kept of people beside the log: how they prove who they are, and their sessions. That somebody was
// added, changed or removed, and came in, is in the log; this file lost means that people are added anew.

/** A person as they are kept. Times are in ms since 1970. */
export type PersonRow = {
  /** Public id, `p_…`: what records say. */
  id: string;
  /** By which they sign in; of `oidc`, what the provider calls them. */
  name: string;
  /** Roles by name. A later version may have written one that this version does not know. */
  roles: readonly string[];
  /** Where they prove who they are: here, or at the OpenID provider. */
  source: "local" | "oidc";
  /** Of `oidc`: issuer and subject, joined by a space. */
  subject: string | null;
  /** How their password is kept (passwords.ts); `null` before there is one. */
  password: string | null;
  /** SHA-256 of the token with which they set a password, once, and until when. */
  tokenHash: string | null;
  tokenUntilMs: number | null;
  /** The sealed secret of the second factor; one that is not confirmed yet. */
  factor: string | null;
  pendingFactor: string | null;
  /** Codes of this time step and earlier ones are used up. */
  usedStep: number;
  createdMs: number;
};

/** A session as it is kept. */
export type SessionRow = {
  /** Public id, `s_…`. */
  id: string;
  /** SHA-256 of its token, base64url. */
  tokenHash: string;
  person: string;
  /** By what they came in: `password`, `oidc`. */
  method: string;
  /** Whether a second factor was shown. */
  factor: boolean;
  createdMs: number;
  /** When it was last used, to the minute. */
  seenMs: number;
  /** When it ends at the latest. */
  endsMs: number;
};

/** What an operator at the command line wants done by the server that holds the log. */
export type PersonWish =
  | {
      act: "add";
      id: string;
      name: string;
      roles: readonly string[];
      tokenHash: string;
      tokenUntilMs: number;
    }
  | { act: "change"; id: string; roles: readonly string[] }
  | { act: "remove"; id: string }
  | { act: "token"; id: string; tokenHash: string; tokenUntilMs: number }
  | { act: "dropFactor"; id: string }
  | { act: "endSessions"; id: string };

/** A wish that waits. */
export type WaitingWish = { seq: number; wish: PersonWish };

/**
 * Keeps the people of one site. When a method that writes returns, what it wrote survives power loss. The
 * command line writes wishes while a server runs; all else is written by the server alone.
 */
export interface PeopleStore {
  /** All people, oldest first. */
  list(): PersonRow[];
  /**
   * Adds a person, or puts this row in the place of theirs. Throws if another has the key of the name (
   * {@link nameKey} of person-name.ts) or the subject.
   */
  put(person: PersonRow, nameKey: string): void;
  /** Removes a person with all that is kept of them, sessions too. */
  remove(id: string): void;
  /** Uses a time step of a second factor up. Says whether it and all later ones were unused. */
  useStep(id: string, step: number): boolean;
  /** Puts these hashes in the place of a person's recovery codes. */
  setRecoveryCodes(id: string, hashes: readonly string[]): void;
  /** Uses a recovery code up. Says whether there was one. */
  useRecoveryCode(id: string, hash: string): boolean;
  recoveryCodesLeft(id: string): number;
  /** All sessions, oldest first. */
  sessions(): SessionRow[];
  addSession(session: SessionRow): void;
  /** Notes that a session was used. */
  touchSession(id: string, seenMs: number): void;
  endSession(id: string): void;
  /** Leaves a wish. @returns its number */
  wish(wish: PersonWish): number;
  /** Wishes that wait, oldest first. */
  wishes(): WaitingWish[];
  /** Forgets a wish that was done. */
  dropWish(seq: number): void;
  close(): void;
}
