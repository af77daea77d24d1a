// SPDX-License-Identifier: Apache-2.0
// A release: what decisions are made under, named by the hash of its manifest. Releases are kept by that
// hash, so that a decision can be made again years later.
import { hash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { languageVersion, loadPolicies, PolicyError, signalsVersion } from "@docket/policy";
import type { PolicyFile, PolicySet } from "@docket/policy";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";
import type { LogPaths } from "../log/paths.ts";

/** Most files of policy, and longest of them in bytes. */
export const policyFilesMax = 256;
export const policyFileBytesMax = 1_048_576;

/** What a release's hash is the SHA-256 of, as JSON on one line. Files are listed by path. */
export type ReleaseManifest = {
  format: "docket-release/v1";
  language: string;
  signals: string;
  files: { path: string; sha256: string }[];
};

/** A release, loaded. */
export type Release = { id: string; manifest: string; files: readonly PolicyFile[]; policies: PolicySet };

/**
 * Loads the policy files (`.yaml`, `.yml`) below a directory.
 *
 * @throws {DocketError} `policy_invalid` naming every mistake with file, line and column; `usage` if there is
 * no file
 */
export function loadRelease(directory: string): Release {
  const files = policyFilesOf(directory);
  if (files.length === 0) {
    throw new DocketError(
      "usage",
      `${directory} holds no policy: put a .yaml file there, or name another with --policy`,
    );
  }
  return releaseOf(files);
}

/**
 * Makes a release of policy files.
 *
 * @throws {DocketError} `policy_invalid`
 */
export function releaseOf(files: readonly PolicyFile[]): Release {
  const policies = compile(files);
  const manifest: ReleaseManifest = {
    format: "docket-release/v1",
    language: languageVersion,
    signals: signalsVersion,
    files: files.map(({ path, text }) => ({ path, sha256: hash("sha256", text, "base64url") })),
  };
  const text = JSON.stringify(manifest);
  return { id: hash("sha256", text, "base64url"), manifest: text, files, policies };
}

/** Keeps a release under its hash, durably. A release that is kept already is left alone. */
export function keepRelease(disk: LogDisk, paths: LogPaths, release: Release): void {
  const path = join(paths.releases, `${release.id}.json`);
  if (disk.readFile(path) !== undefined) return;
  disk.makeDirectory(paths.releases);
  const kept = { manifest: release.manifest, files: release.files };
  disk.replaceFile(path, Buffer.from(`${JSON.stringify(kept)}\n`), true);
}

function compile(files: readonly PolicyFile[]): PolicySet {
  try {
    return loadPolicies(files);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new DocketError("policy_invalid", error.message, { cause: error });
  }
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
  return wanted.map((name) => {
    const path = join(directory, name);
    if (statSync(path).size > policyFileBytesMax) {
      throw new DocketError("usage", `${path} is longer than ${policyFileBytesMax} bytes`);
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
