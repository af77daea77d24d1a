// SPDX-License-Identifier: Apache-2.0
// What the subset accepts means what CEL says: every conformance case passes, or is refused when the
// condition is loaded for a reason that names what is out. No case is left aside.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { accountFor, conformanceTables } from "../testing/cel-features.ts";
import { celSpecCases } from "../testing/cel-spec.ts";
import { textprotoCases } from "../testing/cel-textproto.ts";

const page = new URL("../../../../docs/formats/policy-conditions.md", import.meta.url);

test("every case of @bufbuild/cel-spec passes or is refused for a reason that names what is out", () => {
  const cases = celSpecCases();
  const account = accountFor(cases);
  assert.deepEqual(account.wrong, []);
  assert.deepEqual(account.unexplained, []);
  let counted = 0;
  for (const { passed, atLoad, out } of account.files.values()) counted += passed + atLoad + out;
  assert.equal(counted, cases.length, "every case is counted");
  assert.ok(cases.length > 2_000);
});

test("docs/formats/policy-conditions.md says what is in and out as the cases do", () => {
  const text = readFileSync(page, "utf8");
  const [, written] = /<!-- conformance -->\n([^]*?)\n<!-- \/conformance -->/.exec(text) ?? [];
  const tables = conformanceTables(accountFor(celSpecCases()));
  assert.equal(written, tables, "run `npm run conformance:policy -- --write`");
});

test("every case of the textproto files passes or is refused alike", (t) => {
  const directory = sharedPath("vectors/cel-conformance");
  if (directory === undefined) return t.skip(skipReason("vectors/cel-conformance"));
  const files = readdirSync(directory).filter((name) => name.endsWith(".textproto"));
  const cases = files.flatMap((name) =>
    textprotoCases(name.slice(0, -".textproto".length), readFileSync(`${directory}/${name}`, "utf8")),
  );
  const account = accountFor(cases);
  assert.deepEqual(account.wrong, []);
  assert.deepEqual(account.unexplained, []);
  t.diagnostic(`${cases.length} cases of ${files.length} files`);
});
