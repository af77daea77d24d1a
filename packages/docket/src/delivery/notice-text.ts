// SPDX-License-Identifier: Apache-2.0
// A notice in words: as text, and as a page that needs nothing else. What came from users or rules is data:
// the page escapes all of it.
import type { FactValue } from "@docket/protocol";
import { escaped, printable, printableLines } from "../printable.ts";
import type { EndedRestriction } from "./contract.ts";
import { wordsIn } from "./notice.ts";
import type { Notice, NoticeLanguage } from "./notice.ts";
import { noticeWords } from "./notice-words.ts";
import type { NoticeWords } from "./notice-words.ts";

/** Most objections of a digest whose tokens are written out. */
const tokensShownMax = 20;

/** A notice in words: a title, and sections of a heading and lines. */
export type NoticeInWords = { title: string; sections: { heading: string | undefined; lines: string[] }[] };

/** Puts a notice in words, in its user's language or another. */
export function noticeInWords(notice: Notice, language: NoticeLanguage = notice.language): NoticeInWords {
  const words = noticeWords[language];
  const sections = [
    { heading: undefined, lines: [whatOf(notice, words, language), ...holdLines(notice, words, language)] },
    { heading: words.why, lines: reasonLines(notice, words, language) },
    { heading: words.content, lines: contentLines(notice) },
    {
      heading: words.restrictions,
      lines: notice.restrictions.map((each) => sayRestriction(each, words, language)),
    },
    { heading: words.ended, lines: notice.ended.map((each) => sayRestriction(each, words, language)) },
    { heading: words.facts, lines: factLines(notice, words) },
    { heading: words.repeats, lines: notice.repeats === null ? [] : [notice.repeats.records.join(", ")] },
    { heading: undefined, lines: closingLines(notice, words, language) },
  ];
  return { title: words.title[notice.type], sections: sections.filter(({ lines }) => lines.length > 0) };
}

/** A notice as text. */
export function noticeText(notice: Notice, language?: NoticeLanguage): string {
  const { title, sections } = noticeInWords(notice, language);
  const parts = sections.map(({ heading, lines }) => {
    const said = lines.map((line) => printableLines(line));
    return heading === undefined
      ? said.join("\n")
      : `${heading}:\n${said.map((line) => `- ${line}`).join("\n")}`;
  });
  return `${[title, ...parts].join("\n\n")}\n`;
}

const pageStyle =
  "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}" +
  "li,p{overflow-wrap:anywhere}";

/** A notice as a page. */
export function noticePage(notice: Notice, language: NoticeLanguage = notice.language): string {
  const { title, sections } = noticeInWords(notice, language);
  const body = sections.map(({ heading, lines }) => {
    if (heading === undefined) return lines.map((line) => `<p>${escaped(line)}</p>`).join("\n");
    const items = lines.map((line) => `<li>${escaped(line)}</li>`).join("");
    return `<h2>${escaped(heading)}</h2>\n<ul>${items}</ul>`;
  });
  return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
<h1>${escaped(title)}</h1>
${body.join("\n")}
</html>
`;
}

function whatOf(notice: Notice, words: NoticeWords, language: NoticeLanguage): string {
  const { ruling, report, repeats } = notice;
  return filled(words.what[notice.type], {
    day: sayDay(notice.at, language),
    ruling: ruling === null ? "" : words.ruling[ruling.ruling],
    finding: report === null ? "" : words.finding[report.finding],
    category: report?.category ?? "",
    count: String(repeats?.count ?? 0),
  });
}

function holdLines(
  { holdUntil, otherwise, message }: Notice,
  words: NoticeWords,
  language: NoticeLanguage,
): string[] {
  const lines = message === null ? [] : [message];
  const then = otherwise === null ? undefined : words.otherwise[otherwise];
  if (holdUntil === null || then === undefined) return lines;
  return [...lines, filled(words.holdUntil, { until: sayTime(holdUntil, language), otherwise: then })];
}

function reasonLines(notice: Notice, words: NoticeWords, language: NoticeLanguage): string[] {
  const said = notice.reasons.map(({ code, text }) => wordsIn(text, language) ?? code);
  if (said.length > 0) return [...new Set(said)];
  return ["refusal", "hold", "removal", "restriction"].includes(notice.type) ? [words.noReason] : [];
}

function contentLines({ content, excerpt }: Notice): string[] {
  if (content === null) return [];
  const { type, id, revision } = content;
  const name = id === null ? [] : [revision === null ? id : `${id} (${revision})`];
  const said = [...(type === null ? [] : [type]), ...name];
  const quoted = excerpt === null || excerpt === "" ? [] : [`“${excerpt}”`];
  return [...(said.length === 0 ? [] : [printable(said.join(": "))]), ...quoted];
}

function factLines({ facts }: Notice, words: NoticeWords): string[] {
  const say = (value: FactValue): string => {
    if (typeof value === "boolean") return value ? words.yes : words.no;
    return typeof value === "object" ? value.join(", ") : String(value);
  };
  return Object.entries(facts).map(([name, value]) => `${name}: ${say(value)}`);
}

function closingLines(notice: Notice, words: NoticeWords, language: NoticeLanguage): string[] {
  const { type, automated, objections, record } = notice;
  const lines: string[] = [];
  const decided = !["message", "reportResult", "restrictionEnded"].includes(type);
  if (decided) lines.push(automated ? words.automated : words.byPerson);
  const last = objections.at(-1);
  if (last !== undefined) {
    const until = sayDay(last.until, language);
    lines.push(filled(objections.length === 1 ? words.object : words.objectMany, { until }));
    for (const { record: of, token, link } of objections.slice(0, tokensShownMax)) {
      const what = link === undefined ? words.token : words.link;
      lines.push(`${what}${objections.length === 1 ? "" : ` (${words.record} ${of})`}: ${link ?? token}`);
    }
  }
  if (decided) lines.push(filled(words.proof, { record: String(record) }));
  return lines;
}

function sayRestriction(restriction: EndedRestriction, words: NoticeWords, language: NoticeLanguage): string {
  if (!("kind" in restriction)) return words.restriction.unknown;
  const { kind } = restriction;
  const [count = "", unit = "d"] = kind === "throttle" ? restriction.rate.split("/") : [];
  const what = filled(words.restriction[kind], {
    count,
    unit: words.perUnit[unit as keyof NoticeWords["perUnit"]],
    ability: kind === "limit" ? restriction.ability : "",
  });
  if (kind === "ban") return what;
  return `${what}, ${filled(words.until, { until: sayTime(restriction.until, language) })}`;
}

// What is put in isn't looked through for braces again.
function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** `23 November 2026`, `23.11.2026`: without a library of dates, whose words change with its version. */
function sayDay(time: string, language: NoticeLanguage): string {
  const [year = "", month = "", day = ""] = time.slice(0, 10).split("-");
  if (language === "de") return `${Number(day)}.${Number(month)}.${year}`;
  return `${Number(day)} ${englishMonths[Number(month) - 1] ?? month} ${year}`;
}

function sayTime(time: string, language: NoticeLanguage): string {
  const clock = `${time.slice(11, 16)} UTC`;
  return language === "de" ? `${sayDay(time, language)}, ${clock}` : `${sayDay(time, language)}, ${clock}`;
}

const englishMonths = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
