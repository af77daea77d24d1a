// SPDX-License-Identifier: Apache-2.0
// A receipt: a record with its proof, as one line of canonical JSON. `leaf`, `proof` and `manifest` are the
// exact texts whose bytes were hashed and signed, so a change of any one character shows.
import { ProtocolError } from "./error.ts";
import { partNames } from "./parts.ts";
import type { PartName } from "./parts.ts";

/** What `format` of a receipt says. */
export const receiptFormat = "docket-receipt/v1";
/** Longest receipt, in bytes. */
export const receiptBytesMax = 4_194_304;

/** One opened part: its exact plaintext and the base64url secret that its commitment was made with. */
export type OpenedPart = { name: PartName; secret: string; plaintext: string };
/**
 * A record with its proof. `manifest` is absent for records without parts; `opening` shows some of the parts.
 */
export type Receipt = {
  format: typeof receiptFormat;
  leaf: string;
  proof: string;
  manifest?: string;
  opening?: OpenedPart[];
};

/** The one encoding of a receipt: JSON on one line, ended by a line feed. */
export function encodeReceipt(receipt: Receipt): string {
  const { format, leaf, proof, manifest, opening } = receipt;
  const ordered = {
    format,
    leaf,
    proof,
    ...(manifest === undefined ? {} : { manifest }),
    ...(opening === undefined
      ? {}
      : { opening: opening.map(({ name, secret, plaintext }) => ({ name, secret, plaintext })) }),
  };
  return `${JSON.stringify(ordered)}\n`;
}

/**
 * Reads a receipt file. It says nothing yet of whether the receipt is true.
 *
 * @throws {@link ProtocolError} `receipt_invalid` if it is not canonical
 */
export function parseReceipt(text: string): Receipt {
  if (text.length > receiptBytesMax) throw invalid(`it is longer than ${receiptBytesMax} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("it is not an object");
  const fields = value as Record<string, unknown>;
  const keys = Object.keys(fields).join();
  if (!/^format,leaf,proof(,manifest)?(,opening)?$/.test(keys)) throw invalid(`its keys are ${keys}`);
  if (fields["format"] !== receiptFormat) throw invalid(`its format is not ${receiptFormat}`);
  for (const name of ["leaf", "proof", "manifest"]) {
    if (name in fields && typeof fields[name] !== "string") throw invalid(`${name} is not a text`);
  }
  if ("opening" in fields && !isOpening(fields["opening"])) throw invalid("its opening is malformed");
  const receipt = fields as Receipt;
  if (encodeReceipt(receipt) !== text) throw invalid("it is not canonical JSON on one line");
  return receipt;
}

function isOpening(value: unknown): value is OpenedPart[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every(
    (part: unknown) =>
      typeof part === "object" &&
      part !== null &&
      Object.keys(part).join() === "name,secret,plaintext" &&
      (partNames as readonly unknown[]).includes((part as OpenedPart).name) &&
      typeof (part as OpenedPart).secret === "string" &&
      typeof (part as OpenedPart).plaintext === "string",
  );
}

function invalid(why: string): ProtocolError {
  return new ProtocolError("receipt_invalid", `this is not a receipt of Docket: ${why}`);
}
