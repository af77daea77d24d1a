// SPDX-License-Identifier: Apache-2.0
// The policy that we ship.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { computeSignals, evaluate, loadPolicies } from "./index.ts";
import type { EvaluationInput, PolicySet } from "./index.ts";

const examplePath = new URL("../../docket/assets/policy/comments.yaml", import.meta.url);

const example = loadPolicies([{ path: "comments.yaml", text: readFileSync(examplePath, "utf8") }]);

test("the example policy gives a reason for all that it does, in English and German", () => {
  for (const { then, reason, id } of example.policies[0]?.rules ?? []) {
    assert.deepEqual(Object.keys(reason), then === undefined ? [] : ["en", "de"], id);
  }
});

test("the example policy on comments", () => {
  const cases: readonly (readonly [string, string, Readonly<Record<string, number>>?])[] = [
    ["What a lovely song, my grandmother sang it", "allow"],
    ["first!!!", "allow"],
    ["The docs are at https://example.org/guide and explain it well", "allow"],
    ["I met my wife on a dating site, ten years ago today", "allow"],
    ["My brother makes 3000 dollars a month as a nurse", "allow"],
    ["I won an iPhone in the school raffle!", "allow"],
    ["Make $300 per day posting ads, google this: copypasteads", "reject"],
    ["Guys, get free PSN codes at this site: psn.example.com", "reject"],
    ["look at this bit.ly/2xYz", "reject"],
    ["I joined this dating site last week and you should too", "hold"],
    ["a text of thirty letters or more, copied", "reject", { text_actors: 3 }],
    ["nice", "allow", { text_actors: 300 }],
    ["this again and again and again", "reject", { text_repeats: 2 }],
    ["frog", "reject", { text_repeats: 6 }],
    ["go", "delay", { posts_minute: 6 }],
    ["see https://campaign.example.com/offer", "hold", { domain_actors: 3 }],
    ["see https://campaign.example.com/offer", "reject", { domain_actors: 10 }],
    ["see https://www.youtube.com/watch?v=x", "allow", { domain_actors: 30 }],
    ["CHECK OUT MY CHANNEL EVERYBODY PLEASE", "flag"],
  ];
  for (const [text, outcome, counters] of cases) {
    assert.equal(evaluate(example, commentInput(example, text, counters ?? {})).outcome, outcome, text);
  }
});

function commentInput(
  set: PolicySet,
  text: string,
  counters: Readonly<Record<string, number>>,
): EvaluationInput {
  const named = set.policies[0]?.counters ?? new Map();
  return {
    type: "comment",
    op: "create",
    decidedAt: 0,
    actor: { id: "a" },
    content: { text },
    signals: computeSignals({ text }, { fingerprint: (letters) => letters }),
    counters: new Map([...named].map(([name, { id }]) => [id, counters[name] ?? 0])),
    standing: { strikes: 0, restricted: false },
  };
}
