// SPDX-License-Identifier: Apache-2.0
// The commands of README and docs, run as a newcomer would run them: each page in a folder of its own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readBlocks } from "../../../../tools/docs/page.ts";
import { pagePaths } from "../../../../tools/docs/pages.ts";
import { runPage } from "../../../../tools/docs/run-page.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Makes a test of each page that has commands: of every `parts`-th from `part` on. */
export function testPages(part: number, parts: number): void {
  const absent = ["bash", "curl"].filter((command) => !isThere(command));
  const pages = pagePaths().flatMap((path) => {
    const page = readFileSync(root + path, "utf8");
    const isRun = readBlocks(page).some(
      ({ language, notRun }) => language === "bash" && notRun === undefined,
    );
    return isRun ? [{ path, page }] : [];
  });
  for (const { path, page } of pages.filter((_, place) => place % parts === part)) {
    test(`the commands of ${path} do what it says`, async (t) => {
      if (absent.length > 0) {
        t.skip(`${absent.join(" and ")} is absent`);
        return;
      }
      const problems = await runPage(page);
      if (problems.length > 0) assert.fail(`${path}\n${problems.join("\n")}`);
    });
  }
}

function isThere(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
