// SPDX-License-Identifier: Apache-2.0
// Runs the commands of a page as a newcomer would: in a fresh folder with the examples, by `npx docket`.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { missingLine, readBlocks } from "./page.ts";
import type { Block } from "./page.ts";
import { documentedAddress, scriptOf } from "./script.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** A page that takes longer hangs, in ms. */
const pageMsMax = 300_000;

/**
 * Runs the `bash` blocks of a page.
 *
 * @returns what is wrong: a command that failed, or output that a `text` block below it shows and that did
 *   not come
 */
export async function runPage(page: string): Promise<string[]> {
  const blocks = readBlocks(page);
  const run = blocks.filter((block) => block.language === "bash" && block.notRun === undefined);
  const folder = mkdtempSync(join(tmpdir(), "docket-docs-"));
  try {
    const address = `127.0.0.1:${await freePort()}`;
    const logs = join(folder, "logs");
    mkdirSync(logs);
    const code = await runScript(folder, logs, scriptOf(run, address), address);
    const problems = existsSync(join(logs, "failed"))
      ? readFileSync(join(logs, "failed"), "utf8").trim().split("\n")
      : code === 0
        ? []
        : [`bash ended with ${code}`];
    if (problems.length === 0) return run.flatMap((block) => outputProblems(block, blocks, logs, address));
    return [...problems, lastOutput(run, logs)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function outputProblems(block: Block, blocks: readonly Block[], logs: string, address: string): string[] {
  const shown = blocks[blocks.indexOf(block) + 1];
  if (shown?.language !== "text" || shown.notRun !== undefined) return [];
  const actual = outputOf(block, logs) ?? "";
  const missing = missingLine(shown.text.replaceAll(documentedAddress, address), actual);
  if (missing === undefined) return [];
  return [`line ${shown.line} shows output that did not come: ${missing}\nWhat came:\n${actual}`];
}

function lastOutput(run: readonly Block[], logs: string): string {
  const last = run.findLast((block) => outputOf(block, logs) !== undefined);
  return last === undefined ? "" : `Output of the block of line ${last.line}:\n${outputOf(last, logs)}`;
}

function outputOf(block: Block, logs: string): string | undefined {
  const path = join(logs, `${block.line}.out`);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

async function runScript(
  folder: string,
  logs: string,
  script: string,
  address: string,
): Promise<number | null> {
  const work = join(folder, "docket");
  const commands = join(folder, "bin");
  mkdirSync(work);
  mkdirSync(commands);
  cpSync(join(root, "examples"), join(work, "examples"), { recursive: true });
  writeFileSync(join(commands, "npx"), npxShim(address), { mode: 0o755 });
  writeFileSync(join(folder, "page.sh"), script);
  const child = spawn("bash", [join(folder, "page.sh")], {
    cwd: work,
    // A group of its own, so that a page that hangs is ended with all that it started.
    detached: true,
    stdio: "ignore",
    env: {
      PATH: [commands, process.env["PATH"] ?? ""].join(delimiter),
      HOME: folder,
      TMPDIR: folder,
      LC_ALL: "C.UTF-8",
      DOCKET_DOCS: logs,
      ...compileCache(),
    },
  });
  const timer = setTimeout(() => process.kill(-(child.pid as number), "SIGKILL"), pageMsMax);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

// A page runs many short processes, which all compile the same.
function compileCache(): NodeJS.ProcessEnv {
  const folder = process.env["NODE_COMPILE_CACHE"];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

// `npx docket` of a clone, without npm's own second. A server takes the free port unless the page names one.
function npxShim(address: string): string {
  const binary = join(root, "packages/docket/bin/docket.js");
  return `#!/bin/sh
[ "$1" = docket ] || { echo "pages call npx docket, and not npx $1" >&2; exit 127; }
shift
if [ "$1" = serve ]; then shift; set -- serve --listen ${address} "$@"; fi
exec "${process.execPath}" --conditions=@docket/source "${binary}" "$@"
`;
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
