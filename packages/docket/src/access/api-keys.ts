// SPDX-License-Identifier: Apache-2.0
// API keys: how they are made and kept. A key is 256 random bits, so one round of SHA-256 hides it for good:
// there is nothing to guess that a slower hash would protect. The public id is what records say (`by`).
//
//     key = "dk_" 43 base64url characters        shown once, never kept
//     id  = "k_"  16 base64url characters        random too, not derived from the key
import { createHash } from "node:crypto";
import { DocketError } from "../error.ts";
import { isAction, isRole, permissions, roles } from "./permissions.ts";
import type { Action, Role } from "./permissions.ts";

/** Random bytes of a key. */
export const keyBytes = 32;
/** Random bytes of a key's public id. */
export const keyIdBytes = 12;
/** Longest label of a key, in characters. */
export const keyLabelLengthMax = 200;
/** Shortest and longest life of a key that ends by itself, in ms: a minute, and ten years. */
export const keyLifeMsMin = 60_000;
export const keyLifeMsMax: number = 3652 * 86_400_000;
/** How long a key goes on after another took its place, in ms: a day if nothing is said, 30 days at most. */
export const overlapMsDefault = 86_400_000;
export const overlapMsMax: number = 30 * 86_400_000;

/** A key as it is kept. Times are in ms since 1970. */
export type ApiKeyRow = {
  /** Public id, `k_…`. */
  id: string;
  /** SHA-256 of the key's text, base64url. */
  hash: string;
  /** The role's name. A later version may have written one that this version does not know. */
  role: string;
  label: string | null;
  createdMs: number;
  revokedMs: number | null;
  /** Whether the log has the record of the creation, and of the revocation. */
  creationSealed: boolean;
  revocationSealed: boolean;
  /** Actions that it is limited to, of those of its role; `null` if it is not. */
  scopes: readonly string[] | null;
  /** When it ends by itself; `null` if it does not. */
  untilMs: number | null;
  /** The key in whose place it was made. */
  from: string | null;
  /** Of one whose place another took: when it ends, and is revoked. */
  replacedMs: number | null;
  /** Who made and who revoked it: `operator`, a key, a person. */
  createdBy: string;
  revokedBy: string;
  /** When it was last used, to the hour; `null` if that was never. */
  usedMs: number | null;
};

/** A key that is added. */
export type NewApiKey = Pick<
  ApiKeyRow,
  "id" | "hash" | "role" | "label" | "createdMs" | "scopes" | "untilMs" | "from" | "createdBy"
>;

/** A creation or revocation of which the log has no record yet. */
export type AccessChange = {
  change: "created" | "rotated" | "revoked";
  id: string;
  role: string;
  by: string;
  scopes?: readonly string[];
  from?: string;
  untilMs?: number;
};

/**
 * Keeps the API keys of one site. When a method that writes returns, what it wrote survives power loss.
 * Several processes may use one store at once: each sees what the others wrote the next time it asks.
 */
export interface ApiKeyStore {
  /** Adds a key that is neither revoked nor sealed. Throws if there is one with its id or hash. */
  insert(key: NewApiKey): void;
  /**
   * Adds a key in the place of one that is revoked at a later time. Says whether that one was in force, and
   * none had its place yet; if not, nothing changes.
   */
  rotate(key: NewApiKey & { from: string }, oldEndsMs: number): boolean;
  /** All keys, revoked ones too, oldest first. */
  list(): ApiKeyRow[];
  /**
   * Revokes a key. Says whether there was one with this id that was not revoked; the earlier time stays
   * otherwise.
   */
  revoke(id: string, nowMs: number, by: string): boolean;
  /**
   * What the log has no record of yet, in the order in which records must follow: of one key, creation first.
   * Revocations that are to come are not among it.
   */
  unsealed(nowMs: number): AccessChange[];
  /** Notes that the log has a durable record of a change. Noting it again changes nothing. */
  markSealed(change: AccessChange): void;
  /** Notes when a key was last used, as coarsely as is told. An earlier time changes nothing. */
  markUsed(id: string, usedMs: number): void;
  /** A number that differs from the last one whenever anybody changed the store in between. */
  version(): number;
  close(): void;
}

/** A key that was just made. `key` is shown once and is nowhere kept. */
export type CreatedApiKey = {
  id: string;
  key: string;
  role: Role;
  label: string | null;
  /** Actions that it is limited to. */
  scopes?: readonly Action[];
  /** When it ends, RFC 3339. */
  until?: string;
  /** The key in whose place it is, and when that one ends. */
  from?: string;
  oldEndsAt?: string;
};

/** What a key is wished to be. Times are in ms. */
export type ApiKeyWish = {
  role: string;
  label?: string | undefined;
  /** Actions that it is limited to; of those of its role. */
  scopes?: readonly string[] | undefined;
  /** It ends by itself after so long. */
  forMs?: number | undefined;
  /** Who makes it (default: the operator). */
  by?: string | undefined;
};

/**
 * Makes an API key. It works once the server that holds the log has sealed a record of it.
 *
 * @param random gives that many bytes from a cryptographic source
 * @throws {DocketError} `usage` for an unknown role, a label that is too long, a scope that the role lacks
 */
export function createApiKey(
  store: Pick<ApiKeyStore, "insert">,
  wish: ApiKeyWish,
  nowMs: number,
  random: (bytes: number) => Uint8Array,
): CreatedApiKey {
  const { made, row } = newKey(wish, nowMs, random);
  store.insert(row);
  return made;
}

