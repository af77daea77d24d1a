// SPDX-License-Identifier: Apache-2.0
// Conventional logging, done with care for durability: one JSON line an entry, in an ordinary file that
// grows, and one fdatasync for all lines that waited together. It has no tree, no signature and no index.
import { open } from "node:fs/promises";
import type { Contender } from "./contender.ts";
import { groupCommit } from "./group-commit.ts";

/** The name under which ratios are taken. */
export const jsonLinesName = "JSON lines";

/**
 * Opens a file of lines.
 *
 * @param lineOf the line of an input, without its end
 */
export async function openJsonLines<Input>(
  path: string,
  lineOf: (input: Input) => string,
): Promise<Contender<Input>> {
  const file = await open(path, "ax");
  const commit = async (lines: readonly string[]): Promise<void> => {
    await file.write(lines.join(""));
    await file.datasync();
  };
  const append = groupCommit([commit]);
  return {
    name: jsonLinesName,
    append: (input) => append(`${lineOf(input)}\n`),
    close: () => file.close(),
  };
}

/** The line of an opaque entry: what a logging library writes. */
export function entryLine(entry: Buffer): string {
  return JSON.stringify({ time: new Date().toISOString(), entry: entry.toString("latin1") });
}
