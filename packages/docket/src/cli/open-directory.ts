// SPDX-License-Identifier: Apache-2.0
// A data directory as a server would open it, for commands that can also ask the server that runs.
import { DocketError } from "../error.ts";
import { readInstallation } from "../installation.ts";
import type { OpenInstallation, OpenInstallationOptions } from "../main.ts";
import { openWithProgress } from "./open-with-progress.ts";
import type { Author } from "../releases/duties.ts";
import type { Terminal } from "./terminal.ts";

/** Whoever has the data directory. */
export const operator: Author = { by: "operator", role: "operator" };

/**
 * Opens a data directory for writing.
 *
 * @throws {DocketError} `directory_locked` while a server runs, which is to be asked then
 */
export async function openDirectory(
  data: string,
  terminal: Terminal,
  options: Pick<OpenInstallationOptions, "takesEdits"> = {},
): Promise<OpenInstallation> {
  return openWithProgress(readInstallation(data), terminal, options).catch((error: unknown) => {
    if (!(error instanceof DocketError) || error.code !== "directory_locked") throw error;
    const message = `${error.message}; ask the server that runs, with --url`;
    throw new DocketError("directory_locked", message, { cause: error });
  });
}
