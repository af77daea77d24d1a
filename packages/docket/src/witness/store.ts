// SPDX-License-Identifier: Apache-2.0
// What a witness asks of a disk: for each log, the latest checkpoint that it cosigned. The engine in
// stores/files fulfils it.

/** How an attempt to keep a checkpoint ended. */
export type Kept =
  /** It survives power loss. */
  | { outcome: "kept" }
  /** It was not kept: what was kept before stands, and another attempt may succeed. */
  | { outcome: "refused"; error: unknown }
  /** The old one or the new one is kept, nobody knows which. Nothing more may be written by this process. */
  | { outcome: "unknown"; error: unknown };

/**
 * Keeps one note for each log, under the hex SHA-256 of its origin. Calls never block the thread. Logs are
 * independent of each other; for one log the caller waits for a call's end before it makes the next.
 */
export interface WitnessStore {
  /**
   * The note that is kept under that name, `undefined` if none ever was.
   *
   * @throws whatever the disk says if it cannot be read
   */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Puts a note in the place of the one before. A reader sees the old one or the new, never a part. */
  replace(name: string, note: Uint8Array): Promise<Kept>;
  /** Frees what is held. Nothing is called after it. */
  close(): Promise<void>;
}
