// SPDX-License-Identifier: Apache-2.0
import type { Installation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import type { OpenInstallation, OpenInstallationOptions } from "../main.ts";
import { showProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Opens an installation for writing, and shows how the rebuild of its memory from the log comes on. */
export async function openWithProgress(
  installation: Installation,
  terminal: Terminal,
  options: Pick<OpenInstallationOptions, "dnsServers" | "takesEdits" | "drill"> = {},
): Promise<OpenInstallation> {
  const progress = showProgress(terminal);
  const notices: string[] = [];
  const say = (notice: string): void => void terminal.stderr.write(`docket: ${notice}\n`);
  let isOpening = true;
  progress.step("Reading the log");
  try {
    return await openInstallation(installation, {
      ...options,
      clock: terminal.clock,
      onProgress: (done, total) => progress.update(done, total),
      // What comes later is said at once.
      onNotice: (notice) => (isOpening ? void notices.push(notice) : say(notice)),
    });
  } finally {
    isOpening = false;
    progress.end();
    for (const notice of notices) say(notice);
  }
}
