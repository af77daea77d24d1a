// SPDX-License-Identifier: Apache-2.0
// Fuzzes every route of a server with its OpenAPI description, and its parser of HTTP with what is none.
//
//   npm run fuzz:http -- [--requests N] [--seed N] [--json FILE]
//
// The seed is printed; each request follows from it and from its own number. Exit code 1 if any answer is a
// 5xx that is not documented, does not end, or tells of the insides, if a hidden request is answered, if the
// server does not answer at the end, or if its log does not verify.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { sharedPath, skipReason } from "../shared-data.ts";
import { fuzzTarget } from "./http/fuzz-target.ts";

const { values: options } = parseArgs({
  options: {
    requests: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const path = sharedPath("vectors/naughty-strings/blns.json");
if (path === undefined) throw new Error(skipReason("vectors/naughty-strings"));
const naughty = JSON.parse(readFileSync(path, "utf8")) as string[];
const reportEvery = 1000;

const report = await fuzzTarget({
  requests: count("--requests", options.requests),
  seed: count("--seed", options.seed),
  naughty,
  onProgress: (done) => {
    if (done % reportEvery === 0) process.stderr.write(`${done} requests\n`);
  },
});
process.stdout.write(`${JSON.stringify({ ...report, findings: report.findings.length })}\n`);
for (const finding of report.findings) process.stdout.write(`${JSON.stringify(finding)}\n`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
process.exitCode = report.findings.length === 0 ? 0 : 1;

function count(name: string, text: string): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text)) return value;
  throw new Error(`${name} is a whole number, and not ${text}`);
}
