// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { Command } from "commander";
import { DocketError } from "../error.ts";
import { reportFailure } from "./failure.ts";
import { run } from "./main.ts";
import { createProgram } from "./program.ts";
import { testTerminal } from "./testing/run-docket.ts";

const reference = readFileSync(new URL("../../../../docs/reference/cli.md", import.meta.url), "utf8");

/** Every command that does something, with the words that call it. */
function commands(): { words: string[]; command: Command }[] {
  const found: { words: string[]; command: Command }[] = [];
  const visit = (command: Command, words: string[]): void => {
    const below = command.commands.filter((each) => each.name() !== "help");
    // These do something themselves, and have commands below them.
    if (below.length === 0 || ["clock", "disputes", "key", "keys", "receipt"].includes(words.join()))
      found.push({ words, command });
    for (const each of below) visit(each, [...words, each.name()]);
  };
  visit(
    createProgram(testTerminal().terminal, () => undefined),
    [],
  );
  return found;
}

describe("help", () => {
  for (const { words } of commands()) {
    test(`docket ${words.join(" ")} --help has an example that calls it`, async () => {
      const { terminal, stdout } = testTerminal();
      assert.equal(await run([...words, "--help"], terminal), 0);
      const help = stdout();
      assert.match(help, /Examples?:/);
      assert.ok(help.includes(`$ docket ${words.join(" ")}`), help);
    });
  }

  test("of the program goes to standard output if it was asked for, else to standard error", async () => {
    const asked = testTerminal();
    assert.equal(await run(["--help"], asked.terminal), 0);
    assert.match(asked.stdout(), /Commands:/);
    const notAsked = testTerminal();
    assert.equal(await run([], notAsked.terminal), 2);
    assert.equal(notAsked.stdout(), "");
    assert.match(notAsked.stderr(), /Commands:/);
  });
});

describe("the reference", () => {
  test("lists every command and no other", () => {
    const listed = [...reference.matchAll(/^## docket (.+)$/gm)].map((match) => match[1]);
    const table = [...reference.matchAll(/^\| `docket ([a-z -]+)` \|/gm)].map((match) => match[1]);
    const real = commands().map(({ words }) => words.join(" "));
    assert.deepEqual(listed, real);
    assert.deepEqual(table, real);
  });

  for (const { words, command } of commands()) {
    test(`lists every option of docket ${words.join(" ")} and no other`, () => {
      const [, after = ""] = reference.split(`## docket ${words.join(" ")}\n`);
      const [section = ""] = after.split("\n## ");
      const listed = [...section.matchAll(/^\| `(-[^`]+)` \|/gm)].map((match) => match[1]);
      assert.deepEqual(listed.sort(), command.options.map((option) => option.flags).sort());
    });
  }
});

describe("used wrongly, it does nothing and ends with 2", () => {
  const wrong: [string[], RegExp][] = [
    [["frobnicate"], /docket: unknown command 'frobnicate'/],
    [["decide", "--order", "size"], /--order.*time, file/],
    [["decide", "a.ndjson", "--receipts", "--quiet"], /cannot be used with/],
    [["decide", "a.ndjson", "b.ndjson"], /too many arguments/],
    [["show", "1.5"], /whole number from 0 on/],
    [["receipt", "-1"], /unknown option '-1'/],
    [["receipt", "1", "--data", "d", "--url", "http://localhost"], /cannot be used with/],
    [["receipt", "1", "--checkpoint", "newest"], /size, or cosigned, or kept/],
    [["receipt", "refresh", "/nowhere/receipt.json"], /cannot read \/nowhere\/receipt.json: ENOENT/],
    [["receipt", "refresh", "f", "--data", "d", "--url", "http://localhost"], /cannot be used with/],
    [["init"], /missing required argument/],
    [["apikey", "create"], /--role/],
    [["decide", "/nowhere/a.ndjson"], /cannot read \/nowhere\/a.ndjson: ENOENT[^]*usage: /],
    [["decide", "--map", "id=a"], /--map: it says nothing of actor.id/],
    [["decide", "--map", "imaginary"], /--map: "imaginary" is neither/],
    [["serve", "--listen", "everywhere"], /no address to listen on/],
    [["key", "--data", "/nowhere/data"], /not a data directory[^]*usage: /],
    [["show", "1", "--url", "ftp://localhost"], /is no URL/],
  ];
  for (const [words, message] of wrong) {
    test(`docket ${words.join(" ")}`, async () => {
      const { terminal, stdout, stderr } = testTerminal();
      assert.equal(await run(words, terminal), 2);
      assert.equal(stdout(), "");
      assert.match(stderr(), message);
    });
  }
});

describe("errors", () => {
  test("say what is wrong, then the code and what to do", () => {
    const { terminal, stderr } = testTerminal();
    const error = new DocketError("directory_damaged", "the journal is damaged");
    assert.equal(reportFailure(error, terminal), 1);
    assert.match(
      stderr(),
      /^docket: the journal is damaged\n {2}directory_damaged: Run `docket verify`.*\n$/,
    );
  });

  test("that are unexpected say so, and show where only when asked", () => {
    const quiet = testTerminal();
    assert.equal(reportFailure(new TypeError("x is not a function"), quiet.terminal), 1);
    const said = quiet.stderr();
    assert.match(said, /unexpected error: x is not a function/);
    assert.doesNotMatch(said, /\.ts/);
    const loud = testTerminal();
    const cause = new Error("deeper");
    reportFailure(new Error("outer", { cause }), { ...loud.terminal, env: { DOCKET_DEBUG: "1" } });
    assert.match(loud.stderr(), /main\.test\.ts[^]*caused by Error: deeper/);
  });
});
