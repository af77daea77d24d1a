// SPDX-License-Identifier: Apache-2.0
// `docket list` on a real data directory, in this process.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { createInstallation } from "../src/installation.ts";
import type { ListChanged } from "../src/lists/contract.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { run } from "../src/cli/main.ts";
import type { Terminal } from "../src/cli/terminal.ts";

const policy = `policy: lists
on: [comment]
lists:
  bad_domains: { kind: domain, file: lists/domains.txt }
  bad_words: { kind: term }
  trusted: { kind: actor }
rules:
  - id: bad-domain
    when: signals.domains.exists(d, d in lists.bad_domains)
    then: { outcome: reject }
    reason: { en: Not welcome. }
  - id: bad-words
    when: lists.bad_words.hits(signals.normalised).size() >= 2 && !(actor.id in lists.trusted)
    then: { outcome: hold }
    reason: { en: A moderator looks at this first. }
`;

let folder = "";
let data = "";

async function call(
  words: readonly string[],
  input = "",
): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const terminal: Terminal = {
    stdin: Readable.from(input === "" ? [] : [Buffer.from(input)]),
    stdout,
    stderr,
    env: {},
    clock: Date.now,
    nowMs: () => performance.now(),
    signals: new EventEmitter(),
    temporaryDirectory: folder,
    outputGone: new AbortController().signal,
  };
  const code = await run(words[0] === "verify" ? words : [...words, "--data", data], terminal);
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

