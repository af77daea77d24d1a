// SPDX-License-Identifier: Apache-2.0
// The policy files of a directory, as an analyst keeps them under version control.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { PolicyFile } from "@docket/policy";
import { DocketError } from "../error.ts";
import { releaseOf } from "./release.ts";
import type { ListSource, Release } from "./release.ts";

/** Most files of policy, longest of them in bytes, and most bytes of all of them. */
export const policyFilesMax = 256;
export const policyFileBytesMax = 1_048_576;
export const policyBytesMax = 8_388_608;

/**
 * Loads the policy files (`.yaml`, `.yml`) below a directory.
 *
 * @throws {DocketError} `policy_invalid` naming every mistake with file, line and column; `usage` if there is
 * no file
 */
export function loadRelease(directory: string, lists?: ListSource): Release {
  return releaseOf(readPolicyDirectory(directory), lists);
}

/**
 * Reads the policy files (`.yaml`, `.yml`) below a directory, in the order of their paths.
 *
 * @throws {DocketError} `usage` if there is none, or more or longer ones than are read; `policy_invalid` if
 *   one is no text
 */
export function readPolicyDirectory(directory: string): PolicyFile[] {
  const files = policyFilesOf(directory);
  if (files.length > 0) return files;
  throw new DocketError(
    "usage",
    `${directory} holds no policy: put a .yaml file there, or name another with --policy`,
  );
}

function policyFilesOf(directory: string): PolicyFile[] {
  let names: string[];
  try {
    names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new DocketError("usage", `cannot read the policy directory ${directory}: ${code}`, {
      cause: error,
    });
  }
  const wanted = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  if (wanted.length > policyFilesMax) {
    throw new DocketError(
      "usage",
      `${directory} holds ${wanted.length} policy files; at most ${policyFilesMax} are read`,
    );
  }
  let bytes = 0;
  return wanted.map((name) => {
    const path = join(directory, name);
    const { size } = statSync(path);
    bytes += size;
    if (size > policyFileBytesMax) {
      throw new DocketError("usage", `${path} is longer than ${policyFileBytesMax} bytes`);
    }
    if (bytes > policyBytesMax) {
      throw new DocketError("usage", `the files in ${directory} have more than ${policyBytesMax} bytes`);
    }
    return { path: relative(directory, path).replaceAll("\\", "/"), text: readUtf8(path) };
  });
}

function readUtf8(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw new DocketError("policy_invalid", `${path} is not UTF-8`, { cause: error });
  }
}
