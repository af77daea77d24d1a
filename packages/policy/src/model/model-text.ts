// SPDX-License-Identifier: Apache-2.0
// What a model reads.

/** What a model is trained for: comments under something, short messages and chat, or e-mail. */
export type ModelKind = "comment" | "message" | "email";

/** Every kind, in the order of their numbers in a model file. */
export const modelKinds: readonly ModelKind[] = ["comment", "message", "email"];

/** One text as a model reads it. What is absent is not the same as what is empty. */
export type ModelText = {
  /** A title, or the subject of a mail. */
  readonly title?: string | undefined;
  /** The text; of a mail all its text parts decoded, HTML not stripped. */
  readonly text?: string | undefined;
  /** The header block of a mail as it stands, decoded as UTF-8 or Latin-1. */
  readonly headers?: string | undefined;
  /** One line for each MIME part: type, character set, encoding, class of size. */
  readonly parts?: readonly string[] | undefined;
};
