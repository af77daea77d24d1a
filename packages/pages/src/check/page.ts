// SPDX-License-Identifier: Apache-2.0
// The receipt checker. It asks its server for one thing, the server's own key, and as a file for nothing.
import { caseFileBytesMax } from "@docket/verify";
import { el } from "../dom.ts";
import type { Child } from "../dom.ts";
import { startPage } from "../frame.ts";
import { filled } from "../language.ts";
import type { Language } from "../language.ts";
import { judge } from "./judge.ts";
import type { Given, Judgement } from "./judge.ts";
import { looksLikeProof } from "./bare-proof.ts";
import { showJudgement } from "./show.ts";
import { readTrust } from "./trust.ts";
import { checkWords } from "./words.ts";
import type { CheckWords } from "./words.ts";

type FileFault = "tooLong" | "notText";
type Result = { judgement: Judgement; ofServer: boolean } | { fault: "nothing" | FileFault };

/** What the page holds, whatever its language. */
const state: {
  text: string;
  /** What was chosen in place of a text, or why it can't be read. */
  file: ({ name: string } & (Given | { fault: FileFault })) | undefined;
  keys: string;
  /** What the server filled in; undefined for the file, or until it has answered. */
  serverKeys: string | undefined;
  entry: string;
  result: Result | undefined;
  /** How often it was checked: tests wait for it. */
  runs: number;
} = { text: "", file: undefined, keys: "", serverKeys: undefined, entry: "", result: undefined, runs: 0 };

/** Ends what listens for files that are dropped on the page of another language. */
let stopDrops: AbortController | undefined;

const { standalone, sha256 } = document.documentElement.dataset;
const alone = standalone !== undefined;

startPage("check", {
  alone,
  titles: { en: checkWords.en.title, de: checkWords.de.title },
  show,
});

function show(language: Language): readonly Child[] {
  const words = checkWords[language];
  const result = el("div", { id: "result", "aria-live": "polite" });
  const keysFault = el("p", { class: "fault", id: "keys-fault", role: "alert" });
  const keysNote = el("p", { class: "note", id: "keys-note" });
  const run = (focus: boolean): void => {
    state.runs += 1;
    state.result = check(keysFault, words);
    showResult(result, words, language);
    if (focus) result.querySelector<HTMLElement>("h2, p")?.focus();
  };
  const form = el("form", { novalidate: true });
  const entry = entrySection(words);
  const noteKeys = (): void => {
    const isServers = state.serverKeys !== undefined && state.keys === state.serverKeys;
    keysNote.textContent = isServers ? filled(words.keysFromServer, { host: location.host }) : "";
  };
  form.append(
    fileSection(words, () => {
      entry.hidden = !isProof();
      if (entry.hidden || state.entry !== "") run(true);
    }),
    entry,
    keysSection(words, { keysFault, keysNote, noteKeys }),
    el("button", { type: "submit", class: "primary" }, words.check),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(true);
  });
  noteKeys();
  showResult(result, words, language);
  if (state.serverKeys === undefined && !alone) void fillKeys(noteKeys);
  return [
    el("p", { class: "lead" }, words.intro),
    el("p", { class: "quiet" }, words.privacy),
    form,
    result,
    !alone && aloneSection(words),
  ];
}

function isProof(): boolean {
  const { file } = state;
  return looksLikeProof(file === undefined ? state.text : "text" in file ? file.text : "");
}

function check(keysFault: HTMLElement, words: CheckWords): Result {
  const given = state.file ?? { text: state.text, from: "paste" as const };
  keysFault.textContent = "";
  if ("fault" in given) return { fault: given.fault };
  if (given.text === "" && given.from === "paste") return { fault: "nothing" };
  const read = readTrust(state.keys);
  if ("fault" in read) keysFault.textContent = `${words.keysBad} ${read.fault}`;
  const trust = "trust" in read ? read.trust : { keys: [] };
  const ofServer = state.serverKeys !== undefined && state.keys === state.serverKeys;
  return { judgement: judge({ ...given, entry: state.entry }, trust), ofServer };
}

function showResult(place: HTMLElement, words: CheckWords, language: Language): void {
  const { result } = state;
  place.dataset["run"] = String(state.runs);
  if (result === undefined) {
    place.replaceChildren();
    return;
  }
  if ("fault" in result) {
    place.dataset["verdict"] = "none";
    place.replaceChildren(el("p", { class: "fault", tabindex: -1 }, words[result.fault]));
    return;
  }
  const { judgement, ofServer } = result;
  place.dataset["verdict"] = judgement.report.verdict;
  const shown = showJudgement(judgement, ofServer, words, language);
  place.replaceChildren(
    ...shown.filter((each): each is Node | string => each !== undefined && each !== false),
  );
}

