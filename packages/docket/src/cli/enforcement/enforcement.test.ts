// SPDX-License-Identifier: Apache-2.0
// The commands of enforcement on a data directory, and each way to use them wrongly.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VerdictDone, VerdictPreview } from "../../enforcement/contract.ts";
import { enforcementPolicy } from "../../enforcement/testing/site.ts";
import { docket, installationWith } from "../testing/run-docket.ts";
import type { Ran } from "../testing/run-docket.ts";

test("a verdict, a measure, its end and a link, each a record that verifies and replays", async (t) => {
  const { data } = installationWith(t, enforcementPolicy);
  const run = (...words: string[]): Promise<Ran> => docket("", ...words, "--data", data);
  const lines = [
    {
      id: "1",
      type: "comment",
      actor: { id: "alice", ip: "203.0.113.7" },
      content: { id: "1", text: "odd" },
    },
    { id: "2", type: "comment", actor: { id: "bob" }, content: { id: "2", text: "hello" } },
  ];
  const events = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const decided = await docket(events, "decide", "--data", data);
  const [odd = -1, hello = -1] = decided.out
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { index: number }).index);
  const words = ["verdict", String(odd), "remove", "--right", "--reason", "spam"];
  const seen = JSON.parse((await run(...words, "--preview", "--json")).out) as VerdictPreview;
  assert.deepEqual([seen.outcome, seen.strikes.length], ["reject", 1]);
  const done = JSON.parse((await run(...words, "--tell", "en=No.", "--json")).out) as VerdictDone;
  assert.equal(done.strikes[0]?.rule, "odd");
  const network = ["--network", "203.0.113.0/24"];
  const on = await run("restrict", ...network, "--suspend", "--for", "1h", "--reason", "spam", "--yes");
  assert.match(on.out, /^Sealed as record \d+, on s_[^]*suspend until/);
  assert.match((await run("lift", ...network, "--all", "--reason", "mistaken")).out, /ended r_/);
  const link = await run(
    "link",
    "alice",
    "bob",
    "--of",
    `${odd},${hello}`,
    "--reason",
    "ban-evasion",
    "--cover",
    "1d",
  );
  assert.match(link.out, /^Linked a_/);
  assert.equal((await run("replay", "--evidence")).code, 0);
});

test("used wrongly they say so, and seal nothing", async (t) => {
  const { data } = installationWith(t, enforcementPolicy);
  const wrong: [string[], RegExp][] = [
    [["restrict", "--ban", "--reason", "spam"], /name one account, or one network/],
    [
      ["restrict", "bob", "--network", "10.0.0.0/8", "--suspend", "--for", "1h", "--reason", "spam"],
      /name one account/,
    ],
    [["restrict", "bob", "--reason", "spam"], /say how: --warn/],
    [["restrict", "bob", "--suspend", "--for", "soon", "--reason", "spam"], /whole number and s, m, h or d/],
    [
      ["restrict", "bob", "--suspend", "--for", "1h", "--until", "2030-01-01T00:00:00Z", "--reason", "spam"],
      /cannot be used with/,
    ],
    [["restrict", "bob", "--ban", "--step", "--reason", "spam"], /cannot be used with/],
    [["restrict", "bob", "--ban"], /needs a reason/],
    [["restrict", "bob", "--ban", "--reason", "spam"], /no event of the account/],
    [["restrict", "bob", "--step", "--reason", "ladder"], /name the decision with --of/],
    [["verdict", "0", "undo", "--reason", "spam"], /Allowed choices/],
    [["verdict", "0", "keep", "--right", "--wrong", "--reason", "spam"], /cannot be used with/],
    [["verdict", "99", "keep", "--reason", "spam"], /no record 99/],
    [["verdict", "0", "keep", "--tell", "Sorry", "--reason", "spam"], /LANGUAGE=TEXT/],
    [["link", "bob", "--reason", "spam"], /no event of the account|2 to 50/],
  ];
  for (const [words, message] of wrong) {
    const { code, out, err } = await docket("", ...words, "--data", data);
    assert.notEqual(code, 0, words.join(" "));
    assert.equal(out, "", words.join(" "));
    assert.match(err, message);
  }
});
