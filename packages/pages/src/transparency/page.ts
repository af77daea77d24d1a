// SPDX-License-Identifier: Apache-2.0
// The page of the log: what anybody may know of it, checked in the browser as far as that goes.
import {
  encodeBase64,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  TlogError,
  utf8,
} from "@docket/tlog";
import type { Checkpoint } from "@docket/tlog";
import { facts, showKey } from "../check/show-record.ts";
import { el, save } from "../dom.ts";
import type { Child } from "../dom.ts";
import { startPage } from "../frame.ts";
import { showFigures, showPolicies } from "./figures.ts";
import type { Figures } from "./figures.ts";
import { filled } from "../language.ts";
import type { Language } from "../language.ts";
import { logWords } from "./words.ts";
import type { LogWords } from "./words.ts";

/** How long an answer is waited for, in ms. */
const answerWithinMs = 30_000;
/** Most sizes of kept checkpoints that are listed. */
const keptShownMax = 20;

/** What the server said. `undefined` is what it did not answer. */
type Said = {
  checkpoint: string | undefined;
  keys: string | undefined;
  kept: { sizes: number[]; more: boolean } | undefined;
  figures: Figures | undefined;
};
/** A checkpoint, read: who signed it of whom we know, and by whom else it bears lines. */
type Read = { checkpoint: Checkpoint; signers: string[]; others: string[]; fault: string | undefined };

let said: Said | undefined;

startPage("transparency", {
  alone: false,
  titles: { en: logWords.en.title, de: logWords.de.title },
  show,
});

function show(language: Language): readonly Child[] {
  const words = logWords[language];
  const place = el("div", { id: "log", "aria-live": "polite" });
  const draw = (): void => {
    place.dataset["state"] = said === undefined ? "loading" : "shown";
    place.replaceChildren(
      ...(said === undefined ? [el("p", {}, words.loading)] : showLog(said, words, language)),
    );
  };
  const fetchIt = async (): Promise<void> => {
    said = await askServer();
    draw();
  };
  draw();
  if (said === undefined) {
    void fetchIt();
  }
  return [el("p", { class: "lead" }, words.intro), place];
}

async function askServer(): Promise<Said> {
  const [checkpoint, keys, kept, figures] = await Promise.all([
    textOf("/checkpoint"),
    textOf("/log.vkey"),
    textOf("/v1/checkpoints"),
    textOf("/v1/figures"),
  ]);
  return {
    checkpoint,
    keys,
    kept: kept === undefined ? undefined : (JSON.parse(kept) as Said["kept"]),
    figures: (JSON.parse(figures ?? "{}") as { figures?: Figures | null }).figures ?? undefined,
  };
}

async function textOf(path: string): Promise<string | undefined> {
  const request: RequestInit = { credentials: "omit", signal: AbortSignal.timeout(answerWithinMs) };
  const answer = await fetch(path, request).catch(() => undefined);
  return answer?.ok === true ? answer.text() : undefined;
}

function showLog({ checkpoint, keys, kept, figures }: Said, words: LogWords, language: Language): Node[] {
  if (keys === undefined && checkpoint === undefined) return [el("p", { class: "fault" }, words.unreachable)];
  const read = checkpoint === undefined ? undefined : readCheckpoint(checkpoint, keys ?? "");
  return [
    ...(checkpoint === undefined || read === undefined
      ? [el("p", {}, words.none)]
      : showCheckpoint(checkpoint, read, words, language)),
    el("h2", {}, words.key),
    el("p", {}, words.keyText),
    ...linesOf(keys ?? "").map((key) => el("p", {}, showKey(key))),
    el("h2", {}, words.kept),
    el("p", {}, words.keptText),
    el("p", {}, ...keptLinks(kept, words)),
    el("h2", {}, words.verify),
    el("p", {}, words.verifyText),
    el(
      "ul",
      {},
      ...words.verifySteps.map((step) =>
        el("li", {}, ...withCode(filled(step, { origin: location.origin }))),
      ),
    ),
    ...(figures === undefined ? [] : showPolicies(figures, words, language)),
    ...showFigures(figures, words, language),
  ];
}

function showCheckpoint(text: string, read: Read, words: LogWords, language: Language): Node[] {
  const { checkpoint, signers, others, fault } = read;
  const { origin, size, root } = checkpoint;
  const isGood = fault === undefined;
  const saved = el("button", { type: "button", class: "plain" }, words.save);
  saved.addEventListener("click", () => save(`checkpoint-${size}.txt`, text, "text/plain"));
  return [
    el(
      "div",
      { class: `verdict ${isGood ? "verified" : "failed"}`, id: "signature" },
      el(
        "h2",
        {},
        el("span", { class: "symbol", "aria-hidden": "true" }, isGood ? "✓" : "✗"),
        isGood ? words.good : words.bad,
      ),
      el("p", {}, isGood ? words.goodMore : words.badMore),
      fault !== undefined && el("p", { lang: "en" }, fault),
    ),
    el("h2", {}, words.now),
    facts([
      [words.origin, el("code", {}, origin)],
      [words.size, new Intl.NumberFormat(language).format(size)],
      [words.root, el("code", {}, encodeBase64(root))],
      [words.signers, ...(signers.length === 0 ? ["?"] : signers.map((key) => el("div", {}, showKey(key))))],
      [words.others, others.length === 0 ? words.nobodyElse : others.join(", ")],
    ]),
    el("details", {}, el("summary", {}, words.note), el("pre", { tabindex: 0 }, text)),
    el("p", { class: "row" }, saved),
  ];
}

function keptLinks(kept: Said["kept"], words: LogWords): Child[] {
  if (kept === undefined || kept.sizes.length === 0) return [words.keptNone];
  const links = kept.sizes
    .slice(-keptShownMax)
    .flatMap((size) => [el("a", { href: `/checkpoints/${size}` }, String(size)), " "]);
  const isCut = kept.more || kept.sizes.length > keptShownMax;
  return [...links, isCut && words.keptMore];
}

function readCheckpoint(text: string, keys: string): Read | undefined {
  const bytes = utf8(text);
  try {
    const note = parseNote(bytes);
    const checkpoint = parseCheckpoint(note.text);
    try {
      const verifiers = linesOf(keys).map((key) => parseVerifierKey(key));
      const { verified, unverified } = openCheckpoint(
        bytes,
        verifiers,
        verifiers[0]?.name ?? checkpoint.origin,
      );
      const signers = verified.map(({ verifier }) => verifier.vkey);
      return { checkpoint, signers, others: unverified.map(({ name }) => name), fault: undefined };
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
      return {
        checkpoint,
        signers: [],
        others: note.signatures.map(({ name }) => name),
        fault: error.message,
      };
    }
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}

function linesOf(keys: string): string[] {
  return keys.split("\n").filter((line) => line.trim() !== "");
}

// What stands between backquotes is code.
function withCode(text: string): Child[] {
  return text.split("`").map((part, place) => (place % 2 === 1 ? el("code", {}, part) : part));
}