function fileSection(words: CheckWords, changed: () => void): HTMLElement {
  const input = el("input", { type: "file", id: "file", accept: ".json,.html,.txt,application/json" });
  const name = el("output", { id: "file-name", for: "file" }, state.file?.name ?? "");
  const text = el("textarea", { id: "text", rows: 3, spellcheck: "false", autocomplete: "off" });
  text.value = state.text;
  const take = async (file: File): Promise<void> => {
    const read = await readText(file);
    state.file = { name: file.name, from: "file", ...read };
    name.textContent = file.name;
    state.text = text.value = "";
    changed();
  };
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    // Chosen again, a file that was changed meanwhile is read again.
    if (file !== undefined) void take(file).then(() => (input.value = ""));
  });
  text.addEventListener("input", (event) => {
    state.text = text.value;
    state.file = undefined;
    name.textContent = "";
    if (event instanceof InputEvent && event.inputType === "insertFromPaste") changed();
  });
  const zone = el(
    "div",
    { class: "drop" },
    el("p", {}, words.drop, " ", input, el("label", { for: "file", class: "choose" }, words.choose)),
    name,
    el("label", { for: "text" }, words.paste),
    text,
  );
  onDrop(zone, (file) => void take(file));
  return el("fieldset", {}, el("legend", {}, words.file), zone);
}

function keysSection(
  words: CheckWords,
  { keysFault, keysNote, noteKeys }: { keysFault: HTMLElement; keysNote: HTMLElement; noteKeys: () => void },
): HTMLElement {
  const input = el("input", { type: "file", id: "keys-file", accept: ".vkey,.txt,.policy,text/plain" });
  const hint = el("p", { class: "quiet", id: "keys-hint" }, words.keysHint);
  const describedBy = "keys-hint keys-note keys-fault";
  const keys = el("textarea", { id: "keys", rows: 3, spellcheck: "false", "aria-describedby": describedBy });
  keys.value = state.keys;
  const put = (text: string): void => {
    state.keys = keys.value = text;
    keysFault.textContent = "";
    noteKeys();
  };
  const takeKeys = async (file: File): Promise<void> => {
    const read = await readText(file);
    if ("text" in read) put(read.text);
    else keysFault.textContent = words[read.fault];
    input.value = "";
  };
  keys.addEventListener("input", () => put(keys.value));
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file === undefined) return;
    void takeKeys(file);
  });
  const choose = el("label", { for: "keys-file", class: "choose" }, words.chooseKeys);
  return el(
    "fieldset",
    {},
    el("legend", {}, el("label", { for: "keys" }, words.keys)),
    hint,
    keys,
    keysNote,
    keysFault,
    el("p", {}, input, choose),
  );
}

function entrySection(words: CheckWords): HTMLElement {
  const entry = el("textarea", {
    id: "entry",
    rows: 2,
    spellcheck: "false",
    "aria-describedby": "entry-hint",
  });
  entry.value = state.entry;
  entry.addEventListener("input", () => (state.entry = entry.value));
  return el(
    "fieldset",
    { hidden: !isProof() },
    el("legend", {}, el("label", { for: "entry" }, words.entry)),
    el("p", { class: "quiet", id: "entry-hint" }, words.entryHint),
    entry,
  );
}

function aloneSection(words: CheckWords): HTMLElement {
  return el(
    "section",
    { class: "alone" },
    el("h2", {}, words.alone),
    el("p", {}, words.aloneText),
    el("p", {}, el("code", { class: "digest" }, sha256 ?? "")),
    el(
      "p",
      {},
      el("a", { href: "/receipt-checker.html", download: "receipt-checker.html" }, words.aloneLink),
    ),
  );
}

// A BOM is part of the text, and so nothing that a receipt begins with.
async function readText(file: File): Promise<{ text: string } | { fault: FileFault }> {
  if (file.size > caseFileBytesMax) return { fault: "tooLong" };
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(await file.arrayBuffer()) };
  } catch {
    return { fault: "notText" };
  }
}

async function fillKeys(noteKeys: () => void): Promise<void> {
  const answer = await fetch("/log.vkey", { credentials: "omit" }).catch(() => undefined);
  if (answer?.ok !== true) return;
  const text = await answer.text();
  state.serverKeys = text;
  const field = document.querySelector<HTMLTextAreaElement>("#keys");
  // Whoever was faster knows better.
  if (state.keys !== "" || field === null) return;
  state.keys = field.value = text;
  // A text area may hold other line ends than it was given.
  state.serverKeys = state.keys = field.value;
  noteKeys();
}

function onDrop(zone: HTMLElement, take: (file: File) => void): void {
  // A file that misses the zone must not replace the page.
  stopDrops?.abort();
  stopDrops = new AbortController();
  const { signal } = stopDrops;
  const whole = document.documentElement;
  whole.addEventListener(
    "dragover",
    (event) => {
      event.preventDefault();
      zone.classList.add("over");
    },
    { signal },
  );
  whole.addEventListener("dragleave", () => zone.classList.remove("over"), { signal });
  whole.addEventListener(
    "drop",
    (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      const [file] = event.dataTransfer?.files ?? [];
      if (file !== undefined) take(file);
    },
    { signal },
  );
}
