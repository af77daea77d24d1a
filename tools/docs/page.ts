// SPDX-License-Identifier: Apache-2.0
// A Markdown page as the tests of the documentation see it: its fenced blocks, in order.

/** A fenced block of a page. */
export interface Block {
  /** The first word after the fence: `bash`, `text`, … */
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** Why it is not run, if a comment `<!-- not run: reason -->` just above says so. */
  readonly notRun: string | undefined;
}

/** The languages that a block may have. `bash` is run; `sh` is a fragment, and is not. */
export const languages: readonly string[] = ["bash", "sh", "text", "json", "yaml", "mermaid", "ts"];

/** Reads the blocks of a page. */
export function readBlocks(page: string): Block[] {
  const lines = page.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = /^( *)(```+|~~~+)\s*(\S*)/.exec(lines[at] ?? "");
    if (fence === null) continue;
    const [, indent = "", mark = "", language = ""] = fence;
    const first = at + 1;
    at = first;
    while (at < lines.length && lines[at]?.trim() !== mark) at++;
    const body = lines.slice(first, at).map((line) => line.slice(indent.length));
    blocks.push({ language, text: body.join("\n"), line: first, notRun: reasonAbove(lines, first - 1) });
  }
  return blocks;
}

/**
 * The pieces of a `json` block that must parse: the whole, or its lines. `…` outside of strings stands for
 * what is left out, and is taken out together with a comma before it.
 */
export function jsonOf(block: string): unknown[] {
  const whole = block.replaceAll(
    /("(?:[^"\\]|\\.)*")|,?\s*…/g,
    (_, string: string | undefined) => string ?? "",
  );
  try {
    return [JSON.parse(whole)];
  } catch (error) {
    const lines = whole.split("\n").filter((line) => line.trim() !== "");
    if (lines.length < 2) throw error;
    return lines.map((line) => JSON.parse(line) as unknown);
  }
}

/**
 * Compares what a page says is printed with what was. Lines of the page must come in this order, and others
 * may come between: pages show shortened output. `…` in a line stands for any characters; a line of `…` alone
 * says nothing. How many spaces stand between columns doesn't matter.
 *
 * @returns the first line that did not come
 */
export function missingLine(expected: string, actual: string): string | undefined {
  const lines = tidyLines(actual);
  let at = 0;
  for (const line of tidyLines(expected)) {
    if (line === "" || line.trim() === "…") continue;
    const pattern = new RegExp(
      `^${line
        .split("…")
        .map((part) => RegExp.escape(part))
        .join(".*")}$`,
      "u",
    );
    while (at < lines.length && !pattern.test(lines[at] ?? "")) at++;
    if (at === lines.length) return line;
    at++;
  }
  return undefined;
}

function tidyLines(text: string): string[] {
  return text.split("\n").map((line) => line.trimEnd().replaceAll(/ {2,}/g, "  "));
}

function reasonAbove(lines: readonly string[], fence: number): string | undefined {
  let at = fence - 1;
  while (at >= 0 && lines[at]?.trim() === "") at--;
  return /^\s*<!-- not run: (.+?) -->\s*$/.exec(lines[at] ?? "")?.[1];
}
