// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { docket as runDocket } from "../testing/run-docket.ts";
import { excerptOf } from "./excerpt.ts";
import { libraryPolicies } from "../../releases/policy-library.ts";

const rule = (when: string, more = ""): string => `policy: p
on: [comment]
rules:
  - id: links
    when: ${when}
    then: { outcome: reject }
    reason: { en: No. }
${more}`;
const tests = `tests:
  - name: three links
    given:
      type: comment
      actor: { id: a }
      content: { text: "https://a.example https://b.example https://c.example" }
    expect: { outcome: reject, rules: [links] }
`;

/** A directory with these files. */
function directory(t: TestContext, files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), "docket-policy-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

async function docket(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, out, err } = await runDocket("", "policy", ...words);
  return { code, stdout: out, stderr: err };
}

describe("docket policy check", () => {
  test("shows each mistake with its line, a caret, and what to do", async (t) => {
    const path = directory(t, {
      "a.yaml": rule("signals.linkCont >= 3"),
      "sub/b.yaml": rule("signals.linkCount >= 3").replace("policy: p", "policy: q").replace("links", "x"),
      "ignored.txt": "no policy",
    });
    const { code, stdout } = await docket("check", path);
    assert.equal(code, 1);
    assert.equal(
      stdout,
      [
        `${path}/a.yaml:5:19: nothing is called "signals.linkCont" (unknown-name)`,
        "  5 |     when: signals.linkCont >= 3",
        "    |                   ^",
        '  did you mean "signals.linkCount"?',
        "",
        `2 files in ${path}: 1 mistake`,
        "",
      ].join("\n"),
    );
  });

  test("warns of what may be meant otherwise, and ends with 0", async (t) => {
    const untested = rule("signals.linkCount >= 3").replace("    reason: { en: No. }\n", "");
    const { code, stdout } = await docket("check", directory(t, { "a.yaml": untested }));
    assert.equal(code, 0);
    assert.match(stdout, /a\.yaml:1: warning: the policy "p" has no tests/);
    assert.match(stdout, /a\.yaml:4: warning: the rule "links" refuses events, and gives no reason/);
    assert.match(stdout, /1 file in .*: 1 rule and 0 tests, no mistake, 2 warnings\n$/);
  });

  test("gives the same as JSON", async (t) => {
    const path = directory(t, { "a.yaml": rule("signals.linkCont >= 3") });
    const { code, stdout } = await docket("check", path, "--json");
    const shown = JSON.parse(stdout) as { ok: boolean; problems: { code: string; line: number }[] };
    assert.equal(code, 1);
    assert.equal(shown.ok, false);
    assert.deepEqual(
      shown.problems.map((each) => [each.code, each.line]),
      [["unknown-name", 5]],
    );
  });

  test("of a directory without policies, or none, does nothing and says what to name", async (t) => {
    const empty = await docket("check", directory(t, { "a.txt": "" }));
    assert.equal(empty.code, 2);
    assert.match(empty.stderr, /holds no policy: put a \.yaml file there/);
    assert.match(
      (await docket("check", "/nowhere")).stderr,
      /cannot read the policy directory \/nowhere: ENOENT/,
    );
    assert.match(
      (await docket("check", "--data", "/nowhere")).stderr,
      /\/nowhere is no data directory; name a directory of policies, or --data/,
    );
  });
});

describe("docket policy test", () => {
  test("ends with 0 if all pass, and shows why each did if asked", async (t) => {
    const path = directory(t, { "a.yaml": rule("signals.linkCount >= 3", tests) });
    assert.deepEqual(await docket("test", path), {
      code: 0,
      stdout: `${path}: 1 test, all pass\n`,
      stderr: "",
    });
    const { stdout } = await docket("test", path, "--verbose");
    assert.match(
      stdout,
      /pass {2}p: three links \(.*a\.yaml:\d+\)\n {6}outcome reject\n {6}links fired \(reject\)/,
    );
    assert.match(stdout, /true {4}signals\.linkCount >= 3 {3}with signals\.linkCount = 3/);
  });

  test("ends with 1 if one fails, and says which clause made it so", async (t) => {
    const path = directory(t, { "a.yaml": rule("signals.linkCount >= 4", tests) });
    const { code, stdout } = await docket("test", path);
    assert.equal(code, 1);
    assert.match(stdout, /FAIL {2}p: three links/);
    assert.match(stdout, /signals\.linkCount >= 4 is false \(signals\.linkCount is 3\)/);
    const json = JSON.parse((await docket("test", path, "--json")).stdout) as { failed: number };
    assert.equal(json.failed, 1);
  });

  test("of a policy with a mistake shows the mistake", async (t) => {
    const { code, stderr } = await docket("test", directory(t, { "a.yaml": rule("signals.nothing") }));
    assert.equal(code, 1);
    assert.match(stderr, /nothing is called "signals\.nothing"/);
  });
});

