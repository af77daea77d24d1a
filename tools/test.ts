// SPDX-License-Identifier: Apache-2.0
// Everything that must hold before a commit, what fails fastest first. `npm test` runs it.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { globSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type TapSummary, readTap } from "./tap.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
/** A test that takes longer hangs, in milliseconds. Far above what any takes, since machines may be slow. */
const unitTimeoutMs = 120_000;
const integrationTimeoutMs = 600_000;
/** Unit tests are shared out among so many processes at most: each takes some hundred MB. */
const shardsMax = 4;
/** Lines that are told of how a test failed. */
const detailsMax = 30;
/** The longest files begin first, so that nothing waits for them at the end. */
const longFiles = /integration\/(docs-\d|copies)\.test\.ts$/;

/** Property tests try the same each time, so that a change is to blame for what fails. */
const defaultSeed = 20_261_123;
const seedBelow = 2 ** 31;

const help = `Runs the checks and tests of the whole repository and exits with 1 if any failed.

Usage: npm test [-- [--only STEPS] [--seed SEED] [PATH...]]

  --only STEPS   run only these steps, separated by commas
  --seed SEED    of property tests: a number (default ${defaultSeed}), or "random" for another
  PATH           run only test files whose path contains one of these
  --help         print this

Steps, in order:
  build          tsc -b: the packages compile
  types          tsc: tests and tools type-check
  lint           oxlint, type-aware, warnings are errors
  format         oxfmt --check
  unit           packages/*/src/**/*.test.ts and tools/**/*.test.ts, shared out among a few processes
  integration    packages/*/integration/**/*.test.ts, a process for each file

With DOCKET_REQUIRE_ENGINES=1 in the environment a skipped test is a failure.

Examples: npm test -- --only types,unit packages/tlog
          npm test -- --only unit --seed random packages/policy
`;

interface Step {
  readonly name: string;
  /** Returns what went wrong, or `undefined` if nothing did. */
  readonly run: (paths: readonly string[]) => Promise<string | undefined>;
}

const steps: readonly Step[] = [
  { name: "build", run: () => run("tsc", ["-b"]) },
  { name: "types", run: checkTypes },
  { name: "lint", run: () => run("oxlint", ["--type-aware", "--deny-warnings"]) },
  { name: "format", run: () => run("oxfmt", ["--check", "."]) },
  { name: "unit", run: runUnitTests },
  { name: "integration", run: runIntegrationTests },
];

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        only: { type: "string" },
        seed: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${help}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const wanted = values.only?.split(",") ?? steps.map((step) => step.name);
  const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`There is no step ${unknown.join(", ")}.\n\n${help}`);
    return 2;
  }
  const seed = values.seed === "random" ? randomInt(seedBelow) : Number(values.seed ?? defaultSeed);
  if (!Number.isSafeInteger(seed)) {
    process.stderr.write(`--seed takes a whole number or "random", not ${values.seed}.\n\n${help}`);
    return 2;
  }
  process.env["DOCKET_PROPERTY_SEED"] = String(seed);
  process.stdout.write(`property tests begin with seed ${seed}\n`);
  return runSteps(
    steps.filter((step) => wanted.includes(step.name)),
    positionals,
  );
}

async function runSteps(chosen: readonly Step[], paths: readonly string[]): Promise<number> {
  const report: string[] = [];
  let failures = 0;
  for (const step of chosen) {
    process.stdout.write(`\n== ${step.name}\n`);
    const startedAt = performance.now();
    const problem = await step.run(paths);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    if (problem !== undefined) failures += 1;
    report.push(
      `${problem === undefined ? "ok    " : "FAILED"} ${step.name} (${seconds} s) ${problem ?? ""}`.trimEnd(),
    );
  }
  process.stdout.write(`\n== summary\n${report.join("\n")}\n`);
  return failures === 0 ? 0 : 1;
}

// What runs in a browser is checked with a browser's types, and apart from all else, which has none.
async function checkTypes(): Promise<string | undefined> {
  const rest = await run("tsc", ["-p", "tsconfig.tests.json"]);
  const pages = await run("tsc", ["-p", "packages/pages/tsconfig.tests.json"]);
  const console_ = await run("tsc", ["-p", "packages/console/tsconfig.json"]);
  return rest ?? pages ?? console_;
}

function runUnitTests(paths: readonly string[]): Promise<string | undefined> {
  const files = testFiles(["packages/*/src/**/*.test.ts", "tools/**/*.test.ts"], paths);
  if (files.length === 0 && paths.length === 0) return Promise.resolve("there are no unit tests at all");
  const options = ["--test-isolation=none", `--test-timeout=${unitTimeoutMs}`];
  return runTests(shared(files, Math.min(availableParallelism(), shardsMax)), options);
}

