// SPDX-License-Identifier: Apache-2.0
// A judgement, shown: the verdict in plain words first, then what was checked, who signed, what the record
// says, and the way to the root.
import type { Check, ReceiptReport } from "@docket/verify";
import { el } from "../dom.ts";
import type { Child } from "../dom.ts";
import { filled, sayTime } from "../language.ts";
import type { Language } from "../language.ts";
import { drawPath } from "./draw-path.ts";
import type { Judgement } from "./judge.ts";
import { facts, showKey, showOpened, showRecord } from "./show-record.ts";
import type { CheckName, CheckWords } from "./words.ts";

/** Shows a judgement. `ofServer` is whether the keys are those that the server of the page filled in. */
export function showJudgement(
  { report, path, completed }: Judgement,
  ofServer: boolean,
  words: CheckWords,
  language: Language,
): Child[] {
  const { verdict, checks } = report;
  const failed = verdict === "failed";
  return [
    el(
      "div",
      { class: `verdict ${verdict}` },
      el("h2", { id: "verdict", tabindex: -1 }, symbolOf(verdict), words.verdict[verdict]),
      el("p", {}, words.verdictMore[verdict]),
      ofServer && verdict === "verified" && el("p", {}, words.verifiedByServer),
      completed && el("p", {}, words.completed),
      failed && el("ul", {}, ...firstFaults(checks, words)),
    ),
    report.kind === "receipt" && recordSection(report, failed, words, language),
    report.kind === "case" &&
      el("section", {}, el("p", {}, filled(words.caseRecords, { count: report.records.length }))),
    checksSection(report, words, language),
    path !== undefined && el("section", {}, el("h2", {}, words.path), drawPath(path, words)),
    report.kind !== "proof" && report.limits.length > 0 && limitsSection(report.limits, words),
  ];
}

function symbolOf(verdict: Judgement["report"]["verdict"]): HTMLElement {
  const symbols = { verified: "✓", unproven: "?", incomplete: "…", failed: "✗" } as const;
  return el("span", { class: "symbol", "aria-hidden": "true" }, symbols[verdict]);
}

function firstFaults(checks: readonly Check[], words: CheckWords): HTMLElement[] {
  return checks
    .filter(({ ok }) => ok === false)
    .map(({ name, detail }) =>
      el("li", {}, `${titleOf(name, words)}: ${words.state.failed}. `, el("span", { lang: "en" }, detail)),
    );
}

function recordSection(
  { record, opened, size }: ReceiptReport,
  failed: boolean,
  words: CheckWords,
  language: Language,
): Child {
  if (record === null) return false;
  return el(
    "section",
    {},
    el("h2", {}, words.says),
    failed && el("p", { class: "warning" }, words.notProven),
    showRecord(record, size, words, language),
    el(
      "details",
      {},
      el("summary", {}, words.raw),
      el("pre", { tabindex: 0 }, JSON.stringify(record, null, 2)),
    ),
    opened.length > 0 && el("h2", {}, words.opened),
    ...showOpened(opened, words, language),
  );
}

function checksSection(report: Judgement["report"], words: CheckWords, language: Language): HTMLElement {
  const items = report.checks.map((check) => {
    const state = check.ok === null ? "open" : check.ok ? "ok" : "failed";
    return el(
      "li",
      { class: state, "data-check": check.name, "data-state": state },
      el("strong", {}, titleOf(check.name, words)),
      el("span", { class: "state" }, words.state[state]),
      el("small", { lang: "en" }, check.detail),
    );
  });
  return el(
    "section",
    {},
    el("h2", {}, words.checks),
    el("ul", { class: "checks" }, ...items),
    facts([
      [words.log, report.origin === null ? "?" : el("code", {}, report.origin)],
      [words.signedBy, ...signersOf(report, words)],
      report.kind === "receipt" ? [words.cosigned, ...cosignersOf(report, words, language)] : undefined,
      report.kind === "receipt" && report.interval !== null
        ? [words.interval, intervalWords(report.interval)]
        : undefined,
    ]),
  );
}

// The key that is trusted is no signer where the check of its signature failed.
function signersOf(report: Judgement["report"], words: CheckWords): Child[] {
  const signature = report.checks.find(({ name }) => name === "signature");
  const isSigned = report.kind === "case" ? report.verdict !== "failed" : signature?.ok === true;
  const vkeys = report.kind === "proof" ? report.vkeys : (report.signer?.vkeys ?? []);
  if (signature?.ok === false) return ["?"];
  if (!isSigned || vkeys.length === 0) return [words.nobody];
  return vkeys.map((vkey) => el("div", {}, showKey(vkey)));
}

function cosignersOf({ cosignatures }: ReceiptReport, words: CheckWords, language: Language): Child[] {
  if (cosignatures.length === 0) return [words.cosignedNone];
  return cosignatures.map(({ name, timeSeconds }) => {
    // A witness may name any time up to 2^53; the calendar ends in the year 275760.
    const time = new Date(timeSeconds * 1000);
    const isTime = !Number.isNaN(time.getTime());
    return el("div", {}, el("code", {}, name), isTime && `, ${sayTime(time.toISOString(), language)}`);
  });
}

function intervalWords({ notBefore, notAfter }: NonNullable<ReceiptReport["interval"]>): string {
  return `${notBefore?.time ?? "?"} – ${notAfter?.time ?? "?"}`;
}

function limitsSection(limits: readonly string[], words: CheckWords): HTMLElement {
  return el(
    "section",
    {},
    el("h2", {}, words.limits),
    el("ul", { lang: "en" }, ...limits.map((limit) => el("li", {}, limit))),
    words.limitsHint !== "" && el("p", { class: "quiet" }, words.limitsHint),
  );
}

function titleOf(name: string, words: CheckWords): string {
  return words.check_[name as CheckName] ?? name;
}
