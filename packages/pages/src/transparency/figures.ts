// SPDX-License-Identifier: Apache-2.0
// Which policies were in force, and what they came to, as the server counts it in its log.
import { facts } from "../check/show-record.ts";
import { el } from "../dom.ts";
import { filled } from "../language.ts";
import type { Language } from "../language.ts";
import type { LogWords } from "./words.ts";

/** What `/v1/figures` says. */
export type Figures = {
  readonly from: string;
  readonly to: string;
  readonly madeAt: string;
  readonly policies: readonly { readonly release: string; readonly index: number; readonly at: string }[];
  readonly decisions: {
    readonly total: number;
    readonly byOutcome: Readonly<Record<string, number>>;
    readonly lookedAt: number;
  };
  readonly restrictions: {
    readonly byAutomation: number;
    readonly byPeople: number;
    readonly ended: number;
  };
  readonly disputes: Readonly<Record<string, number>>;
  readonly reports: number;
};

/** The releases that were in force. */
export function showPolicies({ policies }: Figures, words: LogWords, language: Language): Node[] {
  const time = timeIn(language);
  return [
    el("h2", {}, words.policies),
    el("p", {}, words.policiesText),
    el(
      "ul",
      { id: "policies" },
      ...policies.map(({ release, index, at }) =>
        el(
          "li",
          {},
          el("code", {}, release),
          " ",
          filled(words.since, { at: time(at), index: String(index) }),
        ),
      ),
    ),
  ];
}

/** Decisions, restrictions and objections in numbers; that there are none, where the site shows none. */
export function showFigures(figures: Figures | undefined, words: LogWords, language: Language): Node[] {
  const title = el("h2", {}, words.figures);
  if (figures === undefined) return [title, el("p", {}, words.figuresNone)];
  const { decisions, restrictions, disputes, reports } = figures;
  const time = timeIn(language);
  const number = (value = 0): string => new Intl.NumberFormat(language).format(value);
  const counts = Object.fromEntries(Object.entries(disputes).map(([name, value]) => [name, number(value)]));
  const answered = ["upheld", "overturned", "modified", "withdrawn"].reduce(
    (sum, name) => sum + (disputes[name] ?? 0),
    0,
  );
  const { from, to, madeAt } = figures;
  const times = { from: time(from), to: time(to), madeAt: time(madeAt) };
  const outcomes = Object.entries(words.outcomes).filter(([name]) => (decisions.byOutcome[name] ?? 0) > 0);
  return [
    title,
    el("p", {}, filled(words.figuresText, times)),
    facts([
      [
        words.decided,
        number(decisions.total),
        ...outcomes.map(([name, says]) =>
          el("div", {}, el("small", {}, `${number(decisions.byOutcome[name])} ${says}`)),
        ),
      ],
      [words.lookedAt, number(decisions.lookedAt)],
      [words.byAutomation, number(restrictions.byAutomation)],
      [words.byPeople, number(restrictions.byPeople)],
      [words.ended, number(restrictions.ended)],
      [words.opened, number(disputes["opened"])],
      [
        words.ruled,
        number(answered),
        answered > 0 && el("div", {}, el("small", {}, filled(words.ruledText, counts))),
      ],
      [words.openNow, filled(words.openText, counts)],
      [words.reports, number(reports)],
    ]),
    el("p", {}, words.counted),
  ];
}

function timeIn(language: Language): (at: string) => string {
  const format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return (at) => `${format.format(Date.parse(at))} UTC`;
}
