// SPDX-License-Identifier: Apache-2.0
// Runs go/*.go, the reader of Docket's logs over golang.org/x/mod, where Go and that package are installed
// (Debian: golang-go, golang-golang-x-mod-dev).
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compileGo, goIsInstalled, goPath } from "./compile-go.ts";

/** Another's reader. Each call resolves with one line that ends in `ok`, or rejects with what was wrong. */
export type GoReader = {
  /** Checks a directory with `checkpoint`, `tile/…` and `tile/entries/…`. */
  check: (dir: string, vkey: string) => Promise<string>;
  /** Checks that a tlog-proof file is a proof of the entry in another file. */
  checkProof: (proofFile: string, leafFile: string, vkey: string) => Promise<string>;
  /** Judges a file of packages/tlog/vectors: by the name of each case `accept`, or `refuse: ` and why. */
  judgeVectors: (file: string) => Promise<Record<string, string>>;
  /** Checks that a witness (a key of type 0x04) cosigned the checkpoint in a file. */
  checkCosigned: (noteFile: string, vkey: string) => Promise<string>;
};

/** The reader, or `undefined` where Go or its package is absent. It is compiled at the first call, once. */
export function goReader(): GoReader | undefined {
  if (!packageIsInstalled()) return undefined;
  return {
    check: (dir, vkey) => run(["check", dir, vkey]),
    checkProof: (proofFile, leafFile, vkey) => run(["proof", proofFile, leafFile, vkey]),
    judgeVectors: async (file) => JSON.parse(await run(["vectors", file])) as Record<string, string>,
    checkCosigned: (noteFile, vkey) => run(["cosigned", noteFile, vkey]),
  };
}

/** What a test says when it skips for want of Go. */
export const goSkipReason = "golang-go and golang-golang-x-mod-dev are not installed";

const execute = promisify(execFile);

let compiled: Promise<string> | undefined;

function packageIsInstalled(): boolean {
  return goIsInstalled() && existsSync(join(goPath, "src/golang.org/x/mod/sumdb/tlog"));
}

async function run(args: string[]): Promise<string> {
  compiled ??= compileGo(
    ["main.go", "vectors.go"].map((name) => fileURLToPath(new URL(`go/${name}`, import.meta.url))),
  );
  const { stdout } = await execute(await compiled, args);
  return stdout.trimEnd();
}
