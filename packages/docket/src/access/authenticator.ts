// SPDX-License-Identifier: Apache-2.0
// Who sends a request: all keys in memory by hash, so that a request costs one SHA-256 and no disk. The store
// is asked for news once a second, elsewhere than on the thread that answers.
//
// A key works only once the log has the record of its creation, so that no record can be by somebody whom the
// log has not introduced. A revoked key stops at once; the record of that follows. A crash between sealing
// and noting that it was sealed gives a second record of the same change, never none.
import { setTimeout as sleep } from "node:timers/promises";
import { DocketError } from "../error.ts";
import { hashOfKey, isApiKey } from "./api-keys.ts";
import { keyCaller } from "./caller.ts";
import type { Caller } from "./caller.ts";
import type { AccessChange, ApiKeyRow } from "./api-keys.ts";
import { isAction, isRole } from "./permissions.ts";

/** How often the store is asked for changes by others. */
export const refreshIntervalMs = 1000;
/** Unknown keys have the store asked at most this often. */
export const unknownKeyIntervalMs = 250;
/** When a key was last used is noted this coarsely: an hour. */
export const usedGranularityMs = 3_600_000;
/** How long an unknown key waits for the store. */
export const unknownKeyWaitMs = 1000;

/** All keys of a site, and what is not sealed yet. */
export type ApiKeySnapshot = { keys: readonly ApiKeyRow[]; unsealed: readonly AccessChange[] };

/** A store's keys for a thread that may not wait for a disk. */
export interface ApiKeyFeed {
  /**
   * The keys if they may have changed since the last call, or something is not sealed that is due by now;
   * else `undefined`. Must not block the thread.
   */
  refresh(nowMs: number): Promise<ApiKeySnapshot | undefined>;
  /** {@link ApiKeyStore.markSealed}; resolves when that is durable. */
  markSealed(change: AccessChange): Promise<void>;
  /** {@link ApiKeyStore.markUsed}. */
  markUsed(id: string, usedMs: number): Promise<void>;
  close(): Promise<void>;
}

export type { Caller };

/** What an authenticator leans on. */
export type AuthenticatorOptions = {
  feed: ApiKeyFeed;
  /** Seals a record of a change; rejects if that failed. */
  sealAccess: (
    change: AccessChange["change"],
    key: string,
    role: string,
    more: Pick<AccessChange, "by" | "scopes" | "from" | "untilMs">,
  ) => Promise<void>;
  clock: () => number;
  /** Told when the store could not be read or a change could not be sealed. It is tried again by itself. */
  onFault?: (error: unknown) => void;
};

type Known = { caller: Caller; sealed: boolean; endsMs: number; usedMs: number };

