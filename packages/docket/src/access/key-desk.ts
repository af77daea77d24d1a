// SPDX-License-Identifier: Apache-2.0
// The API keys of a site, for who may manage them over HTTP. The keys in force are the authenticator's
// (authenticator.ts), which also seals what was changed here.
import { formatTime } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { newKey, notInForce, rotatedKey } from "./api-keys.ts";
import type { ApiKeyRow, ApiKeyStore, ApiKeyWish, CreatedApiKey } from "./api-keys.ts";
import type { Later } from "./later.ts";
import type { RandomBytes } from "./secrets.ts";

/** A key as it is listed. Times are RFC 3339. */
export type ApiKeyView = {
  id: string;
  role: string;
  label: string | null;
  scopes: readonly string[] | null;
  createdAt: string;
  createdBy: string;
  /** When it ends by itself. */
  until: string | null;
  /** The key in whose place it was made. */
  from: string | null;
  /** When it was revoked; of one whose place another took, when it will be. */
  revokedAt: string | null;
  /** The hour of its last use. */
  usedAt: string | null;
};

/** What is needed of whoever seals changes of keys. */
export type KeySealer = {
  /** Resolves when what was changed until now is sealed and in force, or that failed. */
  settle(): Promise<void>;
  isUnsealed(id: string): boolean;
};

/** What the desk leans on. */
export type KeyDeskPorts = {
  readonly store: Later<Pick<ApiKeyStore, "insert" | "list" | "rotate" | "revoke">>;
  readonly random: RandomBytes;
  readonly clock: () => number;
};

/** The API keys of a site. */
export class KeyDesk {
  readonly #ports: KeyDeskPorts;

  constructor(ports: KeyDeskPorts) {
    this.#ports = ports;
  }

  /** All keys, revoked ones too, oldest first. */
  async list(): Promise<ApiKeyView[]> {
    return (await this.#ports.store.list()).map(keyView);
  }

  /** One key. @throws {DocketError} `not_found` */
  async key(id: string): Promise<ApiKeyView> {
    const found = (await this.list()).find((each) => each.id === id);
    if (found === undefined) throw notInForce(id);
    return found;
  }

  /** Makes a key. Resolves when the record of it is sealed and it works. @throws {DocketError} `usage` */
  async create(wish: ApiKeyWish, sealer: KeySealer): Promise<CreatedApiKey> {
    const { store, clock, random } = this.#ports;
    const { made, row } = newKey(wish, clock(), random);
    await store.insert(row);
    await sealed(sealer, made.id);
    return made;
  }

  /** Makes a key in the place of another, as {@link create}. @throws {DocketError} `not_found`, `usage` */
  async rotate(
    id: string,
    wish: { overlapMs?: number | undefined; forMs?: number | undefined; by: string },
    sealer: KeySealer,
  ): Promise<CreatedApiKey> {
    const { store, clock, random } = this.#ports;
    const { row, made, oldEndsMs } = rotatedKey(await store.list(), id, wish, clock(), random);
    if (!(await store.rotate(row, oldEndsMs))) throw notInForce(id);
    await sealed(sealer, made.id);
    return made;
  }

  /** Revokes a key: at once, whatever becomes of the record. @throws {DocketError} `not_found` */
  async revoke(id: string, by: string, sealer: KeySealer): Promise<ApiKeyView> {
    const { store, clock } = this.#ports;
    if (!(await store.revoke(id, clock(), by))) throw notInForce(id);
    await sealed(sealer, id);
    return this.key(id);
  }
}

/** A key as it is listed. */
export function keyView(row: ApiKeyRow): ApiKeyView {
  const { id, role, label, scopes, createdMs, createdBy, untilMs, from, usedMs } = row;
  const time = (ms: number | null): string | null => (ms === null ? null : formatTime(ms));
  return {
    id,
    role,
    label,
    scopes,
    createdAt: formatTime(createdMs),
    createdBy,
    until: time(untilMs),
    from,
    revokedAt: time(row.revokedMs ?? row.replacedMs),
    usedAt: time(usedMs),
  };
}

async function sealed(sealer: KeySealer, id: string): Promise<void> {
  await sealer.settle();
  if (!sealer.isUnsealed(id)) return;
  const message =
    "the log could not take in the record of it yet; it is tried again by itself: look at /v1/keys";
  throw new DocketError("sealing_failed", message, { retryAfterSeconds: 1 });
}
