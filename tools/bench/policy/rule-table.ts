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
/** Microseconds of one turn of an engine. */
const sliceUs = 5_000;

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
  await ratesOf([...some, ...all], context.seconds);
  const rates = new Map<string, { some: number[]; all: number[] }>();
  for (let round = 0; round < context.rounds; round++) {
    context.progress(`rule: round ${round + 1} of ${context.rounds}`);
    for (const kind of ["some", "all"] as const) {
      const engines = kind === "some" ? some : all;
      for (const [index, rate] of (await ratesOf(engines, context.seconds)).entries()) {
        const name = engines[index]?.name ?? "";
        const own = rates.get(name) ?? { some: [], all: [] };
        rates.set(name, own);
        own[kind].push(rate);
      }
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

/**
 * Of each engine, evaluations for each second of processor time, all threads together: other work doesn't
 * count in it. The engines take turns of a few milliseconds, so that what else the machine does slows down
 * all of them alike.
 */
async function ratesOf(engines: readonly RuleEngine[], seconds: number): Promise<number[]> {
  collectGarbage();
  const measured = engines.map(() => ({ done: 0, usedUs: 0 }));
  while (measured.some(({ usedUs }) => usedUs < seconds * 1_000_000)) {
    for (const [index, engine] of engines.entries()) {
      const own = measured[index];
      if (own === undefined || own.usedUs >= seconds * 1_000_000) continue;
      const before = process.cpuUsage();
      let usedUs = 0;
      while (usedUs < sliceUs) {
        for (let from = 0; from < inputsCount; from += chunk) {
          const result = engine.run(from, from + chunk);
          if (typeof result !== "number") await result;
        }
        own.done += inputsCount;
        const { user, system } = process.cpuUsage(before);
        usedUs = user + system;
      }
      own.usedUs += usedUs;
    }
  }
  return measured.map(({ done, usedUs }) => (done * 1_000_000) / usedUs);
}
