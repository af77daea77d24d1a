// SPDX-License-Identifier: Apache-2.0
// What all pages have around them: the name, the way to the others, and the language.
import { byId, el } from "./dom.ts";
import type { Child } from "./dom.ts";
import { languageNames, languageOf, languages } from "./language.ts";
import type { Language } from "./language.ts";

/** The pages of a server. */
export type PageName = "check" | "dispute" | "transparency";

const names: Readonly<Record<Language, Readonly<Record<PageName, string>>>> = {
  en: { check: "Check a receipt", dispute: "Object", transparency: "The log" },
  de: { check: "Beleg prüfen", dispute: "Widersprechen", transparency: "Das Protokoll" },
};
const footers: Readonly<Record<Language, string>> = {
  en: "Docket seals every decision in a log that nobody can change unnoticed.",
  de: "Docket versiegelt jede Entscheidung in einem Protokoll, das niemand unbemerkt ändern kann.",
};
const skips: Readonly<Record<Language, string>> = { en: "To the content", de: "Zum Inhalt" };
const speech: Readonly<Record<Language, string>> = { en: "Language", de: "Sprache" };

/**
 * Builds a page, and builds it again when the language changes. The page's own state is the caller's.
 *
 * @param alone whether the page stands by itself, without a server that has the others
 */
export function startPage(
  own: PageName,
  {
    alone,
    titles,
    show,
  }: {
    alone: boolean;
    titles: Readonly<Record<Language, string>>;
    show: (language: Language) => readonly Child[];
  },
): void {
  let language = languageOf(new URLSearchParams(location.search).get("lang"), navigator.languages);
  const draw = (): void => {
    document.documentElement.lang = language;
    document.title = `${titles[language]} · Docket`;
    const header = headerOf(own, language, alone, (next) => {
      language = next;
      draw();
      document.querySelector<HTMLElement>('header [aria-pressed="true"]')?.focus();
    });
    const main = el("main", { id: "main", tabindex: -1 }, el("h1", {}, titles[language]), ...show(language));
    const skip = el("a", { class: "skip", href: "#main" }, skips[language]);
    skip.addEventListener("click", (event) => {
      // The address may hold a token after its #, which has to stay.
      event.preventDefault();
      main.focus();
    });
    byId("page").replaceChildren(skip, header, main, el("footer", {}, el("p", {}, footers[language])));
  };
  draw();
}

function headerOf(
  own: PageName,
  language: Language,
  alone: boolean,
  change: (language: Language) => void,
): HTMLElement {
  const pages: readonly PageName[] =
    own === "dispute" ? ["check", "transparency", "dispute"] : ["check", "transparency"];
  const links = pages.map((page) => {
    const current = page === own;
    return el("a", { href: `/${page}`, "aria-current": current && "page" }, names[language][page]);
  });
  // A link to the page itself would lose the token.
  if (own === "dispute") links.pop();
  const buttons = languages.map((each) => {
    const pressed = each === language ? "true" : "false";
    const button = el("button", { type: "button", lang: each, "aria-pressed": pressed }, languageNames[each]);
    button.addEventListener("click", () => change(each));
    return button;
  });
  return el(
    "header",
    {},
    el("span", { class: "name" }, "Docket"),
    !alone && el("nav", { "aria-label": "Docket" }, ...links),
    el("div", { class: "languages", role: "group", "aria-label": speech[language] }, ...buttons),
  );
}
