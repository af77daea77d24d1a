// SPDX-License-Identifier: Apache-2.0
// Asks the registry whether anything is known against the packages that are locked. `npm run audit` runs it.
//
// Exits with 1 for a finding of severity high or critical. A registry that can't be asked is said and exits
// with 0: whether the tests pass must not depend on it, and nothing is taken for fine that was not looked at.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type AuditResult, readAudit } from "./audit-result.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
/** A registry that takes longer can't be asked, in milliseconds. */
const askWithinMs = 60_000;

const result = readAudit(await askRegistry());
process.stdout.write(`${textOf(result)}\n`);
process.exitCode = result.kind === "findings" && result.grave.length > 0 ? 1 : 0;

function textOf(result: AuditResult): string {
  if (result.kind === "unasked") return `audit: NOT CHECKED, the registry can't be asked: ${result.why}`;
  const { grave, lesser } = result;
  const found =
    `audit: ${grave.length} packages with findings of severity high or critical, ` +
    `${lesser} with lesser ones`;
  return [found, ...grave.map((line) => `  ${line}`)].join("\n");
}

function askRegistry(): Promise<string> {
  return new Promise((resolve) => {
    const words = ["audit", "--json", "--package-lock-only"];
    const child = spawn("npm", words, {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
      timeout: askWithinMs,
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", () => resolve(""));
    child.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}
