// SPDX-License-Identifier: Apache-2.0
// One rule of seven conditions: this engine and others, in turns.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { median } from "../numbers.ts";
import { grouped, short, table } from "../log/markdown.ts";
import type { PolicyBench, PolicySection } from "./context.ts";
import { ownName, ruleEngines } from "./rule-engines.ts";
import type { RuleEngine } from "./rule-engines.ts";
import { inputsCount, ruleValues } from "./rule-inputs.ts";

/** Evaluations in one call. */
const chunk = 64;

/** The medians of one engine. */
type RuleRow = {
  readonly name: string;
  readonly perSecond: number;
  readonly perSecondFiring: number;
  /** How many times as fast ours was, in the same round. */
  readonly ratio: number;
  readonly ratioFiring: number;
};

/** Measures the rule where about a fifth of the events make it fire, and where all do. */
export async function measureRule(context: PolicyBench): Promise<PolicySection> {
  const [some, all] = [ruleEngines(ruleValues(false)), ruleEngines(ruleValues(true))];
  const share = await checkAgreement(some);
  await checkAgreement(all);
  // The engine compiles what runs often: that is over before anything is measured.
  for (const engine of [...some, ...all]) await rateOf(engine, context.seconds);
  const rates = new Map<string, { some: number[]; all: number[] }>();
  for (let round = 0; round < context.rounds; round++) {
    context.progress(`rule: round ${round + 1} of ${context.rounds}`);
    for (let step = 0; step < some.length; step++) {
      const index = (round + step) % some.length;
      const [one, other] = [some[index], all[index]];
      if (one === undefined || other === undefined) continue;
      const own = rates.get(one.name) ?? { some: [], all: [] };
      rates.set(one.name, own);
      own.some.push(await rateOf(one, context.seconds));
      own.all.push(await rateOf(other, context.seconds));
    }
  }
  const base = rates.get(ownName);
  const rows = [...rates].map(([name, own]): RuleRow => {
    const ratio = (kind: "some" | "all"): number =>
      median((base?.[kind] ?? []).map((rate, round) => rate / (own[kind][round] ?? Number.NaN)));
    return {
      name,
      perSecond: median(own.some),
      perSecondFiring: median(own.all),
      ratio: ratio("some"),
      ratioFiring: ratio("all"),
    };
  });
  return { data: { firesPerThousand: Math.round(share * 1_000), rows }, text: textOf(rows, share) };
}

function textOf(rows: readonly RuleRow[], share: number): string {
  const times = (value: number): string => `${short(value)}×`;
  const lines = rows.map(({ name, perSecond, perSecondFiring, ratio, ratioFiring }) => [
    name,
    grouped(perSecond),
    name === ownName ? "" : times(ratio),
    grouped(perSecondFiring),
    name === ownName ? "" : times(ratioFiring),
  ]);
  const fires = `fires for ${Math.round(share * 100)} of 100`;
  return [
    table(
      [["one rule of seven conditions", `${fires}, 1/s`, "ours", "fires for all, 1/s", "ours"], ...lines],
      1,
    ),
    "",
    `${grouped(inputsCount)} different inputs; all engines say the same of each. Docket evaluates every ` +
      "clause and gives the outcome, the rules that fired, each clause's result and the values that it " +
      "read; the others stop at the first false condition and give a boolean or an event.",
  ].join("\n");
}

/** All engines must say the same of every input; the share for which the rule fires. */
async function checkAgreement(engines: readonly RuleEngine[]): Promise<number> {
  let total = 0;
  for (let index = 0; index < inputsCount; index++) {
    const fired: number[] = [];
    for (const engine of engines) fired.push(await engine.run(index, index + 1));
    const [own = 0] = fired;
    if (fired.some((each) => each !== own))
      throw new Error(`engines differ on input ${index}: ${fired.join()}`);
    total += own;
  }
  return total / inputsCount;
}

setFlagsFromString("--expose-gc");
/** What one engine left behind must not be cleared away while another is measured. */
const collectGarbage = runInNewContext("gc") as () => void;

/** Evaluations for each second of processor time, all threads together: other work doesn't count in it. */
async function rateOf(engine: RuleEngine, seconds: number): Promise<number> {
  collectGarbage();
  const before = process.cpuUsage();
  const usedUs = (): number => {
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  let done = 0;
  while (usedUs() < seconds * 1_000_000) {
    for (let from = 0; from < inputsCount; from += chunk) {
      const result = engine.run(from, from + chunk);
      if (typeof result !== "number") await result;
    }
    done += inputsCount;
  }
  return (done * 1_000_000) / usedUs();
}