describe("docket policy diff", () => {
  test("compares directories rule by rule, or line by line", async (t) => {
    const before = directory(t, { "a.yaml": rule("signals.linkCount >= 3") });
    const after = directory(t, { "a.yaml": rule("signals.linkCount >= 4") });
    const { code, stdout } = await docket("diff", before, after);
    assert.equal(code, 0);
    assert.match(stdout, /~ rule p\/links changed, restricts more {2}\(a\.yaml:4\)/);
    assert.match(stdout, / {4}when: signals\.linkCount >= 3 -> signals\.linkCount >= 4/);
    assert.match(stdout, /1 change: may restrict somebody who is not restricted now/);
    const text = await docket("diff", before, after, "--text");
    assert.match(text.stdout, /^--- a\/a\.yaml\n\+\+\+ b\/a\.yaml\n@@ /);
    const json = JSON.parse((await docket("diff", before, after, "--json")).stdout) as {
      restrictsMore: boolean;
    };
    assert.equal(json.restrictsMore, true);
    assert.match((await docket("diff", before, before)).stdout, /nothing differs/);
  });

  test("of a policy with a mistake says where it is", async (t) => {
    const good = directory(t, { "a.yaml": rule("signals.linkCount >= 3") });
    const bad = directory(t, { "a.yaml": rule("signals.nothing") });
    const { code, stderr } = await docket("diff", good, bad);
    assert.equal(code, 2);
    assert.match(stderr, /a\.yaml:5:\d+: nothing is called[^]*policy_invalid/);
  });
});

describe("docket policy new", () => {
  test("writes a policy that is right and whose tests pass, and overwrites none", async (t) => {
    const path = directory(t, {});
    const made = await docket("new", "forum", "--dir", path);
    assert.equal(made.code, 0, made.stderr);
    assert.equal(made.stdout, `Wrote ${path}/forum.yaml\n`);
    assert.match((await docket("check", path)).stdout, /no mistake\n$/);
    assert.match((await docket("test", path)).stdout, /2 tests, all pass/);
    const again = await docket("new", "forum", "--dir", path);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /forum\.yaml is there already/);
  });

  test("copies each policy that comes with Docket under another name", async (t) => {
    assert.ok(libraryPolicies().includes("comments"));
    for (const name of libraryPolicies()) {
      const path = directory(t, {});
      const made = await docket("new", "mine", "--from", name, "--dir", path);
      assert.equal(made.code, 0, made.stderr);
      assert.match(readFileSync(join(path, "mine.yaml"), "utf8"), /^policy: mine$/m);
      assert.equal((await docket("check", path)).code, 0, name);
      assert.match((await docket("test", path)).stdout, /tests, all pass/);
    }
    const unknown = await docket("new", "mine", "--from", "nonsense", "--dir", directory(t, {}));
    assert.match(unknown.stderr, /there is no policy "nonsense" to begin with; .*comments/);
    assert.match((await docket("new", "My Policy")).stderr, /can't be a policy's name/);
  });
});

describe("an excerpt", () => {
  test("cuts long lines around the place, and puts the caret below wide letters", () => {
    const long = `${"a".repeat(300)}X${"b".repeat(300)}`;
    const [line = "", caret = ""] = excerptOf(long, 1, 301).split("\n");
    assert.equal(line[caret.indexOf("^")], "X");
    assert.ok(line.length < 120);
    assert.equal(excerptOf("日本 x", 1, 4), "  1 | 日本 x\n    |      ^\n");
    assert.equal(excerptOf("\tx", 1, 2), "  1 |  x\n    |  ^\n");
    assert.equal(excerptOf("one\r\ntwo", 2), "  2 | two\n");
    assert.equal(excerptOf("one", 9, 5), "  9 |\n    | ^\n");
  });
});

describe("used wrongly", () => {
  for (const [words, message] of [
    [["publish"], /name the proposal's record, or break the glass/],
    [["publish", "x"], /whole number from 0 on/],
    [["publish", "--break-glass", "--for", "2d"], /90m, 4h/],
    [["level", "trio"], /solo, pair, strict/],
    [["approve"], /missing required argument/],
    [["propose", "./policy", "--release", "abcdef"], /name a directory, or an earlier release/],
    [["log", "--data", "/nowhere"], /not a data directory/],
    [["log", "--url", "ftp://x"], /is no URL/],
  ] as const) {
    test(`docket policy ${words.join(" ")}`, async () => {
      const { code, stdout, stderr } = await docket(...words);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, message);
    });
  }
});
