// SPDX-License-Identifier: Apache-2.0
// What a record says besides its header, in the order of its leaf, and where each value leads.
import type { LogRecord } from "../log/answers.ts";

/** A value, and the pages that its parts are shown on. */
export type RecordField = {
  readonly name: string;
  readonly values: readonly { readonly text: string; readonly href?: string }[];
};

const header: ReadonlySet<string> = new Set([
  "v",
  "index",
  "prev",
  "time",
  "uncertaintyMs",
  "kind",
  "by",
  "parts",
]);
/** Fields that name records. */
const naming: ReadonlySet<string> = new Set(["of", "for", "request", "approved"]);

/** The fields of a record. */
export function fieldsOf(record: LogRecord): RecordField[] {
  return Object.entries(record)
    .filter(([name]) => !header.has(name))
    .map(([name, value]) => ({
      name: wordsOf(name),
      values: valuesIn(value).map((each) => shown(name, each)),
    }));
}

function valuesIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  return value.length === 0 ? [null] : value;
}

function shown(name: string, value: unknown): { text: string; href?: string } {
  if (naming.has(name) && typeof value === "number")
    return { text: `record ${value}`, href: `/log/${value}` };
  if (typeof value === "string" && /^a_[A-Za-z0-9_-]{22}$/.test(value)) {
    return { text: value, href: `/actors/${value}` };
  }
  if (value === null) return { text: "none" };
  return { text: typeof value === "string" ? value : JSON.stringify(value) };
}

// restrictsMore -> Restricts more
function wordsOf(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
