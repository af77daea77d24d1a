// SPDX-License-Identifier: Apache-2.0
// Lists from files of the policy directory: what such a file says, and what it changes of a list.
import { formatListProblem, readListFile } from "@docket/policy";
import type { List, ListDeclaration, ListEntry, ListFileProblem } from "@docket/policy";
import { gunzipSync } from "node:zlib";
import { DocketError } from "../error.ts";

/** Most bytes of a list's file, unpacked. */
export const listFileBytesMax: number = 512 * 1024 * 1024;
/** Most mistakes of a file that a message names. */
const problemsShownMax = 20;

/** The content of a file beside the policies, by its path there; `undefined` if there is none. */
export type ListFileReader = (path: string) => Uint8Array | undefined;

/**
 * The entries in the file of a list.
 *
 * @throws {DocketError} `policy_invalid` naming every mistake with file, line and column
 */
export function readDeclaredFile(declaration: ListDeclaration, read: ListFileReader): readonly ListEntry[] {
  const { entries, problems } = checkDeclaredFile(declaration, read);
  if (problems.length === 0) return entries;
  const shown = problems.slice(0, problemsShownMax).map(formatListProblem);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more mistakes`);
  throw new DocketError("policy_invalid", shown.join("\n"));
}

/** The entries in the file of a list, and every mistake: there, or that it isn't there. */
export function checkDeclaredFile(
  { name, kind, file = "", place }: ListDeclaration,
  read: ListFileReader,
): { readonly entries: readonly ListEntry[]; readonly problems: readonly ListFileProblem[] } {
  const [, declaredIn = place, line = "1"] = /^(.*):(\d+)$/.exec(place) ?? [];
  const declared = (message: string): { entries: ListEntry[]; problems: ListFileProblem[] } => {
    return { entries: [], problems: [{ file: declaredIn, line: Number(line), column: 1, message }] };
  };
  if (kind === "actor") {
    const message = `the list ${name} is of persons, and its file would hold account ids for good`;
    return declared(`${message}; leave file out, and: docket list import ${name} FILE`);
  }
  const bytes = read(file);
  if (bytes === undefined) return declared(`the file of the list ${name}, ${file}, is not there`);
  return readListFile(kind, listText(bytes, file), file);
}

/**
 * The text of a list's file, plain or gzip.
 *
 * @throws {DocketError} `policy_invalid` if it is neither, or too long
 */
export function listText(bytes: Uint8Array, file: string): string {
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    const plain = packed ? gunzipSync(bytes, { maxOutputLength: listFileBytesMax }) : bytes;
    if (plain.length > listFileBytesMax) throw new RangeError(`more than ${listFileBytesMax} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DocketError("policy_invalid", `${file} can't be read as a list in UTF-8: ${why}`, {
      cause: error,
    });
  }
}

/** What changed from one version of a file to another: what was put in since, and what was taken out. */
export function fileDifference(before: List, after: List): { add: ListEntry[]; remove: string[] } {
  const add: ListEntry[] = [];
  for (const entry of after.entries()) {
    const old = before.get(entry.value);
    if (old === undefined || old.untilMs !== entry.untilMs) add.push(entry);
  }
  const remove: string[] = [];
  for (const { value } of before.entries()) if (after.get(value) === undefined) remove.push(value);
  return { add, remove };
}
