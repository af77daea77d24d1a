// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Evaluation, FiredRule, LadderStep, Outcome, Policy, Rule, Then } from "../types.ts";
import { concludeDecision, suspendedReason } from "./conclusion.ts";
import { enforce } from "./enforce.ts";
import type { Enforcement } from "./enforce.ts";
import { recordedRestriction, restrictionFromRecord, timeMsMax } from "./restriction.ts";
import type { Restriction } from "./restriction.ts";
import {
  applyDecision,
  cleanStanding,
  isClean,
  latenessMsMax,
  readStanding,
  restrictionsAt,
  strikeInForceMs,
  strikeMemoryMs,
  strikesWithin,
  throttleWaitMs,
} from "./standing.ts";
import type { Standing } from "./standing.ts";

const day = 86_400_000;
const hour = 3_600_000;
const t0 = 1_700_000_000_000;

test("strikes: at most one a rule within strikeEvery, and none from flag or hold", () => {
  let standing = cleanStanding;
  const strikesAt = (atMs: number, fired: FiredRule[]): number => {
    const result = decide(standing, atMs, fired);
    standing = after(standing, atMs, result);
    return result.strikes.reduce((sum, strike) => sum + strike.count, 0);
  };
  assert.equal(strikesAt(t0, [rule("a", { strike: 2 })]), 2);
  assert.equal(strikesAt(t0 + hour - 1, [rule("a", { strike: 2 }), rule("b", { strike: 1 })]), 1);
  assert.equal(strikesAt(t0 + hour, [rule("a", { strike: 2 })]), 2);
  for (const outcome of ["flag", "hold"] as const) {
    assert.equal(strikesAt(t0 + 9 * hour, [rule(outcome, { outcome, strike: 1 })]), 0);
  }
  assert.equal(strikesAt(t0 + 9 * hour, [rule("c", { outcome: "challenge", strike: 1 })]), 1);
  assert.equal(strikesWithin(standing, t0 + 9 * hour, day), 6);
  assert.equal(strikesWithin(standing, t0 + day, day), 6 - 2);
  assert.equal(strikesWithin(standing, t0 + 9 * hour, day, "other"), 0);
});

test("the ladder's highest step that is reached applies, and only with a new strike of its policy", () => {
  const ladder = [step(1, {}), step(6, { suspendMs: 7 * day }), step(3, { suspendMs: day })];
  const earlier = (count: number): Standing => ({
    strikes: [{ policy: "p", rule: "x", count, atMs: t0 - hour }],
    restrictions: [],
  });
  const suspended = (count: number, policy = "p"): number | undefined => {
    const fired = rule("spam", { strike: 1 }, policy);
    const policies = [policyOf("p", ladder), policyOf("q", [])];
    const [restriction] = enforceOn(evaluation([fired]), policies, earlier(count), t0).restrictions;
    return restriction && restriction.untilMs - t0;
  };
  assert.equal(suspended(1), undefined);
  assert.equal(suspended(2), day);
  assert.equal(suspended(4), day);
  assert.equal(suspended(5), 7 * day);
  assert.equal(suspended(5, "q"), undefined);
  const none = enforceOn(evaluation([rule("mild", {})]), [policyOf("p", ladder)], earlier(9), t0);
  assert.deepEqual(none.restrictions, []);
});

test("a suspended actor's event is rejected with that reason and no strike, until the end", () => {
  const standing: Standing = {
    strikes: [],
    restrictions: [suspension("r_1", t0 + hour), suspension("r_2", t0)],
  };
  const refused = decide(standing, t0 + hour - 1, [rule("spam", { strike: 5, suspendMs: day })]);
  assert.equal(refused.outcome, "reject");
  assert.equal(refused.refusedBy?.id, "r_1");
  assert.deepEqual([refused.strikes, refused.restrictions], [[], []]);
  assert.equal(suspendedReason, "standing.suspended");
  assert.equal(decide(standing, t0 + hour, []).refusedBy, undefined);
});

test("a throttle delays what the rules let pass, and leaves what they reject", () => {
  const full: Standing = {
    strikes: [],
    restrictions: [throttle("r_1", t0 + day, { tatUs: (t0 + 90_000) * 1000 })],
  };
  const delayed = decide(full, t0, [rule("shout", { outcome: "flag", suspendMs: day })]);
  assert.equal(delayed.outcome, "delay");
  assert.equal(delayed.retryAfterMs, 90_000);
  assert.equal(delayed.refusedBy?.id, "r_1");
  assert.deepEqual([delayed.strikes, delayed.restrictions], [[], []]);
  const rejected = decide(full, t0, [rule("spam", { strike: 1 })]);
  assert.equal(rejected.outcome, "reject");
  assert.equal(rejected.strikes.length, 1);
});

