// SPDX-License-Identifier: Apache-2.0
// Compiles the Go programs of this folder, each once in a process (Debian: golang-go).
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** Where Debian puts the sources of Go packages. */
export const goPath = "/usr/share/gocode";

/** Whether there is a Go compiler. */
export function goIsInstalled(): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => folder !== "" && existsSync(join(folder, "go")));
}

/**
 * Compiles a program without a network.
 *
 * @param sources paths of its files
 * @returns the path of the binary, which is removed when this process ends
 */
export async function compileGo(sources: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "docket-go-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, "program");
  const env = {
    ...process.env,
    GO111MODULE: "off",
    GOPATH: goPath,
    GOFLAGS: "",
    GOCACHE: process.env["GOCACHE"] ?? join(process.env["HOME"] ?? folder, ".cache/go-build"),
  };
  await promisify(execFile)("go", ["build", "-o", binary, ...sources], { env, cwd: folder });
  return binary;
}
