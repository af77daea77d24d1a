// SPDX-License-Identifier: Apache-2.0
// The policies that come with Docket: each a file, with the files of the lists that it declares beside it.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPolicies } from "@docket/policy";

const library = fileURLToPath(new URL("../../assets/policies/", import.meta.url));
const extension = ".yaml";

/** A policy that comes with Docket. */
export type LibraryPolicy = {
  /** The text of its file. */
  readonly text: string;
  /** The files of its lists, by their path beside the policy. */
  readonly listFiles: ReadonlyMap<string, string>;
};

/** Names of the policies that come with Docket. */
export function libraryPolicies(): string[] {
  return readdirSync(library)
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length))
    .sort();
}

/** Reads a policy that comes with Docket; `undefined` if there is none of that name. */
export function readLibraryPolicy(name: string): LibraryPolicy | undefined {
  if (!libraryPolicies().includes(name)) return undefined;
  const path = `${name}${extension}`;
  const text = readFileSync(join(library, path), "utf8");
  const listFiles = new Map<string, string>();
  for (const { file } of loadPolicies([{ path, text }]).lists.values()) {
    if (file !== undefined) listFiles.set(file, readFileSync(join(library, file), "utf8"));
  }
  return { text, listFiles };
}

/**
 * Writes a policy and the files of its lists below a directory. Files of lists that are there already are
 * left alone: somebody may have changed them.
 *
 * @returns the paths that were written, beside the policy's
 * @throws the error of the file system: `EEXIST` if there is such a policy file
 */
export function writePolicy(
  directory: string,
  path: string,
  { text, listFiles }: LibraryPolicy,
): readonly string[] {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, path), text, { flag: "wx" });
  const written: string[] = [];
  for (const [file, content] of listFiles) {
    const place = join(directory, file);
    if (existsSync(place)) continue;
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content, { flag: "wx" });
    written.push(file);
  }
  return written;
}
