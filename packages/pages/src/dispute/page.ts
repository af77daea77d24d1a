// SPDX-License-Identifier: Apache-2.0
// The page of a dispute, from the link of a notice: /dispute#dt1.… What stands after the # is sent to no
// server with the address; the page shows it as a header to the one route that wants it.
import { encodeReceipt } from "@docket/protocol";
import type { Receipt } from "@docket/protocol";
import { el, save } from "../dom.ts";
import type { Child } from "../dom.ts";
import { startPage } from "../frame.ts";
import { filled, sayTime } from "../language.ts";
import type { Language } from "../language.ts";
import { showDecision, showTalk } from "./show.ts";
import { ask, fetchReceipt, tokenPattern } from "./server.ts";
import type { Refusal, View } from "./server.ts";
import { disputeWords } from "./words.ts";
import type { DisputeWords } from "./words.ts";

/** Longest text that the server takes, in characters. */
const textLengthMax = 10_000;

/** What the page holds. What the server says, it says in the language that it is asked in. */
const state: {
  token: string;
  views: Partial<Record<Language, View>>;
  refusal: Refusal | undefined;
  /** What is being written, and what came of what was sent last. */
  draft: string;
  told: { index: number } | undefined;
  /** The receipt of the objection, which is given once. */
  ownReceipt: string | undefined;
  withdrawing: boolean;
  busy: boolean;
} = {
  token: decodeURIComponent(location.hash.slice(1)),
  views: {},
  refusal: undefined,
  draft: "",
  told: undefined,
  ownReceipt: undefined,
  withdrawing: false,
  busy: false,
};

startPage("dispute", {
  alone: false,
  titles: { en: disputeWords.en.title, de: disputeWords.de.title },
  show,
});

// Another link in the same window changes nothing but what stands after the #.
window.addEventListener("hashchange", () => location.reload());

function show(language: Language): readonly Child[] {
  const words = disputeWords[language];
  const place = el("div", { id: "dispute", "aria-live": "polite" });
  const draw = (): void => {
    const view = state.views[language];
    place.dataset["phase"] = view?.phase ?? "unknown";
    place.replaceChildren(
      ...(view === undefined
        ? beforeIt(words, reload)
        : [...showDecision(view, words, language), ...dialogue(view, words, language, { draw, reload })]),
    );
  };
  const reload = async (): Promise<void> => {
    place.dataset["phase"] = "loading";
    const answer = await ask<View>(state.token, `/by-token?lang=${language}`);
    state.refusal = answer.refusal;
    // The other language's view is of before.
    if (answer.refusal === undefined) state.views = { [language]: answer.value };
    draw();
  };
  if (state.views[language] === undefined && tokenPattern.test(state.token)) {
    place.append(el("p", {}, words.loading));
    void reload();
  } else draw();
  return [place];
}

function beforeIt(words: DisputeWords, reload: () => Promise<void>): Node[] {
  const { refusal } = state;
  const isWrong = refusal?.code === "dispute_token_invalid" || (state.token !== "" && refusal === undefined);
  const field = el("input", {
    id: "token",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "token-fault",
  });
  field.value = state.token;
  const said = refusal !== undefined && !isWrong ? sayRefusal(refusal, words) : words.tokenBad;
  const fault = el("p", { class: "fault", id: "token-fault", role: "alert" }, (isWrong || refusal) && said);
  const form = el(
    "form",
    {},
    el("p", {}, words.noToken),
    el("label", { for: "token" }, words.token),
    field,
    fault,
    el("button", { type: "submit", class: "primary" }, words.show),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // As it may have come: a whole link, or with blanks around it.
    state.token = field.value.trim().replace(/^.*#/, "");
    if (tokenPattern.test(state.token)) void reload();
    else fault.textContent = words.tokenBad;
  });
  return [form];
}

