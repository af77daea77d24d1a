// SPDX-License-Identifier: Apache-2.0

/**
 * What was wrong with bytes that came from outside.
 *
 * - `encoding`: malformed or non-canonical base64, hex or UTF-8
 * - `hash`: a hash that isn't 32 bytes
 * - `key`: a malformed verifier or signer key, or two keys that cannot be told apart
 * - `key-type`: a well-formed key of a signature type that this package does not know
 * - `note`: a malformed signed note, or a text that cannot be one
 * - `signature`: a known key's signature line that does not verify
 * - `unverified`: a note that none of the known keys signed
 * - `checkpoint`: a malformed checkpoint body
 * - `origin`: a checkpoint of another log than the one expected
 * - `tile`: tile data whose length does not fit the tile
 * - `bundle`: a malformed entry bundle, or an entry that does not fit in one
 * - `proof`: a malformed transparency-log proof
 * - `policy`: a malformed trust policy; the message names the line
 * - `witness`: a malformed request to a witness, or answer of one
 */
export type TlogErrorCode =
  | "encoding"
  | "hash"
  | "key"
  | "key-type"
  | "note"
  | "signature"
  | "unverified"
  | "checkpoint"
  | "origin"
  | "tile"
  | "bundle"
  | "proof"
  | "policy"
  | "witness";

/**
 * Refuses hostile or damaged bytes. A caller's own mistake (an index outside the tree, a number that is not a
 * safe integer) is a `RangeError` instead.
 */
export class TlogError extends Error {
  override readonly name = "TlogError";
  readonly code: TlogErrorCode;

  constructor(code: TlogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
