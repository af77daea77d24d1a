// SPDX-License-Identifier: Apache-2.0
// Disputes as text for a terminal.
import { explanationText, userExplanationText } from "@docket/policy";
import type {
  ComplainantView,
  DisputeCase,
  DisputeStatistics,
  DisputeSummary,
  RulingEffect,
  RulingTally,
  ShownText,
} from "../../disputes/contract.ts";
import type { Told } from "../../disputes/texts.ts";
import { printable } from "../../printable.ts";
import type { Share } from "../../share.ts";
import { alignColumns } from "../columns.ts";

const hourMs = 3_600_000;
/** Lines of consequences, and of like cases, that are printed. */
const followedLinesMax = 10;

/** Disputes, a line each. */
export function disputeRows(disputes: readonly DisputeSummary[]): string {
  return alignColumns(
    disputes.map(({ dispute, of, phase, overdue, opened, deadline, via, messages, waitsForSite }) => [
      String(dispute),
      `of ${of}`,
      overdue ? "OVERDUE" : phase,
      `opened ${opened}`,
      `due ${deadline}`,
      `by ${via}`,
      messages === 0 ? "" : `${messages} messages`,
      waitsForSite ? "waits for the site" : "",
    ]),
    new Set([0]),
  );
}

/** A dispute as its complainant sees it. */
export function complainantText(view: ComplainantView): string {
  const { of, kind, phase, until, explanation, dispute, deadline, overdue, ruling } = view;
  const head =
    dispute === undefined
      ? `The ${kind} of record ${of} can be disputed until ${until}.\n`
      : `Dispute ${dispute} of the ${kind} of record ${of}: ${phase}${
          phase === "open" ? `, an answer is due ${deadline}${overdue === true ? " (OVERDUE)" : ""}` : ""
        }.\n`;
  const decided = explanation === undefined ? "" : `\n${userExplanationText(explanation)}`;
  const ruled = ruling === undefined ? "" : `\n${ruling.ruling} on ${ruling.at}\n${toldLines(ruling.told)}`;
  return `${head}${decided}${textLines(view.texts)}${ruled}`;
}

/** Everything of a dispute. */
export function caseText(found: DisputeCase): string {
  const { decision, chain, standingThen, standingNow, notBy, others, warned, ruling, told } = found;
  const parts = [
    disputeRows([found]),
    textLines(found.texts),
    ruling === undefined
      ? ""
      : `\n${ruling.ruling} on ${ruling.at} by ${ruling.by}: ${ruling.reason}\n${toldLines(told ?? {})}`,
    decision?.explanation === undefined ? "" : `\n${explanationText(decision.explanation)}`,
    decision?.unexplained === undefined ? "" : `\nNot explained: ${decision.unexplained}\n`,
    ...(decision?.rules ?? []).map(({ place, text }) => `\n${place}, as it was then\n${indented(text)}`),
    decision?.content === undefined
      ? ""
      : `\nWhat was decided on\n${indented(JSON.stringify(decision.content, null, 2))}`,
    `\nWhat came of it\n${chain.map((each) => `  ${recordLine(each)}\n`).join("")}`,
    standingThen === undefined ? "" : thenText(standingThen),
    `Standing now: ${standingNow.strikes.length} strikes, ${
      standingNow.restrictions.map(({ kind, id }) => `${kind} ${id}`).join(", ") || "no restrictions"
    }\n`,
    warned === undefined ? "" : `Warned not to abuse disputes on ${warned}\n`,
    others.length === 0 ? "" : `\nOther disputes of ${found.actor}\n${disputeRows(others)}`,
    notBy.length === 0
      ? ""
      : `\nMay not decide it: ${notBy.map(({ by, kind, index }) => `${by} (${kind} ${index})`).join(", ")}\n`,
    followedText(found),
  ];
  return parts.join("");
}

/** What a ruling changed, or would. */
export function effectText(effect: RulingEffect & { index?: number }): string {
  const { dispute, ruling, verdict, measure, index } = effect;
  const head =
    index === undefined
      ? `Dispute ${dispute} would be ${ruling}.\n`
      : `Dispute ${dispute} is ${ruling}, as record ${index}.\n`;
  const ended = [...(verdict?.ended ?? []), ...(measure?.ended ?? [])];
  const made = [...(verdict?.restrictions ?? []), ...(measure?.restrictions ?? [])];
  const lines = [
    verdict === undefined ? "" : `Content: ${verdict.verdict}, now ${verdict.outcome}\n`,
    ...(verdict?.voided ?? []).map(
      ({ policy, rule, count }) => `Void: ${count} strike of ${policy}/${rule}\n`,
    ),
    ended.length === 0 ? "" : `Ended: ${ended.join(", ")}\n`,
    made.length === 0 ? "" : `In their place: ${made.map(({ kind, id }) => `${kind} ${id}`).join(", ")}\n`,
    followedText(effect),
  ];
  return head + lines.join("");
}

