// SPDX-License-Identifier: Apache-2.0
// An explanation as a page of text.
import type { ExplainedClause, ExplainedRule, Explanation, UserExplanation } from "./explanation.ts";
import { decisionWords } from "./words.ts";
import type { DecisionWords } from "./words.ts";

/** An explanation for an analyst, ending in a newline. */
export function explanationText(explanation: Explanation): string {
  const words = decisionWords[explanation.language];
  const { headings, facts } = words;
  const { index, event } = explanation;
  const about: [string, string][] = [
    [facts.decidedAt, explanation.decidedAt],
    [facts.sealedAt, explanation.sealedAt],
    [facts.event, `${event.type}, ${event.op}`],
    [facts.actor, explanation.actor],
    [facts.release, explanation.release],
  ];
  if (explanation.refusedBy !== null) about.push([facts.refusedBy, explanation.refusedBy]);
  const width = Math.max(...about.map(([name]) => name.length));
  const { strikes, restrictions } = explanation.standing;
  const sections: readonly (readonly [heading: string, lines: readonly string[]])[] = [
    [headings.fired, explanation.fired.flatMap((rule) => ruleLines(rule, words))],
    [headings.held, explanation.held.flatMap((rule) => ruleLines(rule, words))],
    [headings.near, explanation.near.flatMap((rule) => ruleLines(rule, words))],
    [headings.missing, explanation.missing.flatMap((rule) => missingLines(rule, words))],
    [headings.points, pointsLines(explanation, words)],
    [
      headings.strikes,
      [
        ...explanation.strikes.map((strike) => `  ${strike.rule}: ${strike.words}`),
        ...explanation.ladder.map((step) => `  ${step.words}`),
      ],
    ],
    [headings.restrictions, explanation.restrictions.map((each) => `  ${each.words} (${each.id})`)],
    [
      headings.before,
      [`  ${words.strikesBefore(strikes)}`, ...restrictions.map((each) => `  ${each.words} (${each.id})`)],
    ],
    [
      headings.counters,
      explanation.counters.map(({ path, name, words: said }) => `  ${path}: ${name}; ${said}`),
    ],
    [headings.limits, explanation.limits.map((limit) => `  limits.${limit.limit}: ${limit.words}`)],
    [headings.hits, explanation.hits.map((hit) => `  lists.${hit.list}: ${hit.words}`)],
  ];
  const parts = [
    `${words.record(index, explanation.outcomeWords)}\n`,
    ...about.map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`),
    ...(explanation.next === null ? [] : [`  ${explanation.next}\n`]),
    ...sections
      .filter(([, lines]) => lines.length > 0)
      .map(([heading, lines]) => `\n${heading}\n${lines.join("\n")}\n`),
  ];
  return printable(parts.join(""));
}

/** An explanation for the affected user, ending in a newline. */
export function userExplanationText(explanation: UserExplanation): string {
  const { user } = decisionWords[explanation.language];
  const { reasons, disclosed, restrictions, next } = explanation;
  const section = (heading: string, lines: readonly string[]): string =>
    lines.length === 0 ? "" : `\n${heading}\n${lines.map((line) => `  - ${line}\n`).join("")}`;
  return printable(
    [
      `${explanation.outcomeWords}\n`,
      section(user.why, reasons.length === 0 ? [user.noReason] : reasons.map(({ text }) => text)),
      section(
        user.seen,
        disclosed.map(({ name, words }) => `${name}: ${words}`),
      ),
      section(
        user.measures,
        restrictions.map(({ words }) => words),
      ),
      next === null ? "" : `\n${next}\n`,
      `\n${explanation.object}\n${explanation.proof}\n`,
    ].join(""),
  );
}

function ruleLines(rule: ExplainedRule, words: DecisionWords): string[] {
  const held = rule.heldWords === undefined ? "" : ` (${rule.heldWords})`;
  return [
    `  ${rule.policy}/${rule.rule}: ${rule.does}${held}`,
    ...rule.clauses.map((clause, place) => {
      const cause = rule.keptFrom === place ? `; ${words.onlyThis}` : "";
      return `    ${clauseLine(clause, words)}${cause}`;
    }),
  ];
}

function missingLines(rule: ExplainedRule, words: DecisionWords): string[] {
  const { lacks = [] } = rule;
  const said = lacks.length === 0 ? words.gone : words.lacks(lacks);
  return [`  ${rule.policy}/${rule.rule}: ${said}`];
}

// `+ the number of links is at least 3 [signals.linkCount >= 3]: it was 5`
function clauseLine({ clause, words: said, result, values }: ExplainedClause, words: DecisionWords): string {
  const mark = result === "missing" ? "?" : result ? "+" : "-";
  const came = result === "missing" ? words.clauseMissing : result ? words.clauseTrue : words.clauseFalse;
  const source = said === clause ? "" : ` [${clause}]`;
  const read = values.map((value) => (values.length === 1 ? value.words : `${value.path}: ${value.words}`));
  return `${mark} ${said}${source}: ${[came, ...read].join("; ")}`;
}

function pointsLines({ points }: Explanation, words: DecisionWords): string[] {
  return points.flatMap(({ policy, points: sum, rules, thresholds }) => [
    `  ${words.pointsOf(policy, sum)} (${rules.map((each) => `${each.rule} ${each.points}`).join(", ")})`,
    ...thresholds.map(({ words: said, reached, held }) => {
      const came = reached ? words.reached : words.notReached;
      const why = held === undefined ? "" : ` (${words.held[held as keyof DecisionWords["held"]]})`;
      return `    ${said}: ${came}${why}`;
    }),
  ]);
}

// What an app sent may hold what a terminal obeys, or turns the reading direction.
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n" ? character : `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}
