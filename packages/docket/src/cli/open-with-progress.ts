// SPDX-License-Identifier: Apache-2.0
import type { Installation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import type { OpenInstallation } from "../main.ts";
import { showProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Opens an installation for writing, and shows how the rebuild of its memory from the log comes on. */
export async function openWithProgress(
  installation: Installation,
  terminal: Terminal,
): Promise<OpenInstallation> {
  const progress = showProgress(terminal);
  const notices: string[] = [];
  progress.step("Reading the log");
  try {
    return await openInstallation(installation, {
      onProgress: (done, total) => progress.update(done, total),
      onNotice: (notice) => notices.push(notice),
    });
  } finally {
    progress.end();
    for (const notice of notices) terminal.stderr.write(`docket: ${notice}\n`);
  }
}
