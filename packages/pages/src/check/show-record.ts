// SPDX-License-Identifier: Apache-2.0
// A record in words, and what a receipt shows of the parts that were sealed with it.
import type { Disclosed, DocketRecord, PartName, RecordedRestriction } from "@docket/protocol";
import { el } from "../dom.ts";
import type { Child } from "../dom.ts";
import { filled, sayTime } from "../language.ts";
import type { Language } from "../language.ts";
import { kindWords, outcomeWords } from "./record-words.ts";
import type { CheckWords } from "./words.ts";

/** Characters of a key that are shown whole. */
const keyShownMax = 200;

/** A list of names and what they stand for; what is `undefined` is left out. */
export function facts(rows: readonly (readonly [name: string, ...what: Child[]] | undefined)[]): HTMLElement {
  const said = rows.flatMap((row) => {
    if (row === undefined) return [];
    const [name, ...what] = row;
    return [el("div", {}, el("dt", {}, name), el("dd", {}, ...what))];
  });
  return el("dl", {}, ...said);
}

/** A verifier key; one of ML-DSA-44, which has 1,750 characters, is folded up. */
export function showKey(vkey: string): HTMLElement {
  if (vkey.length <= keyShownMax) return el("code", { class: "key" }, vkey);
  const short = `${vkey.split("+", 2).join("+")} (ML-DSA-44)`;
  return el("details", {}, el("summary", {}, el("code", {}, short)), el("code", {}, vkey));
}

/** What a record says. `size` is how many records the tree has that it was proved to be in. */
export function showRecord(
  record: DocketRecord,
  size: number | null,
  words: CheckWords,
  language: Language,
): HTMLElement {
  const { index, time, uncertaintyMs } = record;
  const exact = uncertaintyMs === null ? words.exactUnknown : filled(words.exact, { ms: uncertaintyMs });
  const decision = record.kind === "decision" ? record : undefined;
  return facts([
    [words.kind, kindWords[language][record.kind]],
    decision && [words.outcome, el("strong", {}, outcomeWords[language][decision.outcome])],
    [words.time, el("time", { datetime: time }, sayTime(time, language)), el("br"), el("small", {}, exact)],
    size === null ? [words.number, String(index)] : [words.number, filled(words.numberOf, { index, size })],
    decision && [words.rules, decision.rules.join(", ") || words.noRules],
    decision && [
      words.restrictions,
      decision.restrictions.length === 0
        ? words.noRestrictions
        : decision.restrictions.map((each) => sayRestriction(each, words, language)).join("; "),
    ],
    "actor" in record && record.actor !== undefined ? [words.actor, el("code", {}, record.actor)] : undefined,
    [words.by, sayAuthor(record.by, words)],
    "release" in record && record.release !== undefined
      ? [words.release, el("code", {}, record.release)]
      : undefined,
  ]);
}

/** The parts that are shown. */
export function showOpened(
  opened: readonly { name: string; plaintext: string }[],
  words: CheckWords,
  language: Language,
): HTMLElement[] {
  return opened.map(({ name, plaintext }) => {
    const disclosed = name === "disclosed" ? readDisclosed(plaintext) : undefined;
    return el(
      "div",
      { class: "part" },
      el("h3", {}, words.part[name as PartName] ?? name),
      ...(disclosed === undefined ? [] : showDisclosed(disclosed, words, language)),
      el(
        "details",
        { open: disclosed === undefined },
        el("summary", {}, words.plaintext),
        el("pre", { tabindex: 0 }, plaintext),
      ),
    );
  });
}

function showDisclosed({ reasons, facts: known }: Disclosed, words: CheckWords, language: Language): Child[] {
  const said = reasons.map(({ rule, text }) => {
    const tag =
      text[language] !== undefined ? language : text["en"] !== undefined ? "en" : Object.keys(text)[0];
    return el("li", {}, el("span", { lang: tag }, text[tag ?? ""] ?? rule), " ", el("code", {}, rule));
  });
  const rows = Object.entries(known).map(([name, value]) => [name, String(value)] as const);
  return [
    said.length > 0 && el("h4", {}, words.reasons),
    said.length > 0 && el("ul", {}, ...said),
    el("h4", {}, words.facts),
    rows.length === 0 ? el("p", { class: "quiet" }, words.noFacts) : facts(rows),
  ];
}

// The part holds as it was sealed; whether it is written as Docket writes one is another question.
function readDisclosed(text: string): Disclosed | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { reasons, facts: known } = value;
  const isReason = (each: unknown): boolean =>
    isObject(each) &&
    typeof each["rule"] === "string" &&
    isObject(each["text"]) &&
    Object.values(each["text"]).every((text_) => typeof text_ === "string");
  if (!Array.isArray(reasons) || !reasons.every(isReason) || !isObject(known)) return undefined;
  return value as unknown as Disclosed;
}

function sayRestriction(each: RecordedRestriction, words: CheckWords, language: Language): string {
  const what = filled(words.restriction[each.kind], {
    rate: each.kind === "throttle" ? each.rate : "",
    ability: each.kind === "limit" ? each.ability : "",
  });
  if (each.kind === "ban") return what;
  return `${what}, ${filled(words.until, { until: sayTime(each.until, language) })}`;
}

function sayAuthor(by: string, words: CheckWords): Child {
  if (by === "operator") return words.byOperator;
  if (by === "docket") return words.byDocket;
  return el("code", {}, by);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