/** Knows the keys in force. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #known = new Map<string, Known>();
  #unsealed: readonly AccessChange[] = [];
  #refreshing: Promise<void> | undefined;
  #sealing: Promise<void> | undefined;
  /** A refresh that has not begun, and so will see what was created before now. */
  #next: Promise<void> | undefined;
  #refreshedMs = Number.NEGATIVE_INFINITY;
  #startedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Reads the keys, seals what is not sealed, and goes on doing so once a second until {@link close}. */
  static async open(options: AuthenticatorOptions): Promise<Authenticator> {
    const authenticator = new Authenticator(options);
    await authenticator.refresh();
    await authenticator.#sealing;
    authenticator.#timer = setInterval(() => void authenticator.refresh(), refreshIntervalMs);
    authenticator.#timer.unref();
    return authenticator;
  }

  /** How long ago the keys were last known to be fresh, in ms. */
  get staleMs(): number {
    return this.#options.clock() - this.#refreshedMs;
  }

  /** Whose key this is, from memory: of a key whose creation is sealed. */
  callerOf(key: string): Caller | undefined {
    if (!isApiKey(key)) return undefined;
    const known = this.#known.get(hashOfKey(key));
    if (known?.sealed !== true) return undefined;
    const nowMs = this.#options.clock();
    if (nowMs >= known.endsMs) return undefined;
    this.#used(known, nowMs);
    return known.caller;
  }

  /**
   * The same for a key that {@link callerOf} does not tell: it may have been created a moment ago, so the
   * store is asked first, and its record waited for. However many ask, the store is asked once in {@link
   * unknownKeyIntervalMs}.
   *
   * @throws {DocketError} `sealing_failed` for a key whose creation the log could not take in yet
   */
  async callerOfUnknown(key: string): Promise<Caller | undefined> {
    if (!isApiKey(key)) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, unknownKeyWaitMs);
    });
    // A refresh may have brought the key already, whose record is on its way into the log.
    const sealing = this.#known.has(hashOfKey(key)) ? this.#sealing : undefined;
    if (sealing === undefined) this.#next ??= this.#refreshSoon();
    await Promise.race([sealing ?? this.#next, tooLong]);
    clearTimeout(timer);
    const caller = this.callerOf(key);
    const known = this.#known.get(hashOfKey(key));
    if (caller !== undefined || known === undefined || known.sealed) return caller;
    throw new DocketError(
      "sealing_failed",
      "the log has not taken in the record of this new API key yet; try again in a second",
      { retryAfterSeconds: 1 },
    );
  }

  /**
   * Asks the store for changes and begins to seal what is not sealed. Never rejects; only one runs at a time.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /**
   * Takes in what was changed until now, and seals it. Resolves when that is done or failed; then the changes
   * that are sealed are in force.
   */
  async settle(): Promise<void> {
    // One that runs already may have read before the change.
    await this.#refreshing;
    await this.refresh();
    await this.#sealing;
  }

  /** Whether the log lacks the record of a change of this key. */
  isUnsealed(id: string): boolean {
    return this.#unsealed.some((change) => change.id === id);
  }

  /** Stops. The feed is closed, the store's file is not touched any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing;
    await this.#sealing;
    await this.#options.feed.close();
  }

  /** Notes the hour of a use. Lost with a crash: it is a help for whoever tidies up, not a proof. */
  #used(known: Known, nowMs: number): void {
    const hourMs = nowMs - (nowMs % usedGranularityMs);
    if (hourMs <= known.usedMs) return;
    known.usedMs = hourMs;
    this.#options.feed.markUsed(known.caller.id, hourMs).catch(this.#options.onFault ?? (() => undefined));
  }

  async #refreshSoon(): Promise<void> {
    await this.#refreshing;
    const pauseMs = this.#startedMs + unknownKeyIntervalMs - this.#options.clock();
    if (pauseMs > 0) await sleep(Math.min(pauseMs, unknownKeyIntervalMs));
    this.#next = undefined;
    await this.refresh();
    await this.#sealing;
  }

  async #refresh(): Promise<void> {
    const { feed, clock, onFault } = this.#options;
    this.#startedMs = clock();
    try {
      const snapshot = await feed.refresh(clock());
      this.#refreshedMs = clock();
      if (snapshot !== undefined) this.#take(snapshot);
    } catch (error) {
      // Known keys go on working: a store that cannot be read must not take the site down with it.
      onFault?.(error);
    }
    // Not waited for: a log that hangs must not keep a revocation from being noticed.
    if (this.#unsealed.length > 0) {
      this.#sealing ??= this.#sealAll().finally(() => {
        this.#sealing = undefined;
      });
    }
  }

  #take({ keys, unsealed }: ApiKeySnapshot): void {
    const known = new Map<string, Known>();
    for (const row of keys) {
      const { id, hash, role, revokedMs, replacedMs, untilMs, scopes, creationSealed, usedMs } = row;
      // A role of a later version may do nothing here, and neither may a scope.
      if (revokedMs !== null || !isRole(role)) continue;
      const caller = keyCaller(id, role, scopes?.filter(isAction));
      const endsMs = Math.min(replacedMs ?? Infinity, untilMs ?? Infinity);
      if (endsMs <= this.#refreshedMs) continue;
      known.set(hash, { caller, sealed: creationSealed, endsMs, usedMs: usedMs ?? 0 });
    }
    this.#known = known;
    this.#unsealed = unsealed;
  }

  async #sealAll(): Promise<void> {
    try {
      for (let next = this.#unsealed[0]; next !== undefined; next = this.#unsealed[0]) await this.#seal(next);
    } catch (error) {
      this.#options.onFault?.(error);
    }
  }

  async #seal(change: AccessChange): Promise<void> {
    await this.#options.sealAccess(change.change, change.id, change.role, change);
    // A crash here seals the change once more after the restart.
    await this.#options.feed.markSealed(change);
    // By value: a refresh meanwhile may have brought the same change again.
    this.#unsealed = this.#unsealed.filter(
      ({ id, change: what }) => id !== change.id || what !== change.change,
    );
    if (change.change === "revoked") return;
    for (const known of this.#known.values()) {
      if (known.caller.id === change.id) known.sealed = true;
    }
  }
}
