// SPDX-License-Identifier: Apache-2.0
// `docket explain`: a decision in plain words, from a directory's published files or from a server. Evidence
// is opened by a server alone, with a reason: that it was opened is sealed first.
import { explanationText, userExplanationText } from "@docket/policy";
import type { Explanation, ExplanationLanguage, UserExplanation } from "@docket/policy";
import { parseReceipt } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { explainRecord, explainRecordToUser, releaseShelf } from "../../explanation/explain-record.ts";
import { readInstallation } from "../../installation.ts";
import { exitFine } from "../failure.ts";
import { noteRead } from "../note-read.ts";
import { openPublished } from "../published.ts";
import { readIfThere } from "../../stores/files/read-files.ts";
import { ask } from "../reading.ts";
import type { Where } from "../reading.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { printable } from "../../printable.ts";
import { weighedFeatures, weighedText } from "./model-features.ts";
import type { WeighedFeatures } from "./model-features.ts";

/** What `docket explain` is told. */
export type ExplainOptions = Where & {
  index: number;
  for: "analyst" | "user";
  lang: ExplanationLanguage;
  /** Why the event itself is opened and shown too. */
  evidence?: string | undefined;
  json?: true | undefined;
};

/**
 * Explains a decision.
 *
 * @throws {DocketError} `usage`; `not_found` if there is no such decision; what a server answered
 */
export async function runExplain(options: ExplainOptions, terminal: Terminal): Promise<number> {
  const explanation = await (options.url === undefined
    ? fromDirectory(options, terminal.clock())
    : fromServer(options));
  const opened = options.evidence === undefined ? undefined : await openEvent(options, options.evidence);
  const weighed = opened === undefined ? [] : await weighedIn(options, explanation, opened);
  if (options.json === true) {
    const more = weighed.length === 0 ? { evidence: opened } : { evidence: opened, models: weighed };
    const both = opened === undefined ? explanation : { ...explanation, ...more };
    await write(terminal, `${JSON.stringify(both)}\n`);
    return exitFine;
  }
  const page =
    explanation.format === "docket-explanation/v1"
      ? explanationText(explanation)
      : userExplanationText(explanation);
  await write(terminal, page);
  if (opened !== undefined) {
    const lines = JSON.stringify(opened, null, 2).split("\n").map(printable);
    await write(terminal, `\n${lines.join("\n")}\n${weighedText(weighed)}`);
  }
  return exitFine;
}

// The affected user isn't shown scores.
async function weighedIn(
  { url = "", apiKey }: ExplainOptions,
  explanation: Explanation | UserExplanation,
  opened: unknown,
): Promise<WeighedFeatures[]> {
  if (explanation.format !== "docket-explanation/v1" || opened === null) return [];
  return weighedFeatures({ url, apiKey }, explanation.release, opened as Event);
}

async function fromDirectory(options: ExplainOptions, nowMs: number): Promise<Explanation | UserExplanation> {
  const { data, index, lang } = options;
  if (options.evidence !== undefined) {
    throw new DocketError(
      "usage",
      "evidence is opened by a server, which seals that it was; name it with --url",
    );
  }
  const log = await openPublished(data);
  const { record, facts } = await log.record(index);
  if (record.kind !== "decision") {
    throw new DocketError("not_found", `record ${index} is no decision, so there is nothing to explain`);
  }
  if (facts === undefined) {
    throw new DocketError(
      "usage",
      `the facts of record ${index} cannot be opened: the site's keys are not here`,
    );
  }
  const installation = readInstallation(data);
  const { paths, origin } = installation;
  if (options.for === "analyst") noteRead(installation, { what: "facts", of: index }, nowMs);
  const shelf = releaseShelf(readIfThere, paths);
  const explained = { record, facts, disclosed: undefined };
  return options.for === "user"
    ? explainRecordToUser(explained, shelf, origin, lang)
    : explainRecord(explained, shelf, lang);
}

async function fromServer(options: ExplainOptions): Promise<Explanation | UserExplanation> {
  const { url = "", apiKey, index, lang } = options;
  const path = `v1/decisions/${index}/explanation?for=${options.for}&lang=${lang}`;
  const answer = JSON.parse(await ask(url, path, apiKey)) as Explanation | UserExplanation;
  const formats = ["docket-explanation/v1", "docket-explanation-user/v1"];
  if (formats.includes(answer.format)) return answer;
  throw new DocketError("usage", `${url} answered no explanation that this version of docket knows`);
}

async function openEvent({ url = "", apiKey, index }: ExplainOptions, reason: string): Promise<unknown> {
  const receipt = parseReceipt(await ask(url, `v1/receipts/${index}/opening`, apiKey, { reason }));
  const content = receipt.opening?.find((part) => part.name === "content");
  return content === undefined ? null : (JSON.parse(content.plaintext) as { event?: unknown }).event;
}
