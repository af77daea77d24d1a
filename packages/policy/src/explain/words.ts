// SPDX-License-Identifier: Apache-2.0
// The words in which decisions are explained: all texts of all languages stand in this file, and nowhere
// else. Sentences about a field begin with its noun in the nominative, so that a table of nouns is enough.
import type { FieldPath } from "../types.ts";

/** The languages in which decisions can be explained. */
export const explanationLanguages = ["en", "de"] as const;
/** A language in which decisions can be explained. */
export type ExplanationLanguage = (typeof explanationLanguages)[number];

/** How the elements of a list are spoken of. */
export type ListWords = {
  readonly count: string;
  readonly one: string;
  readonly every: string;
  readonly exactlyOne: string;
};

/** A comparison: of numbers, lengths of time and texts, or of points in time. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** The units of a length of time, from the longest. */
export type TimeUnit = "day" | "hour" | "minute" | "second" | "millisecond";

/** All words of one language for conditions and their values. */
export type ClauseWords = {
  readonly fields: Readonly<Record<FieldPath, string>>;
  readonly lists: Readonly<Record<FieldPath, ListWords>>;
  readonly attribute: (name: string) => string;
  readonly eventField: (name: string) => string;
  readonly anyList: (noun: string) => ListWords;
  readonly length: (noun: string) => string;
  readonly compare: Readonly<Record<Comparison, string>>;
  readonly compareTimes: Readonly<Record<Comparison, string>>;
  /** Yes and no of what is said as a whole sentence. */
  readonly statements: Readonly<Record<FieldPath, readonly [yes: string, no: string]>>;
  readonly isTrue: string;
  readonly isFalse: string;
  readonly oneOf: (values: readonly string[]) => string;
  readonly noneOf: (values: readonly string[]) => string;
  readonly more: (count: number) => string;
  readonly contains: (value: string) => string;
  readonly startsWith: (value: string) => string;
  readonly endsWith: (value: string) => string;
  readonly matches: (pattern: string) => string;
  readonly onList: (list: string) => string;
  readonly hits: (list: string, noun: string) => ListWords;
  readonly known: string;
  readonly and: string;
  readonly or: string;
  readonly arithmetic: Readonly<Record<"+" | "-" | "*" | "/" | "%", string>>;
  readonly quote: (text: string) => string;
  readonly units: Readonly<Record<TimeUnit, readonly [one: string, many: string]>>;
  readonly yes: string;
  readonly no: string;
  readonly noValues: string;
  readonly count: (what: string, by: string | undefined, window: string, isFiltered: boolean) => string;
  readonly events: string;
  readonly distinct: (noun: string) => string;
  readonly sum: (noun: string) => string;
  readonly sameAs: (nouns: readonly string[]) => string;
  readonly thisActor: string;
  readonly since: (by: string | undefined, window: string, isFiltered: boolean) => string;
  readonly limitExceeded: (name: string) => readonly [yes: string, no: string];
  readonly limitWait: (name: string) => string;
};

