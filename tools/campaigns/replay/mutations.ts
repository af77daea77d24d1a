// SPDX-License-Identifier: Apache-2.0
// One thing changed in a log that is otherwise perfect: what replay must find, and whether it needs the
// evidence for it.
import { encodeFacts } from "@docket/protocol";
import type { Facts } from "@docket/protocol";
import type { Forgeable, OpenedLog } from "./forge.ts";

/** One change of one record. */
export type Mutation = {
  name: string;
  index: number;
  /** Whether only `--evidence` can find it: the decision comes out the same from the changed facts. */
  needsEvidence: boolean;
  change: (forgeable: Forgeable) => void;
};

type Change = {
  name: string;
  needsEvidence?: boolean;
  /** Whether it can be made to this record; the change itself. */
  fits: (facts: Facts, forgeable: Forgeable) => boolean;
  change: (facts: Facts, forgeable: Forgeable) => void;
};

const changes: readonly Change[] = [
  {
    name: "a counter's value",
    fits: (facts) => Object.keys(facts.counters).length > 0,
    change: (facts) => {
      const [id = ""] = Object.keys(facts.counters);
      facts.counters[id] = (facts.counters[id] ?? 0) + 1;
    },
  },
  {
    name: "a counter's key",
    // The next event of the same key finds one fewer.
    fits: (facts) => Object.values(facts.counters).some((value) => value === 0),
    needsEvidence: true,
    change: (facts) => {
      const id = Object.keys(facts.keys).find((each) => facts.keys[each]?.[0]?.[0]?.length === 16) ?? "";
      const [key = []] = facts.keys[id] ?? [];
      facts.keys[id] = [["A".repeat(16), ...key.slice(1)]];
    },
  },
  {
    name: "a value that a rule reads",
    fits: (facts) => facts.fired.some(({ rule }) => rule === "shouting"),
    change: (facts) => void (facts.values["signals.capitals"] = 0),
  },
  {
    name: "a value that changes nothing",
    needsEvidence: true,
    fits: (facts) => Number(facts.values["signals.length"]) > 50,
    change: (facts) => void (facts.values["signals.length"] = Number(facts.values["signals.length"]) + 1),
  },
  {
    name: "a rule that fired",
    fits: (facts) => facts.fired.length > 0,
    change: (facts) => void facts.fired.pop(),
  },
  {
    name: "the result of a clause that fired a rule",
    fits: (facts) => facts.fired.some(({ rule }) => rule === "self-promotion"),
    change: (facts) => void (facts.clauses = facts.clauses.replaceAll("t", "f")),
  },
  {
    name: "the points",
    fits: (facts) => facts.points > 0,
    change: (facts) => void (facts.points += 1),
  },
  {
    name: "the outcome of the record",
    fits: (_facts, { record }) => record.kind === "decision" && record.outcome === "allow",
    change: (_facts, { record }) => {
      if (record.kind === "decision") record.outcome = "reject";
    },
  },
  {
    name: "a rule that the record names",
    fits: (_facts, { record }) => record.kind === "decision" && record.rules.length > 0,
    change: (_facts, { record }) => {
      if (record.kind === "decision") record.rules = [];
    },
  },
  {
    name: "strikes before the event",
    fits: (facts) => facts.standing.strikes === 0,
    change: (facts) => void (facts.standing.strikes = 1),
  },
  {
    name: "a strike that was given",
    fits: (facts) => facts.strikes.length > 0,
    change: (facts) => void (facts.strikes = []),
  },
  {
    name: "decidedAt",
    fits: (facts) => facts.clock === "event",
    change: (facts) => void (facts.decidedAt = new Date(Date.parse(facts.decidedAt) + 1000).toISOString()),
  },
  {
    name: "when a held event is released",
    fits: (facts) => facts.holdUntil !== null,
    change: (facts) =>
      void (facts.holdUntil = new Date(Date.parse(facts.holdUntil as string) + 1000).toISOString()),
  },
  {
    name: "the event's body",
    needsEvidence: true,
    fits: () => true,
    change: (facts) => void (facts.event.body = "A".repeat(facts.event.body.length)),
  },
  {
    name: "the text of the event",
    needsEvidence: true,
    fits: (_facts, { parts }) => parts.some(({ name }) => name === "content"),
    change: (_facts, { parts }) => {
      const content = parts.find(({ name }) => name === "content");
      if (content !== undefined) content.plaintext = content.plaintext.replace('"text":"', '"text":"x');
    },
  },
  {
    name: "the pseudonym of the actor",
    fits: () => true,
    change: (_facts, { record }) => {
      if (record.kind === "decision") record.actor = `a_${"A".repeat(22)}`;
    },
  },
];

/** The mutations that fit a log, each at a record that chance picks, in an order by chance. */
export function mutationsOf(opened: OpenedLog, random: { below(n: number): number }): Mutation[] {
  const order = changes.map((change) => ({ change, place: random.below(1_000_000) }));
  const shuffled = order.toSorted((a, b) => a.place - b.place).map(({ change }) => change);
  return shuffled.flatMap((change): Mutation[] => {
    const fitting = opened.records.filter((forgeable) => {
      const facts = factsIn(forgeable);
      return facts !== undefined && change.fits(facts, forgeable);
    });
    const chosen = fitting[random.below(Math.max(1, fitting.length))];
    if (chosen === undefined) return [];
    return [
      {
        name: change.name,
        index: chosen.record.index,
        needsEvidence: change.needsEvidence === true,
        change: (forgeable) => applyChange(change, forgeable),
      },
    ];
  });
}

/** The facts of a decision; `undefined` for another record. */
export function factsIn({ record, parts }: Forgeable): Facts | undefined {
  if (record.kind !== "decision") return undefined;
  const part = parts.find(({ name }) => name === "facts");
  return part && (JSON.parse(part.plaintext) as Facts);
}

function applyChange(change: Change, forgeable: Forgeable): void {
  const facts = factsIn(forgeable);
  if (facts === undefined) throw new Error("this record has no facts");
  change.change(facts, forgeable);
  const part = forgeable.parts.find(({ name }) => name === "facts");
  if (part !== undefined) part.plaintext = encodeFacts(facts);
}
