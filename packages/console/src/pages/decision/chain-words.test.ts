// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { chainLink, chainWords } from "./chain-words.ts";

const common = { index: 9, at: "2026-11-23T12:00:00.000Z", by: "k_one" };

void test("each kind is said in words, and leads to where it is shown", () => {
  const said = (kind: string, rest: object): [string, string] => {
    const entry = { ...common, kind, ...rest };
    return [chainWords(entry), chainLink(entry)];
  };
  const until = "2026-11-24T12:00:00.000Z";
  assert.deepEqual(
    said("verdict", { verdict: "restore", cause: "dispute", reason: "mistaken", ended: ["r_1"] }),
    ["Verdict: restore, after dispute (mistaken); a restriction ended", "/log/9"],
  );
  assert.deepEqual(
    said("measure", {
      cause: "manual",
      reason: "spam",
      restrictions: [{ kind: "warn", until }, { kind: "ban" }],
    }),
    [`Measure, manual (spam); imposed warn until ${until}, ban`, "/log/9"],
  );
  assert.deepEqual(said("report", { category: "scam", trusted: true }), [
    "Reported as scam by a trusted flagger",
    "/log/9",
  ]);
  assert.deepEqual(said("review", { task: "hold", finding: "spam", reason: "spam" }), [
    "Reviewed (hold): spam (spam)",
    "/log/9",
  ]);
  assert.deepEqual(said("dispute", { via: "app" }), ["The affected user objects, by the app", "/disputes/9"]);
  assert.deepEqual(said("message", { of: 7, from: "site" }), ["The site wrote to the user", "/disputes/7"]);
  assert.deepEqual(said("ruling", { of: 7, ruling: "upheld", reason: "spam" }), [
    "The dispute ended: upheld (spam)",
    "/disputes/7",
  ]);
  assert.equal(said("applied", {})[0], "The app did what was ordered");
  assert.equal(
    said("quiet", { until, ground: "police" })[0],
    `The user is not told before ${until} (police)`,
  );
  assert.equal(said("later", {})[0], "later");
});
