// SPDX-License-Identifier: Apache-2.0
// What the page of the log says, in each language.
import type { Language } from "../language.ts";

/** The words of one language. `{…}` stands for what is put in. */
export type LogWords = {
  readonly title: string;
  readonly intro: string;
  readonly loading: string;
  readonly unreachable: string;
  readonly good: string;
  readonly goodMore: string;
  readonly bad: string;
  readonly badMore: string;
  readonly none: string;
  readonly now: string;
  readonly origin: string;
  readonly size: string;
  readonly root: string;
  readonly signers: string;
  readonly others: string;
  readonly nobodyElse: string;
  readonly note: string;
  readonly save: string;
  readonly key: string;
  readonly keyText: string;
  readonly kept: string;
  readonly keptText: string;
  readonly keptNone: string;
  readonly keptMore: string;
  readonly verify: string;
  readonly verifyText: string;
  readonly verifySteps: readonly string[];
  readonly policies: string;
  readonly policiesText: string;
  /** Of a release: since when, and its record. */
  readonly since: string;
  readonly figures: string;
  readonly figuresText: string;
  readonly figuresNone: string;
  readonly decided: string;
  readonly outcomes: Readonly<Record<string, string>>;
  readonly lookedAt: string;
  readonly byAutomation: string;
  readonly byPeople: string;
  readonly ended: string;
  readonly opened: string;
  readonly ruled: string;
  readonly ruledText: string;
  readonly openNow: string;
  readonly openText: string;
  readonly reports: string;
  readonly counted: string;
};

