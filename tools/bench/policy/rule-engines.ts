// SPDX-License-Identifier: Apache-2.0
// The engines that evaluate the rule of seven conditions, each as its documentation says to use it: what can
// be prepared is prepared.
import { evaluate, loadPolicies } from "@docket/policy";
import { Environment } from "@marcbachmann/cel-js";
import { Jexl } from "jexl";
import { Engine } from "json-rules-engine";
import { docketInput, nestedInput, rulePolicy, ruleSource } from "./rule-inputs.ts";
import type { NestedInput, RuleValues } from "./rule-inputs.ts";

/** An engine with its inputs. */
export type RuleEngine = {
  readonly name: string;
  /** Evaluates the inputs from `from` to below `to`; how many fired. */
  readonly run: (from: number, to: number) => number | Promise<number>;
};

/** All engines over the same values. */
export function ruleEngines(values: readonly RuleValues[]): RuleEngine[] {
  return [docket(values), celJs(values), jsonRulesEngine(values), jexl(values)];
}

/** The name of ours in tables. */
export const ownName = "Docket, with trace";

/** Loaded once, as a server does. */
const set = loadPolicies([{ path: "bench.yaml", text: rulePolicy }]);

function docket(values: readonly RuleValues[]): RuleEngine {
  const [counter] = set.counters;
  if (counter === undefined) throw new Error("the rule's counter is absent");
  const inputs = values.map((each) => docketInput(each, counter.id));
  return {
    name: ownName,
    run: (from, to) => {
      let fired = 0;
      for (let index = from; index < to; index++) {
        const input = inputs[index];
        if (input === undefined) break;
        // Of each rule that fired every clause's result and every value is looked at.
        for (const { trace } of evaluate(set, input).rules) {
          let [clauses, read] = [0, 0];
          for (let at = 0; at < trace.results.length; at++) if (trace.results[at] !== "m") clauses += 1;
          for (const value of trace.values) if (value !== undefined) read += 1;
          if (clauses === 7 && read === 9) fired += 1;
        }
      }
      return fired;
    },
  };
}

function celJs(values: readonly RuleValues[]): RuleEngine {
  const environment = new Environment({ unlistedVariablesAreDyn: false });
  for (const group of ["signals", "counters", "content", "standing", "actor"]) {
    environment.registerVariable(group, "map");
  }
  const rule = environment.parse(ruleSource);
  const inputs = values.map((each) => nestedInput(each, BigInt));
  return { name: "@marcbachmann/cel-js", run: synchronous(inputs, (input) => rule(input) === true) };
}

function jexl(values: readonly RuleValues[]): RuleEngine {
  const engine = new Jexl();
  engine.addTransform("contains", (text: string, part: string) => text.includes(part));
  const source = ruleSource.replace(".contains('free')", "|contains('free')");
  const rule = engine.compile(source.replaceAll("'", '"'));
  const inputs = values.map((each) => nestedInput(each, Number));
  return { name: "jexl", run: synchronous(inputs, (input) => rule.evalSync(input) === true) };
}

/** Sums and products are facts of their own there, computed when they are asked for. */
function jsonRulesEngine(values: readonly RuleValues[]): RuleEngine {
  const engine = new Engine();
  engine.addOperator("contains text", (text: string, part: string) => text.includes(part));
  engine.addFact("score", async (_, almanac) => {
    const signals: NestedInput<number>["signals"] = await almanac.factValue("signals");
    return signals.linkCount * 100 + signals.capitals;
  });
  engine.addFact("trouble", async (_, almanac) => {
    const actor: NestedInput<number>["actor"] = await almanac.factValue("actor");
    const standing: NestedInput<number>["standing"] = await almanac.factValue("standing");
    return actor.attributes.level + standing.strikes;
  });
  const languages = ["en", "de", "fr", "es", "pt"];
  engine.addRule({
    conditions: {
      all: [
        { fact: "score", operator: "greaterThan", value: 250 },
        { fact: "counters", path: "$.posts", operator: "greaterThanInclusive", value: 3 },
        { fact: "content", path: "$.text", operator: "contains text", value: "free" },
        { fact: "content", path: "$.language", operator: "in", value: languages },
        { fact: "signals", path: "$.words", operator: "lessThan", value: 200 },
        { fact: "trouble", operator: "lessThanInclusive", value: 4 },
        { fact: "actor", path: "$.attributes.verified", operator: "equal", value: false },
      ],
    },
    event: { type: "hold" },
  });
  const inputs = values.map((each) => nestedInput(each, Number));
  return {
    name: "json-rules-engine",
    run: async (from, to) => {
      let fired = 0;
      for (let index = from; index < to; index++) {
        const input = inputs[index];
        if (input === undefined) break;
        fired += (await engine.run(input)).events.length;
      }
      return fired;
    },
  };
}

function synchronous<Input>(
  inputs: readonly Input[],
  fires: (input: Input) => boolean,
): (from: number, to: number) => number {
  return (from, to) => {
    let fired = 0;
    for (let index = from; index < to; index++) {
      const input = inputs[index];
      if (input === undefined) break;
      if (fires(input)) fired += 1;
    }
    return fired;
  };
}
