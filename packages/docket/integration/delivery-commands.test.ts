// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { docket, installationWith } from "../src/cli/testing/run-docket.ts";

const policy = `
policy: comments
on: [comment]
rules:
  - id: spam
    when: signals.normalised.contains('spam')
    then: { outcome: reject, strike: 1 }
    reason: { en: "No spam, please.", de: "Kein Spam, bitte." }
`;
const events = [
  { id: "e1", type: "comment", actor: { id: "u1" }, content: { id: "c1", text: "spam" } },
  { id: "e2", type: "comment", actor: { id: "u2" }, content: { id: "c2", text: "hello" } },
];

test("changes, notices, reports and webhooks of a directory", async (t) => {
  const { data } = installationWith(t, policy);
  const input = events
    .map((event) => `${JSON.stringify({ time: "2026-11-20T10:00:00Z", ...event })}\n`)
    .join("");
  const decided = await docket(input, "decide", "--data", data);
  const [first, second] = decided.out
    .trim()
    .split("\n")
    .map((line) => String((JSON.parse(line) as { index: number }).index));
  assert.ok(first !== undefined && second !== undefined);
  const run = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await docket("", ...words, "--data", data);
    assert.equal(code, 0, `${words.join(" ")}: ${err}`);
    return out;
  };
  assert.match(await run("changes"), new RegExp(`${first} +removed +late +u1 +c1 +ordered`));
  assert.match(await run("changes", "--content", "c1"), /^In force: reject, by record/);
  assert.match(await run("changes", "--applied", first), /^Confirmed, as record/);
  assert.match(await run("changes"), /applied/);
  assert.match(await run("notices"), /Your post was removed[^]*No spam, please\./);
  assert.match(await run("notices", first, "--language", "de", "--format", "html"), /Kein Spam, bitte\./);
  const report = ["reports", "--index", second, "--reporter", "bob", "--category", "scam"];
  assert.match(await run(...report), /^Reported, as record/);
  assert.match(await run(...report, "--json"), /"repeat":true/);
  assert.match(await run("reports", "--open"), /1 open +weight 500 +scam 1/);
  assert.equal(await run("reports", "--floods"), "");
  const added = JSON.parse(
    await run("webhooks", "add", "http://127.0.0.1:9/hooks", "--only", "notice", "--json"),
  ) as {
    id: string;
    secret: string;
  };
  assert.match(added.secret, /^whsec_/);
  assert.match(await run("webhooks", "list"), /w_\S+ +http:\/\/127\.0\.0\.1:9\/hooks +notice +on/);
  assert.match(await run("webhooks", "rotate", added.id), /whsec_/);
  assert.equal(await run("webhooks", "dead", added.id), "");
  assert.match(await run("webhooks", "replay", added.id, "--after", "0"), /All after record 0/);
  assert.match(await run("webhooks", "disable", added.id, "--why", "we move"), /^Switched off/);
  assert.match(await run("webhooks", "enable", added.id), /^Switched on/);
  assert.match(await run("webhooks", "remove", added.id), /^Removed/);
  const quiet = ["notices", first, "--quiet-until", "2027-10-01T00:00:00Z", "--ground", "investigation"];
  assert.match(await run(...quiet, "--why", "asked to wait"), /is kept quiet until/);
  assert.equal(await run("notices"), "");
  const verified = await docket("", "verify", data, "--key", `${data}/log.vkey`);
  assert.equal(verified.code, 0, verified.out);
});

test("used wrongly, they say so", async (t) => {
  const { data } = installationWith(t, policy);
  const wrong: string[][] = [
    ["notices", "0", "--quiet-until", "2027-10-01T00:00:00Z"],
    ["notices", "--after", "later"],
    ["reports", "--index", "0"],
    ["reports", "--content", "none", "--reporter", "bob"],
    ["changes", "--content", "none"],
    ["changes", "--applied", "0"],
    ["webhooks", "add", "ftp://host"],
    ["webhooks", "remove", "w_AAAAAAAAAAAAAAAA"],
    ["webhooks", "test", "w_AAAAAAAAAAAAAAAA"],
  ];
  for (const words of wrong) {
    const { code } = await docket("", ...words, "--data", data);
    assert.equal(code, 2, words.join(" "));
  }
});
