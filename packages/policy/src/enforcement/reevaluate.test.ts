// SPDX-License-Identifier: Apache-2.0
// What would be in force without some decisions, on random histories: with none of them void it is what is in
// force, and whatever is void makes nothing worse.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { loadPolicies } from "../loading/load.ts";
import type { Evaluation, FiredRule, Policy } from "../types.ts";
import { announcedStrikes, lateSteps, namedStep, stepEffect } from "./confirm.ts";
import { enforce } from "./enforce.ts";
import { correction, reevaluate } from "./reevaluate.ts";
import type { PastItem } from "./reevaluate.ts";
import type { Restriction } from "./restriction.ts";
import { applyAct, applyDecision, cleanStanding, readStanding, restrictionsAt } from "./standing.ts";
import type { Standing, Strike } from "./standing.ts";

const hour = 3_600_000;
const day = 24 * hour;
const t0 = 1_700_000_000_000;

const text = `
policy: p
on: [comment]
rules:
  - { id: spam, when: "signals.linkCount > 1", then: { outcome: reject, strike: 1 }, strikeEvery: 1h }
  - { id: worse, when: "signals.linkCount > 2", then: { outcome: reject, strike: 2, suspend: 2h } }
  - { id: loud, when: "signals.linkCount > 3", then: { outcome: allow, throttle: { rate: 1/m, for: 3h } } }
  - { id: odd, when: "signals.linkCount > 4", then: { outcome: flag, strike: 1 } }
  - { id: dim, when: "signals.linkCount > 5", then: { limit: { abilities: [links], for: 1d } } }
ladder:
  - { strikes: 1, within: 7d, then: { warn: true } }
  - { strikes: 2, within: 2d, then: { throttle: { rate: 1/m, for: 6h } } }
  - { strikes: 3, within: 7d, then: { suspend: 12h } }
  - { strikes: 5, within: 30d, then: { ban: true }, needs: review }
  - { strikes: 7, within: 30d, then: { suspend: 3d } }
`;
const policies: readonly Policy[] = loadPolicies([{ path: "p.yaml", text }]).policies;

type Step =
  | { readonly do: "decide"; readonly rules: readonly string[]; readonly afterMs: number }
  | { readonly do: "confirm" | "take"; readonly which: number; readonly afterMs: number }
  | { readonly do: "measure"; readonly grounds: readonly number[]; readonly afterMs: number }
  | { readonly do: "lift"; readonly which: number; readonly afterMs: number };

const afterMs = fc.constantFrom(1000, hour / 2, hour, 5 * hour, day, 3 * day);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("decide" as const),
        rules: fc.subarray(["spam", "worse", "loud", "odd", "dim"]),
        afterMs,
      }),
    },
    fc.record({ do: fc.constantFrom("confirm" as const, "take" as const), which: fc.nat(30), afterMs }),
    fc.record({
      do: fc.constant("measure" as const),
      grounds: fc.array(fc.nat(30), { maxLength: 2 }),
      afterMs,
    }),
    fc.record({ do: fc.constant("lift" as const), which: fc.nat(5), afterMs }),
  ),
  { maxLength: 25 },
);

test("with nothing void, a history gives what is in force", () => {
  fc.assert(
    fc.property(steps, (given) => {
      const { standing, history, nowMs } = play(given);
      const again = reevaluate(history, () => false);
      const { ended, imposed } = correction(standing, again, nowMs, () => true, false);
      assert.deepEqual([ended, imposed], [[], []]);
    }),
    { numRuns: 500 },
  );
});

test("whatever is void: nothing gets worse, and what is left is what the rest gives", () => {
  fc.assert(
    fc.property(steps, fc.array(fc.nat(30), { maxLength: 4 }), (given, voidPlaces) => {
      const { standing, history, nowMs } = play(given);
      const decisions = history.filter(({ kind }) => kind === "decision");
      const voided = new Set(voidPlaces.flatMap((place) => decisions[place % 31]?.index ?? []));
      const wanted = reevaluate(history, (index) => voided.has(index));
      const { ended, imposed } = correction(standing, wanted, nowMs, () => true, true);
      const before = restrictionsAt(standing, nowMs);
      const left = before.filter((each) => !ended.includes(each));
      const after = [...left, ...imposed];
      for (const each of after) {
        const covered = before.some(
          (one) => severity(one) > severity(each) || (sameSort(one, each) && one.untilMs >= each.untilMs),
        );
        assert.ok(covered, JSON.stringify({ each, before }));
      }
      // What no other ground holds is gone; what one holds is there, if something as strict was there before.
      for (const each of left) {
        assert.ok(
          restrictionsAt(wanted, nowMs).some((one) => sameSort(one, each) && one.untilMs >= each.untilMs),
          JSON.stringify({ each, wanted }),
        );
      }
      for (const kind of ["suspend", "ban"] as const) {
        const last = (list: readonly Restriction[]): number =>
          Math.max(0, ...list.filter((one) => one.kind === kind).map(({ untilMs }) => untilMs));
        assert.ok(last(after) >= Math.min(last(before), last(restrictionsAt(wanted, nowMs))));
      }
    }),
    { numRuns: 500 },
  );
});

test("without the newest decision, all is as it was before it", () => {
  fc.assert(
    fc.property(steps, fc.subarray(["spam", "worse", "loud", "odd", "dim"]), (given, rules) => {
      const before = play(given);
      const after = play([...given, { do: "decide", rules, afterMs: hour }]);
      const last = after.history.at(-1)?.index;
      const wanted = reevaluate(after.history, (index) => index === last);
      assert.deepEqual(effects(wanted, after.nowMs), effects(before.standing, after.nowMs));
      assert.deepEqual(
        wanted.strikes.map(({ atMs }) => atMs),
        before.standing.strikes.map(({ atMs }) => atMs),
      );
    }),
    { numRuns: 300 },
  );
});

