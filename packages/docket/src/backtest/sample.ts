// SPDX-License-Identifier: Apache-2.0
// What a labelled sample says of a backtest: precision and recall of each rule and of the whole, on both
// sides, with Wilson's intervals, since samples are small.
import { wilson } from "../share.ts";
import type { BeforeAfter, Judgement, SampleReport } from "./report.ts";
import type { LabelInForce } from "../labels/label-desk.ts";
import type { Side } from "./tally.ts";
import { DocketError } from "../error.ts";

/** What somebody said of an event. */
export type Label = "spam" | "notSpam";

/** Labels by the record's index, or by the event's id. */
export type Sample = {
  readonly byIndex: ReadonlyMap<number, Label>;
  readonly byEvent: ReadonlyMap<string, Label>;
};

/** Most labels of a sample, and the longest line of its file, in characters. */
export const labelsMax = 1_000_000;
const lineLengthMax = 10_000;

/**
 * Reads a sample: a line of JSON for each label, `{"index": 17, "label": "spam"}` or with `eventId`.
 *
 * @param name of the file, for messages
 * @throws {DocketError} `usage` naming the line
 */
export function readSample(text: string, name: string): Sample {
  const byIndex = new Map<number, Label>();
  const byEvent = new Map<string, Label>();
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const wrong = (what: string): DocketError => new DocketError("usage", `${name}:${at + 1}: ${what}`);
    if (line.length > lineLengthMax) throw wrong(`longer than ${lineLengthMax} characters`);
    if (byIndex.size + byEvent.size >= labelsMax) throw wrong(`a sample has at most ${labelsMax} labels`);
    const { index, eventId, label } = parsed(line, wrong);
    if (label !== "spam" && label !== "notSpam") throw wrong('"label" is "spam" or "notSpam"');
    if (typeof eventId === "string" && index === undefined) byEvent.set(eventId, label);
    else if (Number.isSafeInteger(index) && eventId === undefined) byIndex.set(index as number, label);
    else throw wrong('expected either "index", a whole number, or "eventId", a string');
  }
  return { byIndex, byEvent };
}

/** A sample of the labels in force; what nobody could tell is left out. `undefined` if there is none. */
export function sampleOfLabels(labels: readonly Pick<LabelInForce, "of" | "label">[]): Sample | undefined {
  const byIndex = new Map<number, Label>();
  for (const { of, label } of labels) if (label !== "unsure") byIndex.set(of, label);
  return byIndex.size === 0 ? undefined : { byIndex, byEvent: new Map() };
}

function parsed(line: string, wrong: (what: string) => DocketError): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw wrong("this is no JSON");
  }
  if (typeof value !== "object" || value === null) throw wrong("expected an object");
  return value as Readonly<Record<string, unknown>>;
}

type Counts = { spam: number; notSpam: number };
type Both = { before: Counts; after: Counts };

/** Takes in labelled events. */
export class SampleTally {
  readonly #total: Counts = { spam: 0, notSpam: 0 };
  readonly #whole = both();
  readonly #changed = { stricter: zero(), milder: zero() };
  readonly #rules = new Map<string, Both>();

  /** @param change which way the outcome changed */
  add(label: Label, before: Side, after: Side, change: "stricter" | "milder" | undefined): void {
    this.#total[label] += 1;
    for (const [name, side] of [
      ["before", before],
      ["after", after],
    ] as const) {
      if (side.outcome !== "allow") this.#whole[name][label] += 1;
      for (const key of new Set(side.fired.map(({ policy, rule }) => `${policy}/${rule}`))) {
        let counts = this.#rules.get(key);
        if (counts === undefined) this.#rules.set(key, (counts = both()));
        counts[name][label] += 1;
      }
    }
    if (change !== undefined) this.#changed[change][label] += 1;
  }

  /** @param labels how many the sample has */
  report(labels: number): SampleReport {
    const { spam, notSpam } = this.#total;
    return {
      labels,
      spam,
      notSpam,
      unmatched: labels - spam - notSpam,
      whole: this.#judged(this.#whole),
      changed: this.#changed,
      rules: [...this.#rules]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, counts]) => {
          const slash = key.indexOf("/");
          return { policy: key.slice(0, slash), rule: key.slice(slash + 1), ...this.#judged(counts) };
        }),
    };
  }

  #judged({ before, after }: Both): BeforeAfter<Judgement> {
    const judge = ({ spam, notSpam }: Counts): Judgement => ({
      precision: wilson(spam, spam + notSpam),
      recall: wilson(spam, this.#total.spam),
    });
    return { before: judge(before), after: judge(after) };
  }
}

function zero(): Counts {
  return { spam: 0, notSpam: 0 };
}

function both(): Both {
  return { before: zero(), after: zero() };
}
