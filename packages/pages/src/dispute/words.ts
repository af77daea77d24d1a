// SPDX-License-Identifier: Apache-2.0
// What the page of a dispute says, in each language.
import type { Language } from "../language.ts";

/** How far a dispute is. */
export type Phase = "none" | "open" | "upheld" | "overturned" | "modified" | "withdrawn";

/** The words of one language. `{…}` stands for what is put in. */
export type DisputeWords = {
  readonly title: string;
  readonly loading: string;
  readonly noToken: string;
  readonly token: string;
  readonly tokenBad: string;
  readonly unreachable: string;
  readonly tooMany: string;
  readonly refused: string;
  readonly show: string;
  readonly about: string;
  readonly subject: string;
  readonly decided: string;
  readonly what: string;
  readonly kind: Readonly<Record<"decision" | "verdict" | "measure", string>>;
  readonly reasons: string;
  readonly rests: string;
  readonly restrictions: string;
  readonly next: string;
  readonly record: string;
  readonly state: string;
  readonly phase: Readonly<Record<Phase, string>>;
  readonly deadline: string;
  readonly overdue: string;
  readonly until: string;
  readonly object: string;
  readonly objectHint: string;
  readonly text: string;
  readonly send: string;
  readonly sent: string;
  readonly talk: string;
  readonly complainant: string;
  readonly site: string;
  readonly erased: string;
  readonly attachments: string;
  readonly write: string;
  readonly writeSend: string;
  readonly withdraw: string;
  readonly withdrawSure: string;
  readonly withdrawYes: string;
  readonly withdrawNo: string;
  readonly ruling: string;
  readonly receipt: string;
  readonly receiptText: string;
  readonly receiptOf: string;
  readonly receiptMine: string;
  readonly checkIt: string;
  readonly again: string;
};