/** The figures of a period. */
export function statisticsText(found: DisputeStatistics): string {
  const { opened, openedBy, ended, times, late, open, overdue } = found;
  const rows = [
    ["opened", `${opened.total} (${openedBy.token} with a token, ${openedBy.app} by the app)`],
    ["ended", tallyText(ended)],
    ["overturned", shareText(ended.overturnRate)],
    ["overturned or modified", shareText(ended.changeRate)],
    ["time to an answer", `median ${hours(times.medianMs)}, 90% within ${hours(times.p90Ms)}`],
    ["answered late", shareText(late)],
    ["open at the end", `${open}, ${overdue} overdue`],
  ];
  const groups = [
    ["by rule", found.byRule.map(({ rule, ...of }) => [rule, of] as const)],
    ["by who had decided", found.byDecider.map(({ by, ...of }) => [by, of] as const)],
    ["by who ruled", found.byReviewer.map(({ by, ...of }) => [by, of] as const)],
  ] as const;
  const tables = groups.map(([title, of]) =>
    of.length === 0
      ? ""
      : `\n${title}\n${alignColumns(
          of.map(([name, tally]) => [`  ${name}`, tallyText(tally), shareText(tally.overturnRate)]),
          new Set(),
        )}`,
  );
  return `${found.from} to ${found.to}\n${alignColumns(rows, new Set())}${tables.join("")}`;
}

/** A share with its interval, for people. */
export function shareText({ count, of, share, low, high }: Share): string {
  if (share === null || low === null || high === null) return "-";
  return `${percent(share)} (${count} of ${of}; ${percent(low)} to ${percent(high)})`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

function hours(ms: number | null): string {
  if (ms === null) return "-";
  return ms < 48 * hourMs ? `${(ms / hourMs).toFixed(1)} h` : `${(ms / (24 * hourMs)).toFixed(1)} d`;
}

function tallyText({ upheld, overturned, modified, withdrawn }: RulingTally): string {
  return `${upheld} upheld, ${overturned} overturned, ${modified} modified, ${withdrawn} withdrawn`;
}

function followedText({ consequences = [], like = [] }: Pick<DisputeCase, "consequences" | "like">): string {
  const refused = firstOf(
    consequences.map(({ index, refusedBy }) => `  record ${index} was refused by ${refusedBy}\n`),
  );
  const alike = firstOf(
    like.map(({ index, actor, because }) => `  record ${index} of ${actor}, the same ${because}\n`),
  );
  return [
    refused.length === 0 ? "" : `\nFollowed from it, and not decided again\n${refused.join("")}`,
    alike.length === 0 ? "" : `\nLike cases, for the review queue\n${alike.join("")}`,
  ].join("");
}

function firstOf(lines: readonly string[]): string[] {
  const more = lines.length - followedLinesMax;
  return more <= 0 ? [...lines] : [...lines.slice(0, followedLinesMax), `  … and ${more} more\n`];
}

function recordLine(record: DisputeCase["chain"][number]): string {
  const { index, kind, time } = record;
  const by = "by" in record ? ` by ${record.by}` : "";
  const reason = "reason" in record && record.reason !== undefined ? `: ${record.reason}` : "";
  return `${index} ${time} ${kind}${by}${reason}`;
}

function thenText({ strikes, restrictions }: NonNullable<DisputeCase["standingThen"]>): string {
  return `\nStanding then: ${strikes} strikes, ${restrictions.length} restrictions\n`;
}

function textLines(texts: readonly ShownText[]): string {
  return texts
    .map(({ from, at, text }) => {
      const files = (text?.attachments ?? []).map(({ name, type }) => `  [${printable(name)}, ${type}]\n`);
      const written = text === undefined ? "  (erased)\n" : indented(text.text);
      return `\n${from} on ${at}\n${written}${files.join("")}`;
    })
    .join("");
}

function toldLines(told: Told): string {
  return Object.entries(told)
    .map(([tag, text]) => `  ${tag}: ${text.split("\n").map(printable).join("\n      ")}\n`)
    .join("");
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${printable(line)}\n`)
    .join("");
}
