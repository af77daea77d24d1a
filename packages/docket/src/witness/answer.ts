// SPDX-License-Identifier: Apache-2.0
// What a witness says to a request (C2SP tlog-witness), before it is HTTP.

/** An answer, by what it means. `why` is a sentence for people. */
export type Answer =
  /** 200: the witness's signature lines. */
  | { kind: "signed"; lines: string }
  /** 400: what no witness could make sense of. */
  | { kind: "malformed"; why: string }
  /** 403: no trusted key signed it, or a line in the name of one does not verify. */
  | { kind: "forbidden"; why: string }
  /** 404: the witness does not know this log. */
  | { kind: "unknown"; why: string }
  /** 409: the witness has seen another size than the request goes out from. */
  | { kind: "conflict"; size: number }
  /** 409 of sign-subtree: another checkpoint than this one, the latest, is needed. */
  | { kind: "other-checkpoint"; checkpoint: Uint8Array }
  /** 422: what the log signed does not follow from what it signed before, or is not shown to. */
  | { kind: "inconsistent"; why: string }
  /** 503: not now. Nothing was signed. */
  | { kind: "unavailable"; why: string };

/** What may stand in an answer of a text that a client wrote. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