test("the throttle that is named is the one that the event waits for", () => {
  const long = throttle("r_long", t0 + 9 * day, { count: 100 });
  const tight = throttle("r_tight", t0 + day, { tatUs: (t0 + 5000) * 1000 });
  const delayed = decide({ strikes: [], restrictions: [long, tight] }, t0, []);
  assert.equal(delayed.refusedBy?.id, "r_tight");
  assert.equal(delayed.retryAfterMs, 5000);
});

test("a measure in force as long is not ordered again; a longer one takes its place and use", () => {
  const then = { outcome: "flag" as const, throttle: { count: 1, perMs: 60_000, burst: 1, forMs: hour } };
  const first = decide(cleanStanding, t0, [rule("fast", then), rule("faster", { ...then })]);
  assert.equal(first.restrictions.length, 1);
  let standing = after(cleanStanding, t0, first);
  assert.deepEqual(decide(standing, t0, [rule("fast", then)]).restrictions, []);
  standing = after(standing, t0, decide(standing, t0, []));
  const tatUs = (t0 + 60_000) * 1000;
  for (let i = 1; i < 50; i++) {
    // Refused by its own rule's delay, and so without using up anything of the throttle.
    const result = decide(standing, t0 + i, [rule("spam", { ...then, outcome: "reject" })]);
    assert.equal(result.restrictions.length, 1);
    standing = after(standing, t0 + i, result);
    assert.equal(standing.restrictions.length, 1, "an actor gathers no heap of throttles");
  }
  const [left] = standing.restrictions;
  assert.ok(left?.kind === "throttle");
  assert.equal(left.tatUs, tatUs);
  assert.equal(left.untilMs, t0 + 49 + hour);
});

test("GCRA lets pass what a bucket that leaks lets pass", () => {
  const stream = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 80 });
  const rate = fc.record({ count: fc.integer({ min: 1, max: 6 }), burst: fc.integer({ min: 1, max: 5 }) });
  fc.assert(
    fc.property(stream, rate, (gaps, { count, burst }) => {
      const perMs = 60_000;
      let standing: Standing = { strikes: [], restrictions: [throttle("r", t0 * 2, { count, burst })] };
      // The twin: a level that an event raises by one interval and time lowers; full at `burst` intervals.
      let level = 0;
      let lastUs = t0 * 1000;
      const interval = Math.ceil((perMs * 1000) / count);
      let atMs = t0;
      for (const gap of gaps) {
        atMs += gap;
        level = Math.max(0, level - (atMs * 1000 - lastUs));
        lastUs = atMs * 1000;
        const passes = level <= (burst - 1) * interval;
        if (passes) level += interval;
        const result = decide(standing, atMs, []);
        assert.equal(result.outcome, passes ? "allow" : "delay");
        standing = after(standing, atMs, result);
        if (passes) continue;
        assert.equal(throttleWaitMs(standing.restrictions, atMs + (result.retryAfterMs ?? 0)), 0);
        assert.ok(throttleWaitMs(standing.restrictions, atMs + (result.retryAfterMs ?? 0) - 1) > 0);
      }
    }),
  );
});

test("expiry is a function of decidedAt: a late event is judged as of its own time", () => {
  const standing: Standing = { strikes: [], restrictions: [suspension("r_1", t0)] };
  const ahead = after(standing, t0 + 1, decide(standing, t0 + 1, []));
  assert.deepEqual(restrictionsAt(ahead, t0 + 1), []);
  assert.equal(decide(ahead, t0 - 1, []).refusedBy?.id, "r_1");
  assert.ok(isClean(after(ahead, t0 + latenessMsMax, decide(ahead, t0 + latenessMsMax, []))));
});

test("strikes are remembered for as long as a ladder or strikeEvery may ask", () => {
  const old: Standing = { strikes: [{ policy: "p", rule: "a", count: 1, atMs: t0 }], restrictions: [] };
  const later = t0 + strikeMemoryMs - 1;
  const kept = after(old, later, decide(old, later, []));
  assert.equal(strikesWithin(kept, later, 365 * day), 1);
  assert.ok(isClean(after(old, later + day, decide(old, later + day, []))));
});

test("a hold ends with the longest of its causes, or never; then the strictest of their ends follows", () => {
  const both = decide(cleanStanding, t0, [hold(hour, "reject"), hold(2 * hour, "allow")]);
  assert.deepEqual([both.holdUntilMs, both.otherwise], [t0 + 2 * hour, "reject"]);
  const open = decide(cleanStanding, t0, [hold(hour, "reject"), hold(undefined)]);
  assert.deepEqual([open.holdUntilMs, open.otherwise], [undefined, undefined]);
});