/** The row of a key that {@link createApiKey} would add, and what is told of it. */
export function newKey(
  wish: ApiKeyWish & { from?: string | undefined; untilMs?: number | null | undefined },
  nowMs: number,
  random: (bytes: number) => Uint8Array,
): { made: CreatedApiKey; row: NewApiKey } {
  const { role, label = null, by = "operator", from = null } = wish;
  if (!isRole(role)) {
    throw new DocketError(
      "usage",
      `${JSON.stringify(role)} is not a role; choose one of ${roles.join(", ")}`,
    );
  }
  if (label !== null && (label.length === 0 || label.length > keyLabelLengthMax)) {
    throw new DocketError(
      "usage",
      `a label has 1 to ${keyLabelLengthMax} characters, this one ${label.length}`,
    );
  }
  const scopes = readScopes(role, wish.scopes);
  const untilMs = wish.forMs === undefined ? (wish.untilMs ?? null) : nowMs + checkLife(wish.forMs);
  const key = `dk_${Buffer.from(random(keyBytes)).toString("base64url")}`;
  const id = `k_${Buffer.from(random(keyIdBytes)).toString("base64url")}`;
  const row = { id, hash: hashOfKey(key), role, label, createdMs: nowMs, scopes, untilMs, from };
  const made = {
    id,
    key,
    role,
    label,
    ...(scopes === null ? {} : { scopes }),
    ...(untilMs === null ? {} : { until: new Date(untilMs).toISOString() }),
  };
  return { made, row: { ...row, createdBy: by } };
}

function readScopes(role: Role, wished: readonly string[] | undefined): readonly Action[] | null {
  if (wished === undefined) return null;
  const names = [...new Set(wished)];
  const scopes = names.filter(isAction);
  const strange = names.find((name) => !isAction(name) || !permissions[name].includes(role));
  if (strange !== undefined || scopes.length === 0) {
    const own = (Object.keys(permissions) as Action[]).filter((each) => permissions[each].includes(role));
    const what = strange === undefined ? "scopes name actions" : `${JSON.stringify(strange)} is no scope`;
    throw new DocketError("usage", `${what}; a key of role ${role} has of ${own.join(", ")}`);
  }
  return scopes;
}

function checkLife(forMs: number): number {
  if (Number.isSafeInteger(forMs) && forMs >= keyLifeMsMin && forMs <= keyLifeMsMax) return forMs;
  throw new DocketError("usage", "a key ends after a minute to ten years, or not by itself");
}

/**
 * Makes a key with the rights of another in its place. The other goes on for a while, so that whoever uses it
 * can change over.
 *
 * @param wish how long the other goes on; when the new one ends, if not when the other would have
 * @throws {DocketError} `not_found` if the other is not in force
 */
export function rotateApiKey(
  store: Pick<ApiKeyStore, "rotate" | "list">,
  id: string,
  wish: { overlapMs?: number | undefined; forMs?: number | undefined; by?: string | undefined },
  nowMs: number,
  random: (bytes: number) => Uint8Array,
): CreatedApiKey {
  const { row, made, oldEndsMs } = rotatedKey(store.list(), id, wish, nowMs, random);
  if (!store.rotate(row, oldEndsMs)) throw notInForce(id);
  return made;
}

/** The row of a key that {@link rotateApiKey} would add, and what is told of it. */
export function rotatedKey(
  keys: readonly ApiKeyRow[],
  id: string,
  wish: { overlapMs?: number | undefined; forMs?: number | undefined; by?: string | undefined },
  nowMs: number,
  random: (bytes: number) => Uint8Array,
): { made: CreatedApiKey; row: NewApiKey & { from: string }; oldEndsMs: number } {
  const { overlapMs = overlapMsDefault, forMs, by } = wish;
  if (!Number.isSafeInteger(overlapMs) || overlapMs < 0 || overlapMs > overlapMsMax) {
    throw new DocketError("usage", "the old key goes on for 0 to 30 days");
  }
  const old = keys.find((each) => each.id === id);
  const isOver = old === undefined || old.revokedMs !== null || old.replacedMs !== null;
  if (isOver || (old.untilMs ?? Infinity) <= nowMs) throw notInForce(id);
  const { role, label, scopes, untilMs } = old;
  const same = { role, label: label ?? undefined, scopes: scopes ?? undefined, untilMs };
  const { row, made } = newKey({ ...same, forMs, from: id, by }, nowMs, random);
  const oldEndsMs = nowMs + overlapMs;
  const told = { ...made, from: id, oldEndsAt: new Date(oldEndsMs).toISOString() };
  return { made: told, row: { ...row, from: id }, oldEndsMs };
}

/**
 * Revokes an API key. A server that runs refuses it within a second or two.
 *
 * @throws {DocketError} `not_found` if there is no such key, or it is revoked already
 */
export function revokeApiKey(
  store: Pick<ApiKeyStore, "revoke">,
  id: string,
  nowMs: number,
  by = "operator",
): void {
  if (!store.revoke(id, nowMs, by)) throw notInForce(id);
}

/** What is thrown of a key that is not in force. */
export function notInForce(id: string): DocketError {
  return new DocketError(
    "not_found",
    `there is no key ${JSON.stringify(id)} in force; see \`docket apikey list\``,
  );
}

/** Whether a text has the form of a key. */
export function isApiKey(text: string): boolean {
  return /^dk_[A-Za-z0-9_-]{43}$/.test(text);
}

/**
 * What is kept of a key, and what it is looked up by. Looking up by a hash needs no comparison in constant
 * time: who asks cannot steer the hash, so the time tells nothing of the key.
 */
export function hashOfKey(key: string): string {
  return createHash("sha256").update(key, "latin1").digest("base64url");
}
