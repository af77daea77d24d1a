// SPDX-License-Identifier: Apache-2.0
// API keys: how they are made and kept. A key is 256 random bits, so one round of SHA-256 hides it for good:
// there is nothing to guess that a slower hash would protect. The public id is what records say (`by`).
//
//     key = "dk_" 43 base64url characters        shown once, never kept
//     id  = "k_"  16 base64url characters        random too, not derived from the key
import { createHash } from "node:crypto";
import { DocketError } from "../error.ts";
import { isRole, roles } from "./permissions.ts";
import type { Role } from "./permissions.ts";

/** Random bytes of a key. */
export const keyBytes = 32;
/** Random bytes of a key's public id. */
export const keyIdBytes = 12;
/** Longest label of a key, in characters. */
export const keyLabelLengthMax = 200;

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
};

/** A creation or revocation of which the log has no record yet. */
export type AccessChange = { change: "created" | "revoked"; id: string; role: string };

/**
 * Keeps the API keys of one site. When a method that writes returns, what it wrote survives power loss.
 * Several processes may use one store at once: each sees what the others wrote the next time it asks.
 */
export interface ApiKeyStore {
  /** Adds a key that is neither revoked nor sealed. Throws if there is one with its id or hash. */
  insert(key: Pick<ApiKeyRow, "id" | "hash" | "role" | "label" | "createdMs">): void;
  /** All keys, revoked ones too, oldest first. */
  list(): ApiKeyRow[];
  /**
   * Revokes a key. Says whether there was one with this id that was not revoked; the earlier time stays
   * otherwise.
   */
  revoke(id: string, nowMs: number): boolean;
  /**
   * What the log has no record of yet, in the order in which records must follow: of one key, creation first.
   */
  unsealed(): AccessChange[];
  /** Notes that the log has a durable record of a change. Noting it again changes nothing. */
  markSealed(change: AccessChange): void;
  /** A number that differs from the last one whenever anybody changed the store in between. */
  version(): number;
  close(): void;
}

/** A key that was just made. `key` is shown once and is nowhere kept. */
export type CreatedApiKey = { id: string; key: string; role: Role; label: string | null };

/**
 * Makes an API key. It works once the server that holds the log has sealed a record of it.
 *
 * @param random gives that many bytes from a cryptographic source
 * @throws {DocketError} `usage` for an unknown role or a label that is too long
 */
export function createApiKey(
  store: ApiKeyStore,
  wish: { role: string; label?: string | undefined },
  nowMs: number,
  random: (bytes: number) => Uint8Array,
): CreatedApiKey {
  const { role, label = null } = wish;
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
  const key = `dk_${Buffer.from(random(keyBytes)).toString("base64url")}`;
  const id = `k_${Buffer.from(random(keyIdBytes)).toString("base64url")}`;
  store.insert({ id, hash: hashOfKey(key), role, label, createdMs: nowMs });
  return { id, key, role, label };
}

/**
 * Revokes an API key. A server that runs refuses it within a second or two.
 *
 * @throws {DocketError} `not_found` if there is no such key, or it is revoked already
 */
export function revokeApiKey(store: ApiKeyStore, id: string, nowMs: number): void {
  if (store.revoke(id, nowMs)) return;
  throw new DocketError(
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