test("a restriction ends in the year 9999 at the latest, so that its record can be read again", () => {
  const at = timeMsMax - 1000;
  const then = { suspendMs: day, throttle: { count: 1, perMs: 1000, burst: 1, forMs: day } };
  const { restrictions } = decide(cleanStanding, at, [rule("spam", then)]);
  assert.deepEqual(
    restrictions.map(({ untilMs }) => untilMs),
    [timeMsMax, timeMsMax],
  );
  const untils = restrictions.map(recordedRestriction).map((each) => ("until" in each ? each.until : ""));
  assert.deepEqual(untils, ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"]);
});

test("a restriction comes back from its record, but for what is used up of it", () => {
  const rates = fc.record({
    count: fc.integer({ min: 1, max: 100_000 }),
    perMs: fc.constantFrom(1000, 60_000, 3_600_000, 86_400_000),
    burst: fc.integer({ min: 1, max: 1000 }),
    untilMs: fc.integer({ min: 0, max: timeMsMax }),
  });
  fc.assert(
    fc.property(rates, ({ count, perMs, burst, untilMs }) => {
      for (const restriction of [
        suspension(id(), untilMs),
        { id: id(), kind: "warn" as const, untilMs },
        { id: id(), kind: "limit" as const, untilMs, ability: "links" },
        { id: id(), kind: "ban" as const, untilMs: timeMsMax },
        { id: id(), kind: "throttle" as const, untilMs, count, perMs, burst, tatUs: 0 },
      ]) {
        assert.deepEqual(restrictionFromRecord(recordedRestriction(restriction)), restriction);
      }
    }),
  );
  assert.throws(() => recordedRestriction(throttle("r", t0, { perMs: 7 })), RangeError);
});

test("a ban rejects for ever and before any suspension; a step that needs a person only proposes", () => {
  const banned = after(cleanStanding, t0, decide(cleanStanding, t0, [rule("spam", { ban: true })]));
  const later = decide(
    { ...banned, restrictions: [...banned.restrictions, suspension("r_1", t0 + day)] },
    t0 + 1,
    [],
  );
  assert.deepEqual([later.outcome, later.refusedBy?.kind], ["reject", "ban"]);
  assert.equal(decide(banned, t0 + 9000 * day, []).outcome, "reject");
  assert.deepEqual(concludeDecision(evaluation([]), later).rules, ["standing.banned"]);
  const ladder: LadderStep[] = [{ ...step(2, { ban: true }), needs: "review" }];
  const asked = enforceOn(
    evaluation([rule("spam", { strike: 2 })]),
    [policyOf("p", ladder)],
    cleanStanding,
    t0,
  );
  assert.deepEqual([asked.restrictions, asked.proposed], [[], ["p/ladder-2"]]);
});

test("a limit takes abilities for a time; as long or longer in force, it is not ordered again", () => {
  const links = rule("spam", { limit: { abilities: ["links", "images"], forMs: hour } });
  const first = decide(cleanStanding, t0, [links]);
  assert.deepEqual(
    first.restrictions.map((each) => each.kind === "limit" && each.ability),
    ["links", "images"],
  );
  const standing = after(cleanStanding, t0, first);
  assert.deepEqual(decide(standing, t0, [links]).restrictions, []);
  const longer = after(standing, t0 + 1, decide(standing, t0 + 1, [links]));
  assert.equal(longer.restrictions.length, 2, "the longer ones have taken the places of the others");
});

test("a warning stands for as long as strikes, has no effect, and is told each time", () => {
  const warned = decide(cleanStanding, t0, [rule("spam", { warn: true })]);
  assert.deepEqual(warned.restrictions, [{ id: id(), kind: "warn", untilMs: t0 + strikeInForceMs }]);
  const standing = after(cleanStanding, t0, warned);
  const again = decide(standing, t0 + 1, [rule("spam", { warn: true })]);
  assert.equal(again.restrictions.length, 1);
  assert.equal(after(standing, t0 + 1, again).restrictions.length, 1);
  assert.equal(decide(standing, t0 + 1, []).outcome, "allow");
});

test("restrictions in shadow restrict nobody: the outcome and the strikes stay, and the facts say so", () => {
  const fired = evaluation([rule("spam", { strike: 1, suspendMs: day }), rule("more", { warn: true }, "q")]);
  const shadow = { ...policyOf("p", [step(1, { ban: true })]), restrictions: "shadow" as const };
  const result = enforceOn(fired, [shadow, policyOf("q", [])], cleanStanding, t0);
  assert.equal(result.outcome, "reject");
  assert.deepEqual([result.strikes.length, result.restricting], [1, []]);
  assert.deepEqual(
    result.restrictions.map(({ kind }) => kind),
    ["warn"],
  );
  assert.deepEqual(concludeDecision(fired, result).facts.shadowed, ["p/spam", "p/ladder-1"]);
});

test("what is capped restricts nobody: the outcome stays, and the facts say so", () => {
  const fired = evaluation([rule("spam", { strike: 1, suspendMs: day })]);
  const policies = [policyOf("p", [step(1, { suspendMs: hour })])];
  const capped = enforceOn(fired, policies, cleanStanding, t0, ["p/spam"]);
  assert.equal(capped.outcome, "reject");
  assert.deepEqual(capped.capped, ["p/spam"]);
  assert.deepEqual(capped.restricting, ["p/ladder-1"]);
  assert.deepEqual(capped.restrictions, [suspension(id(), t0 + hour)]);
  const both = enforceOn(fired, policies, cleanStanding, t0, ["p/spam", "p/ladder-1"]);
  assert.deepEqual([both.restrictions, both.strikes.length], [[], 1]);
  assert.deepEqual(concludeDecision(fired, both).facts.capped, ["p/spam", "p/ladder-1"]);
  const warned = enforceOn(evaluation([rule("mild", { warn: true })]), policies, cleanStanding, t0);
  assert.deepEqual(warned.restricting, [], "a warning restricts nobody");
});

function hold(holdForMs: number | undefined, otherwise?: "allow" | "reject"): FiredRule {
  return rule("h", {
    outcome: "hold",
    ...(holdForMs === undefined ? {} : { holdForMs }),
    ...(otherwise === undefined ? {} : { otherwise }),
  });
}

function id(): string {
  return "r_0123456789abcdef";
}

function rule(name: string, then: Partial<Then>, policy = "p"): FiredRule {
  const full: Then = { outcome: "reject", strike: 0, ...then };
  const { outcome } = full;
  const strikeEveryMs = hour;
  return {
    policy,
    rule: name,
    outcome,
    then: full,
    points: 0,
    reason: {},
    strikeEveryMs,
    trace: { clauses: [], results: "", values: [] },
    disclosed: [],
  };
}

function evaluation(rules: FiredRule[]): Evaluation {
  const order: Outcome[] = ["allow", "flag", "challenge", "delay", "hold", "reject"];
  const outcome = order.findLast((each) => rules.some((fired) => fired.outcome === each)) ?? "allow";
  return {
    outcome,
    rules,
    shadow: [],
    missing: [],
    points: 0,
    thresholds: [],
    heldThresholds: [],
    clauses: "",
    hits: [],
  };
}

function decide(standing: Standing, atMs: number, rules: FiredRule[]): Enforcement {
  const declared = rules.map(({ rule: name, strikeEveryMs }) => ({ id: name, strikeEveryMs }) as Rule);
  return enforceOn(evaluation(rules), [{ ...policyOf("p", []), rules: declared }], standing, atMs);
}

function enforceOn(
  result: Evaluation,
  policies: readonly Policy[],
  standing: Standing,
  atMs: number,
  capped: readonly string[] = [],
): Enforcement {
  return enforce(result, policies, readStanding(standing, policies, atMs), atMs, new Set(capped), id);
}

function after(standing: Standing, decidedAtMs: number, result: Enforcement): Standing {
  const refused = result.outcome === "delay" || result.outcome === "reject";
  return applyDecision(standing, {
    decidedAtMs,
    refused,
    strikes: result.strikes,
    restrictions: result.restrictions,
  });
}

function step(strikes: number, then: LadderStep["then"]): LadderStep {
  return { strikes, withinMs: day, then };
}

function policyOf(name: string, ladder: LadderStep[]): Policy {
  return {
    id: name,
    file: "p.yaml",
    on: ["comment"],
    attributes: new Map(),
    counters: new Map(),
    limits: new Map(),
    lists: new Map(),
    models: new Map(),
    lookups: new Map(),
    exempt: [],
    tests: [],
    rules: [],
    thresholds: [],
    ladder,
    restrictions: "enforce",
  };
}

function suspension(name: string, untilMs: number): Restriction {
  return { id: name, kind: "suspend", untilMs };
}

function throttle(
  name: string,
  untilMs: number,
  more: Partial<Extract<Restriction, { kind: "throttle" }>>,
): Restriction {
  return { id: name, kind: "throttle", untilMs, count: 1, perMs: 60_000, burst: 1, tatUs: 0, ...more };
}