function dialogue(
  view: View,
  words: DisputeWords,
  language: Language,
  { draw, reload }: { draw: () => void; reload: () => Promise<void> },
): Node[] {
  const status = el("p", { role: "status", class: "told" });
  if (state.told !== undefined) status.textContent = filled(words.sent, { index: state.told.index });
  const fault = el("p", { class: "fault", role: "alert" });
  if (state.refusal !== undefined) fault.textContent = sayRefusal(state.refusal, words);
  const send = async <Value extends object>(path: string, body: object): Promise<Value | undefined> => {
    if (state.busy) return undefined;
    state.busy = true;
    const answer = await ask<Value>(state.token, path, body);
    state.busy = false;
    if (answer.refusal !== undefined) {
      fault.textContent = sayRefusal(answer.refusal, words);
      return undefined;
    }
    state.draft = "";
    state.withdrawing = false;
    return answer.value;
  };
  const object = async (text: string): Promise<void> => {
    const opened = await send<{ dispute: number; receipt: Receipt }>("", { text, language });
    if (opened === undefined) return;
    state.ownReceipt = encodeReceipt(opened.receipt);
    state.told = { index: opened.dispute };
    await reload();
  };
  const write = async (text: string): Promise<void> => {
    state.told = (await send<{ index: number }>("/by-token/messages", { text, language })) ?? state.told;
    await reload();
  };
  const withdraw = async (): Promise<void> => {
    if ((await send("/by-token/withdraw", {})) !== undefined) state.told = undefined;
    await reload();
  };
  const mayObject = view.phase === "none" || view.phase === "withdrawn";
  return [
    el("h2", {}, words.state),
    stateOf(view, words, language),
    status,
    fault,
    ...showTalk(view, words, language),
    ...(mayObject ? [writing(words.object, words.objectHint, words.send, words, object)] : []),
    ...(view.phase === "open"
      ? [
          writing(words.write, "", words.writeSend, words, write),
          withdrawal(words, draw, () => void withdraw()),
        ]
      : []),
    receipts(view, words, fault),
  ];
}

function stateOf(view: View, words: DisputeWords, language: Language): HTMLElement {
  const { phase, deadline, overdue, until } = view;
  const kind = phase === "overturned" || phase === "modified" ? "good" : "";
  return el(
    "div",
    { class: `verdict ${kind}` },
    el("p", {}, el("strong", {}, words.phase[phase])),
    phase === "open" && deadline !== undefined
      ? el("p", {}, filled(words.deadline, { time: sayTime(deadline, language) }))
      : undefined,
    phase === "open" && overdue === true && el("p", {}, words.overdue),
    phase === "none" && el("p", {}, filled(words.until, { time: sayTime(until, language) })),
  );
}

function writing(
  title: string,
  hint: string,
  button: string,
  words: DisputeWords,
  send: (text: string) => Promise<void>,
): HTMLElement {
  const text = el("textarea", {
    id: "words",
    class: "prose",
    rows: 6,
    required: true,
    maxlength: textLengthMax,
    "aria-describedby": hint === "" ? undefined : "words-hint",
  });
  text.value = state.draft;
  text.addEventListener("input", () => (state.draft = text.value));
  const form = el(
    "form",
    {},
    el("h2", {}, title),
    hint !== "" && el("p", { class: "quiet", id: "words-hint" }, hint),
    el("label", { for: "words" }, words.text),
    text,
    el("button", { type: "submit", class: "primary" }, button),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(text.value);
  });
  return form;
}

function withdrawal(words: DisputeWords, draw: () => void, withdraw: () => void): HTMLElement {
  if (!state.withdrawing) {
    return el(
      "p",
      { class: "row" },
      button(words.withdraw, "withdraw", () => ask_(true)),
    );
  }
  function ask_(sure: boolean): void {
    state.withdrawing = sure;
    draw();
    document.querySelector<HTMLElement>(sure ? "#keep" : "#withdraw")?.focus();
  }
  return el(
    "div",
    { class: "row", role: "group", "aria-label": words.withdraw },
    el("span", {}, words.withdrawSure),
    button(words.withdrawNo, "keep", () => ask_(false)),
    button(words.withdrawYes, "withdraw-now", withdraw),
  );
}

function receipts(view: View, words: DisputeWords, fault: HTMLElement): HTMLElement {
  const saveReceipt = async (): Promise<void> => {
    const text = await fetchReceipt(state.token);
    if (text === undefined) fault.textContent = words.unreachable;
    else save(`receipt-${view.of}.json`, text, "application/json");
  };
  const saved = button(words.receiptOf, "receipt", () => void saveReceipt());
  const { ownReceipt } = state;
  return el(
    "section",
    {},
    el("h2", {}, words.receipt),
    el("p", {}, words.receiptText),
    el(
      "p",
      { class: "row" },
      saved,
      ownReceipt !== undefined &&
        button(words.receiptMine, "receipt-mine", () =>
          save(`receipt-${view.dispute ?? ""}.json`, ownReceipt, "application/json"),
        ),
      el("a", { href: "/check", target: "_blank", rel: "noopener" }, words.checkIt),
    ),
  );
}

function button(text: string, id: string, act: () => void): HTMLElement {
  const made = el("button", { type: "button", class: "plain", id }, text);
  made.addEventListener("click", act);
  return made;
}

function sayRefusal({ code, message, waitSeconds }: Refusal, words: DisputeWords): string {
  if (code === "unreachable") return words.unreachable;
  if (code === "dispute_token_invalid") return words.tokenBad;
  if (code === "too_many_requests") return filled(words.tooMany, { seconds: waitSeconds });
  return filled(words.refused, { message });
}
