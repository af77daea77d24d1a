// SPDX-License-Identifier: Apache-2.0
// What messages of alerts say: plain words, the same for all channels, and each chat's own form of them.
import { formatTime } from "@docket/protocol";
import type { ChatShape } from "./config.ts";
import type { AlertLine, AlertMessage } from "./contract.ts";
import { alertPages } from "./find.ts";

/** Lines of one message; what is over that is counted. */
export const linesMax = 30;
/** Discord takes no longer message, in characters; the others take more. */
export const chatTextLengthMax = 1900;

const changeWords: Readonly<Record<AlertLine["change"], string>> = {
  began: "New",
  still: "Still",
  over: "Over",
  was: "Was for a while",
};

/** One line that says what it is about: a subject, or the first line of a chat's message. */
export function headlineOf({ isTest, lines, origin }: AlertMessage): string {
  if (isTest) return `Docket: a test of this channel (${origin})`;
  const open = lines.filter(({ endedMs }) => endedMs === null);
  const [first] = open;
  if (first === undefined) return `Docket: over, ${countOf(lines.length)} (${origin})`;
  const urgent = open.some(({ severity }) => severity === "urgent") ? "urgent, " : "";
  return `Docket: ${urgent}${countOf(open.length)} (${origin})`;
}

/** The text below the headline, lines separated by `\n`. */
export function textOf(message: AlertMessage): string {
  const { isTest, lines, publicUrl, atMs } = message;
  if (isTest) return `Somebody tried this channel at ${formatTime(atMs)}. Nothing is wrong.`;
  const shown = [...lines]
    .sort(byPressure)
    .slice(0, linesMax)
    .map((line) => lineText(line, publicUrl));
  const more = lines.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}

/** What is posted to a chat. */
export function chatBody(shape: ChatShape, message: AlertMessage): string {
  const headline = headlineOf(message);
  const text = `${headline}\n${textOf(message)}`;
  const limited = (each: string): string => cut(each, chatTextLengthMax);
  switch (shape) {
    case "slack":
      // Slack's own three characters; with them its mentions and links are gone too.
      return JSON.stringify({
        text: limited(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
      });
    case "mattermost":
      return JSON.stringify({ text: limited(plainMarkdown(text)) });
    case "discord":
      return JSON.stringify({ content: limited(plainMarkdown(text)), allowed_mentions: { parse: [] } });
    case "teams":
      return JSON.stringify(adaptiveCard(headline, limited(textOf(message))));
  }
}

/** The data of a webhook's message: what a program reads. */
export function webhookBody(message: AlertMessage): string {
  const { origin, atMs, isTest, lines, publicUrl } = message;
  const alerts = lines.map(({ change, kind, about, severity, says, sinceMs, endedMs }) => ({
    change,
    kind,
    about,
    severity,
    says,
    since: formatTime(sinceMs),
    endedAt: endedMs === null ? null : formatTime(endedMs),
    ...(publicUrl === undefined ? {} : { page: pageOf(publicUrl, kind) }),
  }));
  const type = isTest ? "alerts.test" : "alerts";
  return JSON.stringify({ type, timestamp: formatTime(atMs), data: { origin, alerts } });
}

function lineText(
  { change, severity, says, sinceMs, endedMs, kind }: AlertLine,
  publicUrl: string | undefined,
): string {
  const since =
    endedMs === null ? `since ${formatTime(sinceMs)}` : `${formatTime(sinceMs)} to ${formatTime(endedMs)}`;
  const urgent = severity === "urgent" ? " (urgent)" : "";
  const link = publicUrl === undefined || endedMs !== null ? "" : ` ${pageOf(publicUrl, kind)}`;
  return `${changeWords[change]}${urgent}: ${says} (${since})${link}`;
}

function pageOf(publicUrl: string, kind: AlertLine["kind"]): string {
  return new URL(`/console${alertPages[kind]}`, publicUrl).href;
}

// What is open before what is over, what is urgent before what is not.
function byPressure(a: AlertLine, b: AlertLine): number {
  const rank = ({ endedMs, severity }: AlertLine): number =>
    (endedMs === null ? 0 : 2) + (severity === "urgent" ? 0 : 1);
  return rank(a) - rank(b);
}

// Names of witnesses and replicas, and what they answered, are somebody else's words: no mention, no link,
// no bold.
function plainMarkdown(text: string): string {
  return text.replaceAll(/([\\`*_~|[\]<>#])/g, "\\$1").replaceAll("@", "@\u200b");
}

// https://adaptivecards.io/explorer/TextBlock.html; plain text runs carry no markdown.
function adaptiveCard(headline: string, text: string): object {
  const run = (content: string, weight: "Bolder" | "Default"): object => ({
    type: "RichTextBlock",
    inlines: [{ type: "TextRun", text: content, weight }],
  });
  const body = [run(headline, "Bolder"), ...text.split("\n").map((line) => run(line, "Default"))];
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body,
  };
  const contentType = "application/vnd.microsoft.card.adaptive";
  return { type: "message", attachments: [{ contentType, contentUrl: null, content }] };
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

function countOf(alerts: number): string {
  return alerts === 1 ? "1 alert" : `${alerts} alerts`;
}