function runIntegrationTests(paths: readonly string[]): Promise<string | undefined> {
  const files = testFiles(["packages/*/integration/**/*.test.ts"], paths);
  const ordered = [...files].sort((a, b) => Number(longFiles.test(b)) - Number(longFiles.test(a)));
  return runTests([ordered], ["--test-concurrency=2", `--test-timeout=${integrationTimeoutMs}`]);
}

/** Shares files out in turn: those of one folder take about as long as each other. */
function shared(files: readonly string[], count: number): string[][] {
  const shards = Array.from({ length: count }, (_, place) =>
    files.filter((_file, at) => at % count === place),
  );
  return shards.filter((shard) => shard.length > 0);
}

function testFiles(patterns: readonly string[], paths: readonly string[]): string[] {
  const files = globSync([...patterns], { cwd: root, exclude: ["**/node_modules/**", "**/dist/**"] });
  return files.filter((file) => paths.length === 0 || paths.some((path) => file.includes(path))).sort();
}

/** Runs shards of test files side by side. What the first prints is seen at once, the others' after it. */
async function runTests(
  shards: readonly (readonly string[])[],
  options: readonly string[],
): Promise<string | undefined> {
  if (shards.length === 0 || shards[0]?.length === 0) {
    process.stdout.write("no test files\n");
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "docket-test-"));
  try {
    const problems = await Promise.all(shards.map((files, place) => runShard(files, options, folder, place)));
    for (let place = 1; place < shards.length; place++) {
      process.stdout.write(readFileSync(outputPath(folder, place)));
    }
    const taps = shards.map((_, place) => readTap(readFileSync(tapPath(folder, place), "utf8")));
    // Once more at the end, where somebody looks who has only the last lines.
    for (const { name, details } of taps.flatMap(({ failed }) => failed)) {
      process.stdout.write(`failed: ${name}\n${details.slice(0, detailsMax).join("\n")}\n`);
    }
    return problems.find((problem) => problem !== undefined) ?? firstProblem(taps);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runShard(
  files: readonly string[],
  options: readonly string[],
  folder: string,
  place: number,
): Promise<string | undefined> {
  const reporters = [
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${tapPath(folder, place)}`,
  ];
  const seeded = `--import=${new URL("seed-properties.ts", import.meta.url).href}`;
  const args = ["--conditions=@docket/source", seeded, "--test", ...options, ...reporters, ...files];
  const output = place === 0 ? "inherit" : openSync(outputPath(folder, place), "w");
  // What the many short processes of the tests have compiled once, they need not compile again.
  return run("node", args, output, { NODE_COMPILE_CACHE: join(folder, "compiled") });
}

function tapPath(folder: string, place: number): string {
  return join(folder, `run-${place}.tap`);
}

function outputPath(folder: string, place: number): string {
  return join(folder, `output-${place}.txt`);
}

function firstProblem(taps: readonly TapSummary[]): string | undefined {
  for (const tap of taps) {
    const problem = checkRun(tap);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What is wrong with a run that ended well: nothing ran, or tests were skipped that had to run. */
function checkRun({ skipped, tests, skippedCount }: TapSummary): string | undefined {
  for (const { name, reason } of skipped) {
    process.stdout.write(`skipped: ${name}: ${reason === "" ? "no reason given" : reason}\n`);
  }
  if (tests === undefined || skippedCount === undefined) return "the test runner ended before its summary";
  if (tests === 0) return "no test ran";
  const count = Math.max(skipped.length, skippedCount);
  if (count > 0 && process.env["DOCKET_REQUIRE_ENGINES"] === "1") {
    return `${count} skipped, and DOCKET_REQUIRE_ENGINES=1 allows none`;
  }
  return undefined;
}

/** Runs a command of the workspace, its output going to ours or to a file; returns what went wrong. */
function run(
  command: string,
  args: readonly string[],
  output: "inherit" | number = "inherit",
  more: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  // The workspace's own tools come first, its Node 24 among them, also when this is not started by npm.
  const path = [join(root, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...more, PATH: path },
    stdio: ["inherit", output, output],
  });
  return new Promise((resolve) => {
    child.on("error", (error) => {
      resolve(`${command} did not start: ${error.message}`);
    });
    child.on("exit", (code, signal) => {
      resolve(code === 0 ? undefined : `${command} ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}