test("without any decision, only what people did by themselves is left", () => {
  fc.assert(
    fc.property(steps, (given) => {
      const { history } = play(given);
      const own = history.filter((item) => item.kind === "measure" && item.grounds.length === 0);
      const none = reevaluate(history, () => true);
      assert.deepEqual(
        none,
        reevaluate(own, () => false),
      );
      assert.deepEqual(none.strikes, []);
    }),
    { numRuns: 200 },
  );
});

/** Plays steps as a site would, and keeps the history that a desk reads. */
function play(given: readonly Step[]): { standing: Standing; history: PastItem[]; nowMs: number } {
  let standing = cleanStanding;
  let nowMs = t0;
  let ids = 0;
  const newId = (): string => `r_${ids++}`;
  const history: PastItem[] = [];
  const fired = new Map<number, { rules: readonly string[]; atMs: number }>();
  const proposed: { of: number; name: string }[] = [];
  for (const step of given) {
    nowMs += step.afterMs;
    const index = history.length;
    if (step.do === "decide") {
      const evaluation = evaluationOf(step.rules);
      const read = readStanding(standing, policies, nowMs);
      const made = enforce(evaluation, policies, read, nowMs, new Set(), newId);
      const { strikes, restrictions, outcome } = made;
      const refused = outcome === "reject" || outcome === "delay";
      standing = applyDecision(standing, { decidedAtMs: nowMs, refused, strikes, restrictions });
      const names = evaluation.rules.map(({ policy, rule }) => ({ policy, rule }));
      const isRefused = made.refusedBy !== undefined;
      history.push({
        kind: "decision",
        index,
        decidedAtMs: nowMs,
        isRefused,
        strikes,
        fired: names,
        capped: [],
        policies,
      });
      if (!isRefused) fired.set(index, { rules: step.rules, atMs: nowMs });
      for (const name of made.proposed) proposed.push({ of: index, name });
    } else if (step.do === "confirm") {
      const [of, event] = [...fired][step.which % 31] ?? [];
      if (of === undefined || event === undefined) continue;
      const names = event.rules.map((rule) => ({ policy: "p", rule }));
      const strikes: Strike[] = announcedStrikes(names, policies, standing, event.atMs);
      const effect = stepEffect(lateSteps(policies, standing, strikes), policies, standing, nowMs, newId);
      if (strikes.length === 0) continue;
      standing = applyAct(standing, { strikes, voided: [], restrictions: effect.restrictions, ended: [] });
      history.push({ kind: "confirmation", index, of, atMs: nowMs, strikes, policies });
      for (const name of effect.proposed) proposed.push({ of, name });
    } else if (step.do === "take") {
      const [waiting] = proposed.splice(0, 1);
      const reached = waiting && namedStep(policies, waiting.name);
      if (waiting === undefined || reached === undefined) continue;
      const { needs, ...then } = reached.step;
      assert.equal(needs, "review");
      const { restrictions } = stepEffect([{ ...reached, step: then }], policies, standing, nowMs, newId);
      standing = applyAct(standing, { strikes: [], voided: [], restrictions, ended: [] });
      history.push({
        kind: "measure",
        index,
        grounds: [waiting.of],
        restrictions,
        ended: [],
        step: waiting,
      });
    } else if (step.do === "measure") {
      const grounds = step.grounds.flatMap((place) => [...fired.keys()][place] ?? []);
      const restrictions: Restriction[] = [{ id: newId(), kind: "suspend", untilMs: nowMs + 2 * day }];
      standing = applyAct(standing, { strikes: [], voided: [], restrictions, ended: [] });
      history.push({ kind: "measure", index, grounds, restrictions, ended: [] });
    } else {
      const inForce = restrictionsAt(standing, nowMs);
      const gone = inForce[step.which % Math.max(1, inForce.length)];
      if (gone === undefined) continue;
      standing = applyAct(standing, { strikes: [], voided: [], restrictions: [], ended: [gone.id] });
      history.push({ kind: "measure", index, grounds: [], restrictions: [], ended: [gone] });
    }
  }
  return { standing, history, nowMs };
}

function evaluationOf(names: readonly string[]): Evaluation {
  const [policy] = policies;
  const rules = (policy?.rules ?? []).filter(({ id }) => names.includes(id));
  const outcome = rules.some(({ then }) => then?.outcome === "reject")
    ? "reject"
    : rules.some(({ then }) => then?.outcome === "flag")
      ? "flag"
      : "allow";
  const fired = rules.map(({ id, then }) => ({ policy: "p", rule: id, then, reason: {}, disclosed: [] }));
  return {
    outcome,
    rules: fired as unknown as FiredRule[],
    shadow: [],
    thresholds: [],
    heldThresholds: [],
    missing: [],
    points: 0,
  } as unknown as Evaluation;
}

function effects(standing: Standing, nowMs: number): string[] {
  return restrictionsAt(standing, nowMs)
    .map(({ kind, untilMs }) => `${kind} ${untilMs}`)
    .sort();
}

function severity({ kind }: Restriction): number {
  return ["warn", "limit", "throttle", "suspend", "ban"].indexOf(kind);
}

function sameSort(a: Restriction, b: Restriction): boolean {
  return a.kind === b.kind;
}