/** The words of all languages. */
export const logWords: Readonly<Record<Language, LogWords>> = {
  en: {
    title: "The log of this site",
    intro:
      "Every decision that this site makes about what its users send is a record of a log. Records " +
      "are never changed or taken out; whoever keeps a checkpoint can show it if they were.",
    loading: "One moment …",
    unreachable: "The server can't be reached.",
    good: "Signed by the key that this server names",
    goodMore:
      "Your browser has checked the signature. That it is the same log that others are shown, only " +
      "a checkpoint kept elsewhere or a witness can tell.",
    bad: "The checkpoint is not signed by the key that this server names",
    badMore: "Something is wrong with this server. Keep the checkpoint, and tell whoever runs it.",
    none: "This log has published nothing yet.",
    now: "The checkpoint now",
    origin: "Log",
    size: "Records",
    root: "Root",
    signers: "Signed by",
    others: "Other lines",
    nobodyElse: "none: no witness has cosigned it yet",
    note: "The checkpoint, to the character",
    save: "Save it",
    key: "The log's key",
    keyText:
      "With it a receipt is checked. Note it, or have it from a second place: a server that lies " +
      "about its log could lie about its key, but not change a key that you hold.",
    kept: "Checkpoints that are kept for good",
    keptText: "Sizes of the log at which a checkpoint can be fetched at any time.",
    keptNone: "none yet",
    keptMore: "and more",
    verify: "Check it yourself",
    verifyText: "Nothing of this takes an account, or trust in this server.",
    verifySteps: [
      "One decision: take its receipt to the page “Check a receipt”, or save that page as a file " +
        "and check without a network.",
      "The tree: `docket verify {origin} --key log.vkey` reads it from here and checks every " +
        "signature and hash.",
      "Over time: `docket monitor {origin} --key log.vkey --state seen` keeps checkpoints and shows " +
        "if the log was rolled back or forked.",
      "With your own program: the log is laid out as C2SP tlog-tiles, at /checkpoint and /tile/….",
    ],
    policies: "Policies in force",
    policiesText:
      "Each receipt names the release that it was decided under, by its hash. These were in force in the " +
      "time that is counted below, the newest first.",
    since: "since {at}, record {index}",
    figures: "In figures",
    figuresText: "From {from} to {to}, counted in this log at {madeAt}.",
    figuresNone:
      "This site shows no figures here. The transparency report (decisions, reasons, objections, errors) " +
      "is made from this log; whoever runs the site has it.",
    decided: "Decisions",
    outcomes: {
      allow: "allowed",
      flag: "allowed, and marked for a look",
      challenge: "asked to prove oneself",
      delay: "delayed",
      hold: "held for a person",
      reject: "rejected",
    },
    lookedAt: "Looked at by a person later",
    byAutomation: "Restrictions of accounts by rules",
    byPeople: "Restrictions of accounts by people",
    ended: "Restrictions ended early",
    opened: "Objections",
    ruled: "Objections answered",
    ruledText: "{overturned} decisions undone, {modified} changed, {upheld} kept, {withdrawn} withdrawn",
    openNow: "Objections open now",
    openText: "{open}, of them {overdue} overdue",
    reports: "Reports by users",
    counted: "Counts alone, of no rule and no person; the records they come from are in the log.",
  },
  de: {
    title: "Das Protokoll dieser Seite",
    intro:
      "Jede Entscheidung dieses Anbieters über das, was seine Nutzer senden, ist ein Eintrag in " +
      "einem Protokoll. Einträge werden nie geändert oder entfernt; wer einen Stand aufbewahrt, " +
      "kann es sonst zeigen.",
    loading: "Einen Moment …",
    unreachable: "Der Server ist nicht zu erreichen.",
    good: "Unterschrieben mit dem Schlüssel, den dieser Server nennt",
    goodMore:
      "Dein Browser hat die Unterschrift geprüft. Dass andere dasselbe Protokoll zu sehen bekommen, " +
      "kann nur ein anderswo aufbewahrter Stand oder ein Zeuge sagen.",
    bad: "Der Stand ist nicht mit dem Schlüssel unterschrieben, den dieser Server nennt",
    badMore: "Mit diesem Server stimmt etwas nicht. Bewahre den Stand auf und sag es dem Betreiber.",
    none: "Dieses Protokoll hat noch nichts veröffentlicht.",
    now: "Der jetzige Stand",
    origin: "Protokoll",
    size: "Einträge",
    root: "Wurzel",
    signers: "Unterschrieben von",
    others: "Weitere Zeilen",
    nobodyElse: "keine: noch hat ihn kein Zeuge mitunterschrieben",
    note: "Der Stand, auf das Zeichen genau",
    save: "Speichern",
    key: "Der Schlüssel des Protokolls",
    keyText:
      "Mit ihm wird ein Beleg geprüft. Notiere ihn oder hole ihn von einer zweiten Stelle: Ein " +
      "Server, der über sein Protokoll lügt, könnte auch über seinen Schlüssel lügen, aber keinen " +
      "ändern, den du schon hast.",
    kept: "Für immer aufbewahrte Stände",
    keptText: "Größen des Protokolls, zu denen der Stand jederzeit abgerufen werden kann.",
    keptNone: "noch keine",
    keptMore: "und weitere",
    verify: "Selbst prüfen",
    verifyText: "Nichts davon braucht ein Konto oder Vertrauen in diesen Server.",
    verifySteps: [
      "Eine Entscheidung: Prüfe ihren Beleg auf der Seite „Beleg prüfen“, oder speichere diese als " +
        "Datei und prüfe ohne Netz.",
      "Den Baum: `docket verify {origin} --key log.vkey` liest ihn von hier und prüft jede " +
        "Unterschrift und jede Prüfsumme.",
      "Auf Dauer: `docket monitor {origin} --key log.vkey --state seen` bewahrt Stände auf und " +
        "zeigt, ob das Protokoll zurückgesetzt oder gespalten wurde.",
      "Mit einem eigenen Programm: Das Protokoll ist wie C2SP tlog-tiles angelegt, unter " +
        "/checkpoint und /tile/….",
    ],
    policies: "Regeln in Kraft",
    policiesText:
      "Jeder Beleg nennt mit einer Prüfsumme die Fassung, nach der entschieden wurde. Diese galten in der " +
      "Zeit, die unten gezählt ist, die neueste zuerst.",
    since: "seit {at}, Eintrag {index}",
    figures: "In Zahlen",
    figuresText: "Von {from} bis {to}, in diesem Protokoll gezählt am {madeAt}.",
    figuresNone:
      "Dieser Anbieter zeigt hier keine Zahlen. Der Transparenzbericht (Entscheidungen, Gründe, " +
      "Widersprüche, Fehler) wird aus diesem Protokoll gemacht; der Betreiber hat ihn.",
    decided: "Entscheidungen",
    outcomes: {
      allow: "erlaubt",
      flag: "erlaubt und vorgemerkt",
      challenge: "Nachweis verlangt",
      delay: "verzögert",
      hold: "zurückgehalten, bis jemand es ansieht",
      reject: "abgelehnt",
    },
    lookedAt: "Später von einem Menschen angesehen",
    byAutomation: "Einschränkungen von Konten durch Regeln",
    byPeople: "Einschränkungen von Konten durch Menschen",
    ended: "Vorzeitig beendete Einschränkungen",
    opened: "Widersprüche",
    ruled: "Beantwortete Widersprüche",
    ruledText:
      "{overturned} Entscheidungen aufgehoben, {modified} geändert, {upheld} bestätigt, " +
      "{withdrawn} zurückgezogen",
    openNow: "Jetzt offene Widersprüche",
    openText: "{open}, davon {overdue} überfällig",
    reports: "Meldungen von Nutzern",
    counted: "Nur Summen, zu keiner Regel und keinem Menschen; die Einträge dazu stehen im Protokoll.",
  },
};
