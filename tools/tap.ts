// SPDX-License-Identifier: Apache-2.0
// Reads out of a TAP stream, as Node's test runner writes it, which tests failed, which were skipped and how
// many ran.

/** A test that did not run. */
export interface SkippedTest {
  readonly name: string;
  /** What the test gave as its reason; empty where it gave none. */
  readonly reason: string;
}

/** A test that failed by itself, not by one within it. */
export interface FailedTest {
  readonly name: string;
  /** The block of YAML that says how, without its indentation: where, the error, the stack. */
  readonly details: readonly string[];
}

/** What a TAP stream says of its run. */
export interface TapSummary {
  readonly failed: readonly FailedTest[];
  readonly skipped: readonly SkippedTest[];
  /** The runner's own count of tests, or `undefined` where the stream broke off before it. */
  readonly tests: number | undefined;
  /** The runner's own count of skipped tests, or `undefined` where the stream broke off before it. */
  readonly skippedCount: number | undefined;
}

/** Reads a whole TAP stream. */
export function readTap(tap: string): TapSummary {
  const lines = tap.split("\n");
  const skipped = lines.flatMap((line) => {
    // In names the runner writes # as \#, so that # SKIP is always the directive.
    const match = /^\s*(?:not )?ok \d+ - (.*) # SKIP ?(.*)$/.exec(line);
    return match === null ? [] : [{ name: match[1] ?? "", reason: match[2] ?? "" }];
  });
  return {
    failed: failedIn(lines),
    skipped,
    tests: count(lines, "tests"),
    skippedCount: count(lines, "skipped"),
  };
}

function failedIn(lines: readonly string[]): FailedTest[] {
  return lines.flatMap((line, at) => {
    const match = /^(\s*)not ok \d+ - (.*)$/.exec(line);
    // What is yet to be done may fail.
    if (match === null || / # (SKIP|TODO)\b/.test(line)) return [];
    const [, indentation = "", name = ""] = match;
    const end = lines.indexOf(`${indentation}  ...`, at);
    const details = lines.slice(at + 2, end < 0 ? undefined : end).map((each) => each.trim());
    return details.includes("failureType: 'subtestsFailed'") ? [] : [{ name, details }];
  });
}

function count(lines: readonly string[], what: string): number | undefined {
  const line = lines.findLast((candidate) => candidate.startsWith(`# ${what} `));
  return line === undefined ? undefined : Number(line.slice(what.length + 3));
}