const english: ClauseWords = {
  fields: {
    "event.type": "the kind of event",
    "event.op": "the operation",
    "actor.id": "the account's id",
    "actor.name": "the account's name",
    "actor.ip": "the account's address",
    "actor.email": "the account's e-mail address",
    "actor.age": "the age of the account",
    "content.text": "the text",
    "content.title": "the title",
    "content.url": "the content's address",
    "content.language": "the language",
    "content.group": "the place of the content",
    "content.revision": "the revision",
    "standing.strikes": "the number of strikes in force",
    "signals.linkCount": "the number of links",
    "signals.length": "the length of title and text",
    "signals.letters": "the number of letters",
    "signals.words": "the number of words",
    "signals.capitals": "the share of capitals in thousandths",
    "signals.repeated": "the longest run of one character",
    "signals.normalised": "the text, folded,",
    "signals.fingerprint": "the fingerprint of the text",
  },
  lists: {
    "signals.links": {
      count: "the number of links",
      one: "one of the links",
      every: "every link",
      exactlyOne: "exactly one of the links",
    },
    "signals.domains": {
      count: "the number of linked domains",
      one: "one of the linked domains",
      every: "every linked domain",
      exactlyOne: "exactly one of the linked domains",
    },
    "standing.limited": {
      count: "the number of abilities taken away",
      one: "one of the abilities taken away",
      every: "every ability taken away",
      exactlyOne: "exactly one of the abilities taken away",
    },
  },
  attribute: (name) => `the account's “${name}”`,
  eventField: (name) => `the event's “${name}”`,
  anyList: (noun) => ({
    count: `the number of values of ${noun}`,
    one: `one value of ${noun}`,
    every: `every value of ${noun}`,
    exactlyOne: `exactly one value of ${noun}`,
  }),
  length: (noun) => `the length of ${noun}`,
  compare: {
    "==": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
  },
  compareTimes: {
    "==": "is",
    "!=": "is not",
    "<": "is before",
    "<=": "is not after",
    ">": "is after",
    ">=": "is not before",
  },
  statements: {
    "standing.restricted": ["the account is restricted", "the account is not restricted"],
  },
  isTrue: "is true",
  isFalse: "is false",
  oneOf: (values) => (values.length === 1 ? `is ${values[0]}` : `is one of ${values.join(", ")}`),
  noneOf: (values) => (values.length === 1 ? `is not ${values[0]}` : `is none of ${values.join(", ")}`),
  more: (count) => `${count} more`,
  contains: (value) => `contains ${value}`,
  startsWith: (value) => `begins with ${value}`,
  endsWith: (value) => `ends with ${value}`,
  matches: (pattern) => `matches the pattern ${pattern}`,
  onList: (list) => `is on the list ${list}`,
  hits: (list, noun) => ({
    count: `the number of entries of the list ${list} found in ${noun}`,
    one: `one of the entries of the list ${list} found in ${noun}`,
    every: `every entry of the list ${list} found in ${noun}`,
    exactlyOne: `exactly one of the entries of the list ${list} found in ${noun}`,
  }),
  known: "is known",
  and: "and",
  or: "or",
  arithmetic: {
    "+": "plus",
    "-": "minus",
    "*": "times",
    "/": "divided by",
    "%": "modulo",
  },
  quote: (text) => `“${text}”`,
  units: {
    day: ["day", "days"],
    hour: ["hour", "hours"],
    minute: ["minute", "minutes"],
    second: ["second", "seconds"],
    millisecond: ["millisecond", "milliseconds"],
  },
  yes: "yes",
  no: "no",
  noValues: "none",
  count: (what, by, window, isFiltered) =>
    [what, isFiltered && "that meet its condition", by, `within ${window}`].filter(Boolean).join(" "),
  events: "the number of earlier events",
  distinct: (noun) => `the number of different values of ${noun} in earlier events`,
  sum: (noun) => `the sum of ${noun} over earlier events`,
  sameAs: (nouns) => `with the same ${nouns.map(withoutArticle).join(" and ")}`,
  thisActor: "by this account",
  since: (by, window, isFiltered) =>
    [
      "the time since the first event",
      isFiltered && "that meets its condition",
      by,
      `(forgotten after ${window} without one)`,
    ]
      .filter(Boolean)
      .join(" "),
  limitExceeded: (name) => [`the limit ${name} is exceeded`, `the limit ${name} is not exceeded`],
  limitWait: (name) => `the time to wait because of the limit ${name}`,
};