/** What such a comment is decided as. */
async function decided(id: string, actor: string, text: string): Promise<string> {
  const event = { id, type: "comment", actor: { id: actor }, content: { text } };
  const { out } = await call(["decide", "-"], `${JSON.stringify(event)}\n`);
  return (JSON.parse(out) as { outcome: string }).outcome;
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "docket-lists-"));
  data = join(folder, "data");
  createInstallation(disk, data, join(folder, "keys"));
  const directory = join(data, "policy");
  rmSync(directory, { recursive: true });
  mkdirSync(join(directory, "lists"), { recursive: true });
  writeFileSync(join(directory, "lists.yaml"), policy);
  writeFileSync(join(directory, "lists/domains.txt"), "evil.example\n");
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe("docket list", () => {
  test("a change outlives the command, and decides", async () => {
    assert.equal(await decided("1", "bob", "free money at the casino"), "allow");
    const added = await call([
      "list",
      "add",
      "bad_words",
      "free money",
      "Casino",
      "--why",
      "a wave",
      "--json",
    ]);
    assert.equal(added.code, 0, added.err);
    assert.equal((JSON.parse(added.out) as ListChanged).added, 2);
    assert.equal(await decided("2", "bob", "FREE money at the casino"), "hold");
    assert.equal((await call(["list", "add", "trusted", "bob", "--why", "known"])).code, 0);
    assert.equal(await decided("3", "bob", "free money at the casino"), "allow");
    assert.equal(await decided("4", "eve", "free money at the casino"), "hold");
    assert.equal(await decided("5", "bob", "https://www.evil.example/x"), "reject");
    const again = await call(["list", "add", "trusted", "bob", "--why", "known"]);
    assert.deepEqual([again.code, again.out], [0, "Nothing changed: trusted has it already.\n"]);
  });

  test("what an entry would have done last week is said, and nothing is changed", async () => {
    const previewed = await call(["list", "add", "bad_domains", "shop.example", "--preview"]);
    assert.match(previewed.out, /^bad_domains would have 1 more and 0 fewer entries. Nothing was changed.\n/);
    assert.match(previewed.out, /\n {2}no rule would have hit otherwise\n$/);
    assert.equal(await decided("6", "zoe", "see https://www.shop.example/x"), "allow");
    const again = await call(["list", "add", "bad_domains", "shop.example", "--preview"]);
    assert.match(again.out, /\n {2}reject {2}1, then 2\n {2}lists\/bad-domain {2}1 hits, then 2\n$/);
    const unsaid = await call(["list", "add", "bad_domains", "shop.example"]);
    assert.equal(unsaid.code, 2);
    assert.match(unsaid.err, /say why, with --why/);
  });

  test("lists are printed, asked, and their changes listed", async () => {
    const { out } = await call(["list", "ls"]);
    assert.match(out, /^bad_domains +domain +1 +file +\S{43}$/m);
    assert.match(out, /^bad_words +term +2 +\S{43}$/m);
    const shown = await call(["list", "show", "bad_words", "--limit", "1"]);
    assert.match(shown.out, /kind +term[^]*\n {2}casino\nMore: --after "casino"\n/);
    assert.match((await call(["list", "show", "bad_words", "--q", "money"])).out, /\n {2}free money\n$/);
    const log = await call(["list", "log", "bad_words"]);
    assert.match(log.out, /^Record \d+, \S+, by operator: a wave\n {2}\+ casino\n {2}\+ free money\n$/);
    const hit = await call(["list", "check", "-"], "https://x.evil.example/\n");
    assert.deepEqual([hit.code, hit.out], [0, "bad_domains  domain  evil.example\n"]);
    const miss = await call(["list", "check", "nobody", "--list", "trusted"]);
    assert.deepEqual([miss.code, miss.out, miss.err], [1, "", "No list has it.\n"]);
  });

  test("what is exported can be imported; a file's mistakes are named, and nothing is changed", async () => {
    const wrong = await call(
      ["list", "import", "bad_words", "-", "--why", "x"],
      "new\nend until 2031-13-01T00:00:00Z\n",
    );
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /nothing was changed:\n-:2:11: expected a time such as/);
    const file = "#1\n\\#tag*\nlater until 2031-01-01T00:00:00Z\ncasino\n";
    const made = await call(["list", "import", "bad_words", "-", "--replace", "--why", "x"], file);
    assert.match(
      made.out,
      /^3 entries in -: 2 added, 1 removed; record \d+\nbad_words has 3 entries now\.\n$/,
    );
    const { out } = await call(["list", "export", "bad_words"]);
    assert.match(out, /^# bad_words: 3 entries of kind term, version \S{43}\n/);
    const lines = out.split("\n").slice(1).join("\n");
    assert.equal(lines, "\\#tag*\ncasino\nlater until 2031-01-01T00:00:00.000Z\n");
    const again = await call(["list", "import", "bad_words", "-", "--replace", "--why", "x"], out);
    assert.match(again.out, /^3 entries in -: nothing to change\n/);
    const persons = await call(["list", "import", "trusted", "-", "--replace", "--why", "x"], "alice\n");
    assert.match(persons.err, /trusted holds keyed hashes of account ids/);
  });

  test("an edited file changes its list at the next opening", async () => {
    await call(["list", "add", "bad_domains", "mine.example", "--why", "seen"]);
    writeFileSync(join(data, "policy/lists/domains.txt"), "worse.example\n");
    assert.match((await call(["list", "export", "bad_domains"])).out, /\nmine\.example\nworse\.example\n$/);
  });

  test("a mistake in a list's file is found by the check of the policy", async () => {
    const file = join(data, "policy/lists/domains.txt");
    writeFileSync(file, "worse.example\ntwo words\n");
    const wrong = await call(["policy", "check"]);
    assert.equal(wrong.code, 1);
    assert.match(
      wrong.out,
      /lists\/domains\.txt:2:1: expected a host name such as example\.com \("two words"\)/,
    );
    rmSync(file);
    assert.match(
      (await call(["policy", "check"])).out,
      /lists\.yaml:4:1: the file of the list bad_domains, .* not there/,
    );
    writeFileSync(file, "worse.example\n");
    assert.equal((await call(["policy", "check"])).code, 0);
  });

  test("used wrongly it says how", async () => {
    const refused = async (words: readonly string[], message: RegExp, code = 2): Promise<void> => {
      const answer = await call(words);
      assert.equal(answer.code, code, answer.err);
      assert.match(answer.err, message);
    };
    await refused(["list", "add", "bad_words", "x"], /--why/);
    await refused(
      ["list", "add", "worse", "x", "--why", "y"],
      /there is no list "worse"; there are: bad_domains, bad_words, trusted/,
    );
    await refused(["list", "add", "bad_domains", "com", "--why", "y"], /com is a suffix of many people's/, 1);
    await refused(["list", "add", "bad_words", "x", "--until", "soon", "--why", "y"], /2026-12-31T00:00:00Z/);
    await refused(["list", "import", "bad_words", "/nowhere", "--why", "y"], /cannot read \/nowhere: ENOENT/);
  });

  test("verify checks every version that a release names, byte by byte", async () => {
    const verified = async (): Promise<string> => {
      const { out } = await call(["verify", data, "--key", join(data, "log.vkey")]);
      return /^.*releases .*$/m.exec(out)?.[0] ?? out;
    };
    assert.match(await verified(), /^ok +releases .*, with \d+ versions of lists by their hashes$/);
    const lists = join(data, "sites/main/lists");
    for (const name of readdirSync(lists)) {
      for (const file of readdirSync(join(lists, name))) {
        const path = join(lists, name, file);
        const whole = readFileSync(path);
        const changed = Buffer.from(whole);
        changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
        writeFileSync(path, changed);
        const found = await verified();
        assert.ok(!found.startsWith("ok"), `${file}: ${found}`);
        if (file.startsWith("change") || file.startsWith("base")) {
          rmSync(path);
          assert.match(await verified(), /is missing, and the (release|change) \S{43} names it/);
        }
        writeFileSync(path, whole);
      }
    }
    assert.match(await verified(), /^ok +releases/);
  });

  test("replay makes the decisions again, under the lists as they were", async () => {
    const { code, out, err } = await call(["replay", "--evidence"]);
    assert.equal(code, 0, out + err);
  });
});
