// SPDX-License-Identifier: Apache-2.0
// What the file of sealed terms has to do. All of it can be deleted and made again from the log.

/** The sealed terms of a text. */
export type SealedText = {
  readonly record: number;
  readonly actor: string;
  readonly sealed: Uint8Array;
};

/** Holds the sealed terms of texts, by bundles of 256 records. What it is given survives a stop. */
export interface TextStore {
  /** How many records of a bundle were looked at; 0 if none was. */
  widthOf(bundle: number): number;
  /** The texts of a bundle. */
  read(bundle: number): SealedText[];
  /** Takes in texts of a bundle of which so many records were looked at: all or nothing. */
  add(bundle: number, width: number, texts: readonly SealedText[]): void;
  /** Takes a bundle out. */
  drop(bundle: number): void;
  /** Takes out all texts of an actor, overwriting them where they lay. */
  forget(actor: string): void;
  close(): void;
}
