// SPDX-License-Identifier: Apache-2.0
// Case files that nobody made. What is wrong with real ones is tested where they are made
// (packages/docket/src/cli/case/case.test.ts).
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  caseFileFormat,
  caseSlot,
  embedCaseFile,
  encodeCaseFile,
  looksLikeCaseFile,
  verifyCaseFile,
} from "./case-file.ts";
import type { CaseFile } from "./case-file.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("</script>", "<!--", "\u2028", "\\u003c", "\ud800", caseSlot, '"', "\u202e", "\u{e0001}"),
);
const entry = fc.record({ index: fc.nat(), at: text, kind: text, says: text });
const file: fc.Arbitrary<CaseFile> = fc.record({
  format: fc.constant(caseFileFormat),
  content: fc.record({
    origin: text,
    made: text,
    by: text,
    role: text,
    reason: text,
    actor: fc.option(text),
    figures: fc.option(fc.array(fc.tuple(text, text), { maxLength: 2 })),
    more: fc.boolean(),
    entries: fc.array(entry, { maxLength: 3 }),
    decisions: fc.array(fc.record({ index: fc.nat(), words: text }), { maxLength: 2 }),
    receipts: fc.array(text, { maxLength: 3 }),
  }),
  export: text,
});

test("whatever stands in a case file, it is read, and is not verified", () => {
  fc.assert(
    fc.property(file, (made) => {
      const json = encodeCaseFile(made);
      assert.ok(looksLikeCaseFile(json));
      const report = verifyCaseFile(json);
      assert.equal(report.verdict, "failed");
      assert.equal(report.checks[0]?.ok, true, report.checks[0]?.detail);
      const page = embedCaseFile(`<!doctype html>\n<p>x</p>${caseSlot}`, json);
      assert.equal(page.match(/<\/script>/g)?.length, 1);
      assert.ok(!/[\u2028\u2029\u202e]|<!--/.test(page));
      const embedded = verifyCaseFile(page);
      assert.equal(embedded.verdict, "failed");
      assert.equal(embedded.checks[0]?.ok, true, embedded.checks[0]?.detail);
    }),
    { numRuns: 200 },
  );
});

test("what is no case file is refused, and nothing is thrown", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string(), text), fc.boolean(), (given, isPage) => {
      const page = `<!doctype html>${caseSlot.replace("></", `>${given}</`)}`;
      const report = verifyCaseFile(isPage ? page : given);
      assert.equal(report.verdict, "failed");
      assert.equal(report.checks[0]?.ok, false);
    }),
    { numRuns: 300 },
  );
});