/** The words of all languages. */
export const disputeWords: Readonly<Record<Language, DisputeWords>> = {
  en: {
    title: "A decision about you",
    loading: "One moment …",
    noToken: "Paste the token of the notice that you were sent. It begins with dt1. and takes no account.",
    token: "Token",
    tokenBad:
      "This token doesn't count: it is mistyped or was cut off, its time is over, or it was taken back.",
    unreachable: "The server can't be reached. Nothing was lost that you see here; try again.",
    tooMany: "Too many requests. Wait {seconds} seconds and try again.",
    refused: "The server says: {message}",
    show: "Show the decision",
    about: "What was decided",
    subject: "About",
    decided: "Decided",
    what: "Outcome",
    kind: {
      decision: "A decision on something that you sent",
      verdict: "A person's verdict on something that you sent",
      measure: "A measure on your account",
    },
    reasons: "Why",
    rests: "What it rests on",
    restrictions: "What changed for you",
    next: "What follows",
    record: "record {index} of the log",
    state: "Your objection",
    phase: {
      none: "You haven't objected.",
      open: "You have objected. Somebody who had no part in the decision looks at it.",
      upheld: "Decided: the decision stands.",
      overturned: "Decided: you were right, and the decision was undone.",
      modified: "Decided: you were right in part, and the decision was changed.",
      withdrawn: "You have withdrawn it.",
    },
    deadline: "To be answered by {time}.",
    overdue: "It should have been answered by now.",
    until: "You can object until {time}.",
    object: "Object",
    objectHint:
      "Say in your own words why the decision is wrong. What you write is sealed in the log, with a " +
      "key of your own: only those who handle it read it, and erasing your account erases it.",
    text: "Your words",
    send: "Send the objection",
    sent: "It is sealed as record {index}.",
    talk: "What was written",
    complainant: "You",
    site: "The site",
    erased: "erased",
    attachments: "with {count} files",
    write: "Add something",
    writeSend: "Send",
    withdraw: "Withdraw the objection",
    withdrawSure: "Then nobody looks at it any more. Withdraw it?",
    withdrawYes: "Withdraw it",
    withdrawNo: "Keep it",
    ruling: "How it was decided",
    receipt: "Your proof",
    receiptText:
      "With the receipt anybody can check that this was decided, and when, without asking this server.",
    receiptOf: "Save the receipt of the decision",
    receiptMine: "Save the receipt of your objection",
    checkIt: "Check it in your browser",
    again: "Try again",
  },
  de: {
    title: "Eine Entscheidung über dich",
    loading: "Einen Moment …",
    noToken:
      "Füge den Code aus der Mitteilung ein, die du bekommen hast. Er beginnt mit dt1. und braucht " +
      "kein Konto.",
    token: "Code",
    tokenBad:
      "Dieser Code gilt nicht: Er ist vertippt oder abgeschnitten, seine Zeit ist um, oder er wurde " +
      "zurückgenommen.",
    unreachable:
      "Der Server ist nicht zu erreichen. Was du hier siehst, ist nicht verloren; versuche es noch einmal.",
    tooMany: "Zu viele Anfragen. Warte {seconds} Sekunden und versuche es noch einmal.",
    refused: "Der Server sagt: {message}",
    show: "Entscheidung zeigen",
    about: "Was entschieden wurde",
    subject: "Worum es geht",
    decided: "Entschieden",
    what: "Ergebnis",
    kind: {
      decision: "Eine Entscheidung über etwas, das du gesendet hast",
      verdict: "Das Urteil einer Person über etwas, das du gesendet hast",
      measure: "Eine Maßnahme gegen dein Konto",
    },
    reasons: "Warum",
    rests: "Worauf es beruht",
    restrictions: "Was sich für dich geändert hat",
    next: "Was folgt",
    record: "Eintrag {index} des Protokolls",
    state: "Dein Widerspruch",
    phase: {
      none: "Du hast nicht widersprochen.",
      open: "Du hast widersprochen. Jemand, der an der Entscheidung nicht beteiligt war, sieht es sich an.",
      upheld: "Entschieden: Die Entscheidung bleibt.",
      overturned: "Entschieden: Du hattest recht, die Entscheidung wurde aufgehoben.",
      modified: "Entschieden: Du hattest zum Teil recht, die Entscheidung wurde geändert.",
      withdrawn: "Du hast ihn zurückgezogen.",
    },
    deadline: "Zu beantworten bis {time}.",
    overdue: "Er hätte schon beantwortet sein sollen.",
    until: "Du kannst bis {time} widersprechen.",
    object: "Widersprechen",
    objectHint:
      "Sag mit deinen Worten, warum die Entscheidung falsch ist. Was du schreibst, wird im " +
      "Protokoll versiegelt, mit einem eigenen Schlüssel: Nur wer es bearbeitet, liest es, und mit " +
      "deinem Konto wird es gelöscht.",
    text: "Deine Worte",
    send: "Widerspruch senden",
    sent: "Er ist als Eintrag {index} versiegelt.",
    talk: "Was geschrieben wurde",
    complainant: "Du",
    site: "Der Anbieter",
    erased: "gelöscht",
    attachments: "mit {count} Dateien",
    write: "Etwas hinzufügen",
    writeSend: "Senden",
    withdraw: "Widerspruch zurückziehen",
    withdrawSure: "Dann sieht es sich niemand mehr an. Zurückziehen?",
    withdrawYes: "Zurückziehen",
    withdrawNo: "Behalten",
    ruling: "Wie entschieden wurde",
    receipt: "Dein Beweis",
    receiptText:
      "Mit dem Beleg kann jeder prüfen, dass und wann dies entschieden wurde, ohne diesen Server zu fragen.",
    receiptOf: "Beleg der Entscheidung speichern",
    receiptMine: "Beleg deines Widerspruchs speichern",
    checkIt: "Im Browser prüfen",
    again: "Noch einmal versuchen",
  },
};
