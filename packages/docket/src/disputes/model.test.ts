// SPDX-License-Identifier: Apache-2.0
// Random ways of disputes, with restarts in between, against a naive model of what may be done when.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { DocketError } from "../error.ts";
import { disputesOfRecordMax } from "./dispute-desk.ts";
import { DisputeWorld } from "./testing/dispute-world.ts";

const reviewer = { by: "k_reviewerxxxxxxxx", role: "reviewer" } as const;
const accounts = ["alice", "bob"] as const;
const dayMs = 86_400_000;

type Act = "open" | "message" | "withdraw" | "uphold" | "overturn" | "revoke";
type Step =
  | { do: "decide"; account: (typeof accounts)[number] }
  | { do: Act; at: number }
  | { do: "wait"; days: number }
  | { do: "reopen" };
/** What the model knows of a decision. */
type Known = {
  index: number;
  account: string;
  token: string;
  untilMs: number;
  phases: ("open" | "withdrawn" | "ruled")[];
};

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(...accounts).map((account) => ({ do: "decide" as const, account })),
  fc
    .tuple(
      fc.constantFrom<Act>("open", "open", "message", "withdraw", "uphold", "overturn", "revoke"),
      fc.nat(5),
    )
    .map(([what, at]) => ({ do: what, at })),
  fc.integer({ min: 1, max: 120 }).map((days) => ({ do: "wait" as const, days })),
  fc.constant({ do: "reopen" as const }),
);

void test("what may be done is what the model says, and a restart changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = new DisputeWorld();
      const known: Known[] = [];
      for (const each of steps) await play(world, known, each);
      const before = world.disputes.list("all", 0, 1000);
      world.reopen();
      assert.deepEqual(world.disputes.list("all", 0, 1000), before);
      assert.equal(before.disputes.length, known.flatMap(({ phases }) => phases).length);
    }),
    { numRuns: 60 },
  );
});

async function play(world: DisputeWorld, known: Known[], given: Step): Promise<void> {
  if (given.do === "wait") {
    world.nowMs += given.days * dayMs;
    return;
  }
  if (given.do === "reopen") return world.reopen();
  if (given.do === "decide") {
    const index = world.decide(given.account, "reject");
    const token = (await world.disputes.tokenFor(index))?.token ?? "";
    known.push({ index, account: given.account, token, untilMs: world.nowMs + 183 * dayMs, phases: [] });
    return;
  }
  const of = known[given.at % Math.max(1, known.length)];
  if (of === undefined) return;
  const expected = expectedOf(world, known, of, given.do);
  const actual = await act(world, of, given.do).then(
    () => undefined,
    (error: unknown) => (error instanceof DocketError ? error.code : error),
  );
  assert.equal(actual, expected, `${given.do} of ${JSON.stringify(of)}`);
  if (expected === undefined) change(of, given.do);
  // A token that is given out anew ends with the same period: it counts from the record.
  if (given.do === "revoke") of.token = (await world.disputes.tokenFor(of.index))?.token ?? "";
}

function expectedOf(world: DisputeWorld, known: readonly Known[], of: Known, act: Act): string | undefined {
  const last = of.phases.at(-1);
  if (act === "revoke") return undefined;
  if (act === "open") {
    if (world.nowMs > of.untilMs) return "dispute_expired";
    if (last === "open") return "dispute_exists";
    if (last === "ruled") return "dispute_closed";
    if (of.phases.length >= disputesOfRecordMax) return "dispute_limited";
    const open = known.filter(({ account, phases }) => account === of.account && phases.at(-1) === "open");
    return open.length >= 5 ? "dispute_limited" : undefined;
  }
  if (last === undefined) return "not_found";
  return last === "open" ? undefined : "dispute_closed";
}

async function act({ disputes }: DisputeWorld, { index, token }: Known, what: Act): Promise<unknown> {
  const told = { en: "So it is." };
  const latest = (): number => {
    const all = disputes.list("all", 0, 1000).disputes.filter((each) => each.of === index);
    return all.at(-1)?.dispute ?? -1;
  };
  switch (what) {
    case "open":
      return disputes.openByToken(token, { text: "No." });
    case "message":
      return disputes.messageByToken(token, { text: "Please." });
    case "withdraw":
      return disputes.withdrawByToken(token);
    case "revoke":
      return disputes.revokeTokens(reviewer, index);
    case "uphold":
      return disputes.rule(reviewer, latest(), { ruling: "upheld", reason: "spam", told });
    case "overturn":
      return disputes.rule(reviewer, latest(), { ruling: "overturned", reason: "mistaken", told });
  }
}

function change(of: Known, act: Act): void {
  if (act === "open") of.phases.push("open");
  if (act === "withdraw") of.phases[of.phases.length - 1] = "withdrawn";
  if (act === "uphold" || act === "overturn") of.phases[of.phases.length - 1] = "ruled";
}
