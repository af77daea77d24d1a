// SPDX-License-Identifier: Apache-2.0
// The pages that are tested.
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Paths of all pages, from the root of the repository. */
export function pagePaths(): string[] {
  const found = globSync(["README.md", "docs/**/*.md", "examples/**/*.md"], { cwd: root });
  return found.sort();
}
