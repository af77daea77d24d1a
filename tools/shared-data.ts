// SPDX-License-Identifier: Apache-2.0
// Where the tests and benchmarks find the corpora and test vectors that lie beside the project.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = process.env["DOCKET_SHARED"] ?? fileURLToPath(new URL("../../shared/", import.meta.url));

/**
 * The path of a file or folder of the shared data, or `undefined` where it is absent.
 *
 * @param name path inside the shared folder, for example `vectors/merkle-proofs`
 */
export function sharedPath(name: string): string | undefined {
  const path = `${root.replace(/\/$/, "")}/${name}`;
  return existsSync(path) ? path : undefined;
}

/** What a test calls when shared data that it needs is absent: a skip that says why. */
export function skipReason(name: string): string {
  return `the shared data ${name} is absent (set DOCKET_SHARED to its folder)`;
}
