// SPDX-License-Identifier: Apache-2.0
// In which language a page speaks: that of its address, else the browser's, else English.

/** Languages that the pages speak. */
export const languages = ["en", "de"] as const;
/** A language that the pages speak. */
export type Language = (typeof languages)[number];

/** What a language calls itself. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

/** The language to begin with: `asked` by the address, else the first `preferred` one that there is. */
export function languageOf(asked: string | null, preferred: readonly string[]): Language {
  for (const tag of [asked ?? "", ...preferred]) {
    const found = languages.find((language) => tag.toLowerCase().split("-")[0] === language);
    if (found !== undefined) return found;
  }
  return "en";
}

/** Puts values in the place of `{name}`. What is put in isn't looked through for braces again. */
export function filled(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A time in words, in UTC whatever the browser's zone, as records have it. */
export function sayTime(time: string, language: Language): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const locale = language === "de" ? "de-DE" : "en-GB";
  return `${new Intl.DateTimeFormat(locale, {
    dateStyle: "long",
    timeStyle: "medium",
    timeZone: "UTC",
  }).format(date)} UTC`;
}