const german: ClauseWords = {
  fields: {
    "event.type": "die Art des Ereignisses",
    "event.op": "der Vorgang",
    "actor.id": "die Kennung des Kontos",
    "actor.name": "der Name des Kontos",
    "actor.ip": "die Adresse des Kontos",
    "actor.email": "die E-Mail-Adresse des Kontos",
    "actor.age": "das Alter des Kontos",
    "content.text": "der Text",
    "content.title": "der Titel",
    "content.url": "die Adresse des Inhalts",
    "content.language": "die Sprache",
    "content.group": "der Ort des Inhalts",
    "content.revision": "die Fassung",
    "standing.strikes": "die Zahl der geltenden Verwarnungspunkte",
    "signals.linkCount": "die Zahl der Links",
    "signals.length": "die Länge von Titel und Text",
    "signals.letters": "die Zahl der Buchstaben",
    "signals.words": "die Zahl der Wörter",
    "signals.capitals": "der Anteil der Großbuchstaben in Tausendsteln",
    "signals.repeated": "die längste Folge eines Zeichens",
    "signals.normalised": "der vereinheitlichte Text",
    "signals.fingerprint": "der Fingerabdruck des Textes",
  },
  lists: {
    "signals.links": {
      count: "die Zahl der Links",
      one: "einer der Links",
      every: "jeder Link",
      exactlyOne: "genau einer der Links",
    },
    "signals.domains": {
      count: "die Zahl der verlinkten Domains",
      one: "eine der verlinkten Domains",
      every: "jede verlinkte Domain",
      exactlyOne: "genau eine der verlinkten Domains",
    },
    "standing.limited": {
      count: "die Zahl der entzogenen Fähigkeiten",
      one: "eine der entzogenen Fähigkeiten",
      every: "jede entzogene Fähigkeit",
      exactlyOne: "genau eine der entzogenen Fähigkeiten",
    },
  },
  attribute: (name) => `die Angabe „${name}“ zum Konto`,
  eventField: (name) => `die Angabe „${name}“ zum Ereignis`,
  anyList: (noun) => ({
    count: `die Zahl der Werte (${noun})`,
    one: `ein Wert (${noun})`,
    every: `jeder Wert (${noun})`,
    exactlyOne: `genau ein Wert (${noun})`,
  }),
  length: (noun) => `die Länge (${noun})`,
  compare: {
    "==": "ist",
    "!=": "ist nicht",
    "<": "ist kleiner als",
    "<=": "ist höchstens",
    ">": "ist größer als",
    ">=": "ist mindestens",
  },
  compareTimes: {
    "==": "ist",
    "!=": "ist nicht",
    "<": "ist früher als",
    "<=": "ist nicht später als",
    ">": "ist später als",
    ">=": "ist nicht früher als",
  },
  statements: {
    "standing.restricted": ["das Konto ist eingeschränkt", "das Konto ist nicht eingeschränkt"],
  },
  isTrue: "ist wahr",
  isFalse: "ist falsch",
  oneOf: (values) => (values.length === 1 ? `ist ${values[0]}` : `ist eins von ${values.join(", ")}`),
  noneOf: (values) => (values.length === 1 ? `ist nicht ${values[0]}` : `ist keins von ${values.join(", ")}`),
  more: (count) => `${count} weitere`,
  contains: (value) => `enthält ${value}`,
  startsWith: (value) => `beginnt mit ${value}`,
  endsWith: (value) => `endet auf ${value}`,
  matches: (pattern) => `passt zum Muster ${pattern}`,
  onList: (list) => `steht auf der Liste ${list}`,
  hits: (list, noun) => ({
    count: `die Zahl der Treffer aus der Liste ${list} (${noun})`,
    one: `einer der Treffer aus der Liste ${list} (${noun})`,
    every: `jeder Treffer aus der Liste ${list} (${noun})`,
    exactlyOne: `genau einer der Treffer aus der Liste ${list} (${noun})`,
  }),
  known: "ist bekannt",
  and: "und",
  or: "oder",
  arithmetic: {
    "+": "plus",
    "-": "minus",
    "*": "mal",
    "/": "geteilt durch",
    "%": "modulo",
  },
  quote: (text) => `„${text}“`,
  units: {
    day: ["Tag", "Tage"],
    hour: ["Stunde", "Stunden"],
    minute: ["Minute", "Minuten"],
    second: ["Sekunde", "Sekunden"],
    millisecond: ["Millisekunde", "Millisekunden"],
  },
  yes: "ja",
  no: "nein",
  noValues: "keine",
  count: (what, by, window, isFiltered) =>
    [what, by, isFiltered && "mit erfüllter Bedingung", `im Zeitraum ${window}`].filter(Boolean).join(" "),
  events: "die Zahl früherer Ereignisse",
  distinct: (noun) => `die Zahl verschiedener Werte (${noun}) in früheren Ereignissen`,
  sum: (noun) => `die Summe (${noun}) über frühere Ereignisse`,
  sameAs: (nouns) => `bei gleichem Wert (${nouns.join("; ")})`,
  thisActor: "dieses Kontos",
  since: (by, window, isFiltered) =>
    [
      "die Zeit seit dem ersten Ereignis",
      by,
      isFiltered && "mit erfüllter Bedingung",
      `(vergessen nach ${window} ohne eines)`,
    ]
      .filter(Boolean)
      .join(" "),
  limitExceeded: (name) => [
    `die Grenze ${name} ist überschritten`,
    `die Grenze ${name} ist nicht überschritten`,
  ],
  limitWait: (name) => `die Wartezeit wegen der Grenze ${name}`,
};

/** The words for conditions, by language. */
export const clauseWords: Readonly<Record<ExplanationLanguage, ClauseWords>> = {
  en: english,
  de: german,
};

function withoutArticle(noun: string): string {
  return noun.replace(/^the /, "");
}
