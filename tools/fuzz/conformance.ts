// SPDX-License-Identifier: Apache-2.0
// `npm run conformance:policy`: what becomes of CEL's conformance cases, as the tables of
// docs/formats/policy-conditions.md; with --write into that page.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { accountFor, conformanceTables } from "../../packages/policy/src/testing/cel-features.ts";
import { celSpecCases } from "../../packages/policy/src/testing/cel-spec.ts";

const page = new URL("../../docs/formats/policy-conditions.md", import.meta.url);
const [begin, end] = ["<!-- conformance -->", "<!-- /conformance -->"];

const { values: options } = parseArgs({ options: { write: { type: "boolean", default: false } } });
const account = accountFor(celSpecCases());
const tables = conformanceTables(account);
process.stdout.write(`${tables}\n`);
for (const wrong of account.wrong) process.stdout.write(`WRONG ${wrong}\n`);
for (const unexplained of account.unexplained)
  process.stdout.write(`REFUSED WITHOUT A REASON ${unexplained}\n`);
if (options.write) {
  const before = readFileSync(page, "utf8");
  const from = before.indexOf(begin) + begin.length;
  const to = before.indexOf(end);
  writeFileSync(page, `${before.slice(0, from)}\n${tables}\n${before.slice(to)}`);
}
process.exitCode = account.wrong.length + account.unexplained.length === 0 ? 0 : 1;
