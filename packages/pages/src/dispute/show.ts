// SPDX-License-Identifier: Apache-2.0
// What was decided and why, and what was written about it.
import { facts } from "../check/show-record.ts";
import { el } from "../dom.ts";
import type { Child } from "../dom.ts";
import { filled, sayTime } from "../language.ts";
import type { Language } from "../language.ts";
import type { ShownText, View } from "./server.ts";
import type { DisputeWords } from "./words.ts";

/** What was decided, and why. */
export function showDecision(view: View, words: DisputeWords, language: Language): Node[] {
  const { explanation: said, kind, of } = view;
  const what = words.kind[kind as keyof DisputeWords["kind"]] ?? kind;
  return [
    el("h2", {}, words.about),
    facts([
      [words.subject, what, el("br"), el("small", {}, filled(words.record, { index: of }))],
      said && [words.what, el("strong", {}, said.outcomeWords)],
      said && [words.decided, el("time", { datetime: said.decidedAt }, sayTime(said.decidedAt, language))],
      said && said.reasons.length > 0
        ? [words.reasons, list(said.reasons.map(({ text }) => text))]
        : undefined,
      said && said.disclosed.length > 0
        ? [words.rests, list(said.disclosed.map(({ name, words: value }) => `${name}: ${value}`))]
        : undefined,
      said && said.restrictions.length > 0
        ? [words.restrictions, list(said.restrictions.map((each) => withTimes(each.words, language)))]
        : undefined,
      said && said.next !== null ? [words.next, withTimes(said.next, language)] : undefined,
    ]),
  ];
}

/** The objection, all messages, and the ruling. */
export function showTalk({ texts, ruling }: View, words: DisputeWords, language: Language): Node[] {
  const said: Node[] = [];
  if (texts.length > 0) {
    const items = texts.map((each) => showText(each, words, language));
    said.push(el("h2", {}, words.talk), el("ol", { class: "talk" }, ...items));
  }
  if (ruling !== undefined) {
    const { told } = ruling;
    const tag = [language, "en", ...Object.keys(told)].find((each) => told[each] !== undefined) ?? language;
    said.push(
      el("h2", {}, words.ruling),
      el(
        "p",
        { class: "quiet" },
        `${sayTime(ruling.at, language)}, ${filled(words.record, { index: ruling.index })}`,
      ),
      el("ol", { class: "talk" }, el("li", { class: "site" }, el("p", { lang: tag }, told[tag] ?? ""))),
    );
  }
  return said;
}

function showText(
  { from, at, index, text }: ShownText,
  words: DisputeWords,
  language: Language,
): HTMLElement {
  const count = text?.attachments?.length ?? 0;
  return el(
    "li",
    { class: from },
    el("strong", {}, words[from]),
    el("small", {}, ` ${sayTime(at, language)}, ${filled(words.record, { index })}`),
    text === undefined
      ? el("p", { class: "quiet" }, words.erased)
      : el("p", { lang: text.language }, text.text),
    count > 0 && el("small", {}, filled(words.attachments, { count })),
  );
}

// The server says times as records have them; people read them in words.
function withTimes(text: string, language: Language): string {
  return text.replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, (time) => sayTime(time, language));
}

function list(lines: readonly string[]): Child {
  return lines.length === 1 ? (lines[0] ?? "") : el("ul", {}, ...lines.map((line) => el("li", {}, line)));
}
