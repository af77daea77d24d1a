// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonOf, missingLine, readBlocks } from "./page.ts";
import { scriptOf } from "./script.ts";

test("reads blocks with their language, place and mark", () => {
  const page =
    "# A\n\n```bash\necho a\necho b\n```\n\n<!-- not run: takes a network -->\n\n```bash\ncurl x\n```\n";
  assert.deepEqual(readBlocks(page), [
    { language: "bash", text: "echo a\necho b", line: 3, notRun: undefined },
    { language: "bash", text: "curl x", line: 10, notRun: "takes a network" },
  ]);
  assert.deepEqual(readBlocks("- a\n  ```text\n  b\n  ```\n"), [
    { language: "text", text: "b", line: 2, notRun: undefined },
  ]);
});

test("reads JSON in which something is left out", () => {
  assert.deepEqual(jsonOf('{"a":[…],"b":{…},"c":"…",…}'), [{ a: [], b: {}, c: "…" }]);
  assert.deepEqual(jsonOf('{"a":1}\n{"b":2,…}'), [{ a: 1 }, { b: 2 }]);
  assert.throws(() => jsonOf('{"a":1,}'), SyntaxError);
  assert.throws(() => jsonOf('{"a":1}\n{"b"}'), SyntaxError);
});

test("output is compared line by line, in order, with gaps", () => {
  const actual = "made /x/y\nevents  9\n\nverified: log a, under b\n";
  assert.equal(missingLine("made …\n…\nverified: log …, under …", actual), undefined);
  assert.equal(missingLine("verified: …\nmade …", actual), "made …");
  assert.equal(missingLine("events      9", actual), undefined);
  assert.equal(missingLine("events  8", actual), "events  8");
  assert.equal(missingLine("made .*", actual), "made .*");
});

test("a script expects exit codes, and waits for servers", () => {
  const text = "a 127.0.0.1:8080 && b\nc x  # exits with 1: as it should\nd &";
  const script = scriptOf([{ language: "bash", text, line: 7, notRun: undefined }], "127.0.0.1:9");
  const lines = script.slice(script.indexOf("docs_line=7")).split("\n");
  assert.deepEqual(lines.slice(2), [
    "a 127.0.0.1:9 && b",
    "docs_code=0; { c x; } || docs_code=$?; docs_expect 9 1 $docs_code",
    "d &",
    "docs_started $!",
  ]);
});
