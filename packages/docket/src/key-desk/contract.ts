// SPDX-License-Identifier: Apache-2.0
// The keys of a site as whoever looks after them sees them: which there are, and how one is changed. No key
// itself is ever shown.
import type { Outcome } from "../approvals/contract.ts";
import type { ProviderName } from "../key-providers/contract.ts";
import type { Author } from "../releases/duties.ts";

/** Keys that are changed while the site answers. */
export const rotatableKeys = ["keyEncryption", "site", "keyStore"] as const;
/** A key that is changed while the site answers. */
export type RotatableKey = (typeof rotatableKeys)[number];

/** A key. */
export type KeyView = {
  /** What it is for. */
  readonly name: RotatableKey | "hashing" | "log" | "logMlDsa44";
  /** Names it and says nothing of it: hexadecimal. */
  readonly id: string;
  /** Whether it is the one in use; former ones open what they sealed. */
  readonly current: boolean;
  /** When it was made, RFC 3339; `null` where that was not kept: with the log, or by an older docket. */
  readonly since: string | null;
  /** The file that it lies in. */
  readonly file: string;
  /** What protects that file; `null` if it is plain. */
  readonly protectedBy: ProviderName | null;
};

/** What shall be changed, and why. */
export type RotationWish = { readonly key: RotatableKey; readonly why: string };

/** A change that is done. */
export type Rotation = {
  readonly key: RotatableKey;
  /** Actors' keys that were wrapped or sealed anew. */
  readonly count: number;
  /** The record that says so. */
  readonly index: number;
};

/** The keys of an open site. */
export interface SiteKeyDesk {
  list(): KeyView[];
  /**
   * Changes a key, while the site goes on answering. Takes a second person above level solo.
   *
   * @param of the request that was approved; `undefined` to begin
   * @throws {DocketError} as the desk of requests; `usage` if there is room for no more keys
   */
  rotate(author: Author, wish: RotationWish, of?: number): Promise<Outcome<Rotation>>;
}
