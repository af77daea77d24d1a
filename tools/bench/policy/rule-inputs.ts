// SPDX-License-Identifier: Apache-2.0
// The rule of seven conditions that all engines evaluate, and the inputs: as many as no compiler learns by
// heart, each in the form that its engine wants.
import type { EvaluationInput } from "@docket/policy";

/** The rule as CEL has it; ordering, sum, product, membership, text, logic. */
export const ruleSource = [
  "signals.linkCount * 100 + signals.capitals > 250",
  "counters.posts >= 3",
  "content.text.contains('free')",
  "content.language in ['en', 'de', 'fr', 'es', 'pt']",
  "signals.words < 200",
  "actor.attributes.level + standing.strikes <= 4",
  "!actor.attributes.verified",
].join(" && ");

/** The same as a policy. */
export const rulePolicy: string = `policy: bench
on: [comment]
attributes: { level: int, verified: bool }
counters: { posts: { count: events, by: actor.id, over: 10m } }
rules:
  - id: seven
    when: ${JSON.stringify(ruleSource)}
    then: { outcome: hold }
    reason: { en: A rule of seven conditions. }
`;

/** The values of one event, apart from any engine. */
export type RuleValues = {
  readonly linkCount: number;
  readonly capitals: number;
  readonly words: number;
  readonly posts: number;
  readonly text: string;
  readonly language: string;
  readonly level: number;
  readonly strikes: number;
  readonly verified: boolean;
};

/** Different inputs. */
export const inputsCount = 512;
const seed = 0x2545f491;

/**
 * Values of `inputsCount` events. Most conditions are true of most of them: engines that stop at the first
 * false one stop late, and the rule fires for about a fifth.
 *
 * @param allFire whether the rule fires for all of them
 */
export function ruleValues(allFire: boolean): RuleValues[] {
  const below = random();
  const likely = (perCent: number): boolean => allFire || below(100) < perCent;
  const words = "about click every free garden gift market money never offer people river today winner".split(
    " ",
  );
  return Array.from({ length: inputsCount }, () => {
    const parts = Array.from({ length: 8 + below(24) }, () => words[below(words.length)] ?? "");
    const text = parts.filter((word) => word !== "free").join(" ");
    return {
      linkCount: likely(85) ? 3 + below(5) : below(2),
      capitals: below(120),
      words: likely(95) ? below(200) : 200 + below(400),
      posts: likely(80) ? 3 + below(40) : below(3),
      text: likely(70) ? `${text} free ${below(1_000)}` : `${text} ${below(1_000)}`,
      language: likely(80) ? (["en", "de", "fr", "es", "pt"][below(5)] ?? "en") : "nl",
      level: below(3),
      strikes: likely(85) ? below(2) : 5 + below(3),
      verified: !likely(80),
    };
  });
}

/** As Docket reads them. */
export function docketInput(values: RuleValues, counter: string): EvaluationInput {
  const { linkCount, capitals, words, posts, text, language, level, strikes, verified } = values;
  return {
    type: "comment",
    op: "create",
    decidedAt: 1_795_435_200_000,
    actor: { id: `actor-${posts}-${linkCount}`, attributes: { level, verified } },
    content: { text, language },
    signals: { linkCount, capitals, words },
    counters: new Map([[counter, posts]]),
    standing: { strikes, restricted: false },
  };
}

/** As other engines read them: names in groups; `int` makes an integer of an engine's kind. */
export function nestedInput<Int>(values: RuleValues, int: (value: number) => Int): NestedInput<Int> {
  const { linkCount, capitals, words, posts, text, language, level, strikes, verified } = values;
  return {
    signals: { linkCount: int(linkCount), capitals: int(capitals), words: int(words) },
    counters: { posts: int(posts) },
    content: { text, language },
    standing: { strikes: int(strikes) },
    actor: { attributes: { level: int(level), verified } },
  };
}

/** Values in groups. */
export type NestedInput<Int> = {
  signals: { linkCount: Int; capitals: Int; words: Int };
  counters: { posts: Int };
  content: { text: string; language: string };
  standing: { strikes: Int };
  actor: { attributes: { level: Int; verified: boolean } };
};

/** xorshift32: the same inputs in every run. */
function random(): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
