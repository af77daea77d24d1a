// SPDX-License-Identifier: Apache-2.0
// A line of a file of texts: what a model reads of it, and what it is labelled.
import { ProtocolError } from "@docket/protocol";
import type { ModelKind, ModelText } from "@docket/policy";
import { labelForms, readLabel } from "./label.ts";
import { mailText } from "./mail-text.ts";

/** The longest line that is read, in bytes: a mail with what is attached to it. */
export const rowBytesMax = 67_108_864;

const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/** What a line says besides its text; `undefined` where it says nothing of it. */
export type RowNotes = {
  readonly id: string | undefined;
  /** Who wrote it: one account's texts count for so many only. */
  readonly actor: string | undefined;
  /** A language tag, if the file has one. */
  readonly language: string | undefined;
};

/** A line of a file of texts. */
export type Row = {
  readonly text: ModelText;
  readonly label: unknown;
  readonly notes: RowNotes;
};

/** The line without a byte order mark, which some programs put before the first one. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return byteOrderMark.every((byte, place) => bytes[place] === byte) ? bytes.subarray(3) : bytes;
}

/**
 * Reads a line: `text`, with `subject` (or `title`) if there is one, or a whole mail in `raw_latin1`, one
 * character for each byte. What isn't UTF-8 is read as U+FFFD; of a key that stands there twice the last
 * counts.
 *
 * @param kind a model of mails takes `raw_latin1` where a line has both, the others take `text`
 * @throws {ProtocolError} `json_syntax`, `text_invalid`
 */
export function readRow(bytes: Uint8Array, kind: ModelKind): Row {
  const row = parseObject(bytes);
  const { text, raw_latin1: raw } = row;
  const mail = typeof raw === "string" && (kind === "email" || typeof text !== "string");
  return {
    text: mail ? mailText(latin1Bytes(raw), kind) : plainText(row),
    label: row["label"],
    notes: {
      id: textOf(row["id"]),
      actor: textOf(row["actor"]),
      language: textOf(row["lang"]) ?? textOf(row["language"]),
    },
  };
}

/**
 * What a line is labelled: spam or not, or `undefined` where whoever labelled it was unsure.
 *
 * @throws {ProtocolError} `text_invalid` if it has no label, or one that isn't understood
 */
export function labelOf({ label }: Pick<Row, "label">): boolean | undefined {
  const read = readLabel(label);
  if (read === "unsure") return undefined;
  if (read !== undefined) return read;
  const said = label === undefined || label === null ? "the line has no label" : `label is ${shown(label)}`;
  throw new ProtocolError("text_invalid", `${said}; write ${labelForms}`, { pointer: "/label" });
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch (error) {
    const { message } = error as Error;
    throw new ProtocolError("json_syntax", `the line is not JSON: ${message}`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolError("text_invalid", "the line is no JSON object", { pointer: "" });
  }
  return value as Record<string, unknown>;
}

function plainText(row: Record<string, unknown>): ModelText {
  const { text } = row;
  if (typeof text !== "string") {
    const said = text === undefined ? "the line has neither text nor raw_latin1" : "text is no string";
    throw new ProtocolError("text_invalid", said, { pointer: text === undefined ? "" : "/text" });
  }
  const title = row["subject"] ?? row["title"];
  return typeof title === "string" ? { title, text } : { text };
}

function latin1Bytes(raw: string): Uint8Array {
  // One byte a character: what is beyond U+00FF was no byte, and is read as UTF-8 instead.
  // eslint-disable-next-line no-control-regex
  return Buffer.from(raw, /^[\u0000-\u00ff]*$/.test(raw) ? "latin1" : "utf8");
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  return typeof value === "number" ? String(value) : undefined;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
