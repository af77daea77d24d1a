// SPDX-License-Identifier: Apache-2.0
// What this browser keeps of a log between two verifications: the keys that it went by, and the checkpoint
// that it verified last. A server that changed the log, or went back to an older one, can't change this.

/** What is kept of a log. */
export type KeptLog = {
  readonly origin: string;
  /** Verifier keys, a line each. */
  readonly keys: string;
  /** A signed note. */
  readonly checkpoint: string;
  readonly size: number;
  /** When, RFC 3339. */
  readonly at: string;
};

/** Where it is kept: as `localStorage`. */
export type KeptStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const name = "docket-verified-log";

/** What is kept; `undefined` if nothing is, or it can't be read. */
export function keptLog(storage: KeptStorage): KeptLog | undefined {
  try {
    const found: unknown = JSON.parse(storage.getItem(name) ?? "null");
    return isKept(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps it from now on; a browser that keeps nothing goes without. */
export function keepLog(storage: KeptStorage, log: KeptLog): void {
  try {
    storage.setItem(name, JSON.stringify(log));
  } catch {
    // Private windows may refuse.
  }
}

/** Forgets it. */
export function forgetLog(storage: KeptStorage): void {
  storage.removeItem(name);
}

function isKept(value: unknown): value is KeptLog {
  if (typeof value !== "object" || value === null) return false;
  const { origin, keys, checkpoint, size, at } = value as Record<string, unknown>;
  const texts = [origin, keys, checkpoint, at];
  return texts.every((text) => typeof text === "string") && Number.isSafeInteger(size);
}
