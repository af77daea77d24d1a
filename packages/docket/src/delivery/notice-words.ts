// SPDX-License-Identifier: Apache-2.0
// The words of notices, in each language. Plain words: who reads them has just been refused something.
import type { Outcome, ReviewFinding, Ruling } from "@docket/protocol";
import type { NoticeLanguage, NoticeType } from "./notice.ts";

/** The words of one language. `{…}` stands for what is put in. */
export type NoticeWords = {
  readonly title: Readonly<Record<NoticeType, string>>;
  readonly what: Readonly<Record<NoticeType, string>>;
  readonly why: string;
  readonly noReason: string;
  readonly facts: string;
  readonly automated: string;
  readonly byPerson: string;
  readonly content: string;
  readonly restrictions: string;
  readonly ended: string;
  readonly restriction: Readonly<
    Record<"warn" | "throttle" | "limit" | "suspend" | "ban" | "unknown", string>
  >;
  readonly until: string;
  readonly perUnit: Readonly<Record<"s" | "m" | "h" | "d", string>>;
  readonly holdUntil: string;
  readonly otherwise: Readonly<Partial<Record<Outcome, string>>>;
  readonly ruling: Readonly<Record<Ruling, string>>;
  readonly finding: Readonly<Record<ReviewFinding, string>>;
  readonly repeats: string;
  readonly object: string;
  readonly objectMany: string;
  readonly token: string;
  readonly link: string;
  readonly proof: string;
  readonly record: string;
  readonly yes: string;
  readonly no: string;
};

/** The words of all languages. */
export const noticeWords: Readonly<Record<NoticeLanguage, NoticeWords>> = {
  en: {
    title: {
      refusal: "Your post was not accepted",
      hold: "Your post is waiting for a review",
      removal: "Your post was removed",
      release: "Your post was approved",
      restoration: "Your post is back",
      restriction: "Your account was restricted",
      restrictionEnded: "A restriction of your account has ended",
      ruling: "Your objection was decided",
      message: "A message about your objection",
      digest: "More of your posts were not accepted",
      reportResult: "What became of your report",
    },
    what: {
      refusal: "What you tried to post on {day} was not published.",
      hold: "What you posted on {day} is not shown until somebody has looked at it.",
      removal: "What you posted was removed on {day} and is not shown any more.",
      release: "What you posted has been looked at. It has been shown since {day}.",
      restoration: "What you posted was put back on {day}. We are sorry that it was refused.",
      restriction: "On {day} restrictions were put on your account.",
      restrictionEnded: "On {day} restrictions of your account came to an end.",
      ruling: "On {day} your objection was decided: {ruling}.",
      message: "On {day} whoever handles your objection wrote to you.",
      digest:
        "Up to {day}, {count} more of your posts were not published, for reasons that you had been told of.",
      reportResult: "You reported something as {category}. It was looked at on {day}: {finding}.",
    },
    why: "Why",
    noReason: "It was taken for spam or for a breach of the rules. No further reason is published.",
    facts: "What this rests on",
    automated: "This was decided automatically. A person looks at it if you object.",
    byPerson: "This was decided by a person.",
    content: "What it is about",
    restrictions: "What changes for you",
    ended: "What ended",
    restriction: {
      warn: "a warning",
      throttle: "no more than {count} posts a {unit}",
      limit: "you may not use: {ability}",
      suspend: "you may not post",
      ban: "you may not post any more",
      unknown: "a restriction",
    },
    until: "until {until}",
    perUnit: { s: "second", m: "minute", h: "hour", d: "day" },
    holdUntil: "If nobody has looked at it by {until}, {otherwise}.",
    otherwise: {
      allow: "it is published",
      flag: "it is published",
      hold: "it goes on waiting",
      reject: "it is not published",
    },
    ruling: {
      upheld: "the decision stands",
      overturned: "you were right, and the decision was undone",
      modified: "the decision was changed",
      withdrawn: "you withdrew it",
    },
    finding: {
      spam: "you were right",
      notSpam: "no breach of the rules was found",
      unsure: "it could not be told for certain",
    },
    repeats: "Records",
    object: "You may object until {until}. Somebody who had no part in the decision will look at it.",
    objectMany: "You may object to each of them, to the last one until {until}.",
    token: "To object, give this token; it takes no account",
    link: "To object, open this page; it takes no account",
    proof:
      "This decision is record {record} of a log that nobody can change unnoticed. Your receipt proves it.",
    record: "Record",
    yes: "yes",
    no: "no",
  },
  de: {
    title: {
      refusal: "Dein Beitrag wurde nicht angenommen",
      hold: "Dein Beitrag wartet auf eine Prüfung",
      removal: "Dein Beitrag wurde entfernt",
      release: "Dein Beitrag wurde freigegeben",
      restoration: "Dein Beitrag ist wieder da",
      restriction: "Dein Konto wurde eingeschränkt",
      restrictionEnded: "Eine Einschränkung deines Kontos ist beendet",
      ruling: "Über deinen Widerspruch ist entschieden",
      message: "Eine Nachricht zu deinem Widerspruch",
      digest: "Weitere Beiträge von dir wurden nicht angenommen",
      reportResult: "Was aus deiner Meldung geworden ist",
    },
    what: {
      refusal: "Was du am {day} veröffentlichen wolltest, wurde nicht veröffentlicht.",
      hold: "Was du am {day} geschrieben hast, ist erst zu sehen, wenn es jemand geprüft hat.",
      removal: "Was du geschrieben hast, wurde am {day} entfernt und ist nicht mehr zu sehen.",
      release: "Was du geschrieben hast, wurde geprüft. Es ist seit dem {day} zu sehen.",
      restoration:
        "Was du geschrieben hast, ist seit dem {day} wieder da. Dass es abgelehnt wurde, tut uns leid.",
      restriction: "Seit dem {day} ist dein Konto eingeschränkt.",
      restrictionEnded: "Am {day} endeten Einschränkungen deines Kontos.",
      ruling: "Am {day} wurde über deinen Widerspruch entschieden: {ruling}.",
      message: "Wer deinen Widerspruch bearbeitet, hat dir am {day} geschrieben.",
      digest:
        "Bis zum {day} wurden {count} weitere Beiträge von dir nicht veröffentlicht, " +
        "aus Gründen, die du schon kennst.",
      reportResult: "Du hast etwas als {category} gemeldet. Es wurde am {day} geprüft: {finding}.",
    },
    why: "Warum",
    noReason:
      "Es wurde für Spam oder einen Verstoß gegen die Regeln gehalten. Mehr wird dazu nicht bekannt gegeben.",
    facts: "Worauf das beruht",
    automated: "Das wurde automatisch entschieden. Wenn du widersprichst, sieht es sich ein Mensch an.",
    byPerson: "Das hat ein Mensch entschieden.",
    content: "Worum es geht",
    restrictions: "Was sich für dich ändert",
    ended: "Was beendet ist",
    restriction: {
      warn: "eine Verwarnung",
      throttle: "höchstens {count} Beiträge pro {unit}",
      limit: "nicht erlaubt ist: {ability}",
      suspend: "du kannst nichts veröffentlichen",
      ban: "du kannst dauerhaft nichts mehr veröffentlichen",
      unknown: "eine Einschränkung",
    },
    until: "bis {until}",
    perUnit: { s: "Sekunde", m: "Minute", h: "Stunde", d: "Tag" },
    holdUntil: "Hat es bis {until} niemand geprüft, {otherwise}.",
    otherwise: {
      allow: "wird es veröffentlicht",
      flag: "wird es veröffentlicht",
      hold: "wartet es weiter",
      reject: "wird es nicht veröffentlicht",
    },
    ruling: {
      upheld: "die Entscheidung bleibt bestehen",
      overturned: "du hattest recht, die Entscheidung ist aufgehoben",
      modified: "die Entscheidung wurde geändert",
      withdrawn: "du hast ihn zurückgezogen",
    },
    finding: {
      spam: "du hattest recht",
      notSpam: "ein Verstoß gegen die Regeln wurde nicht gefunden",
      unsure: "es ließ sich nicht sicher sagen",
    },
    repeats: "Einträge",
    object:
      "Du kannst bis {until} widersprechen. " +
      "Dann sieht es sich jemand an, der an der Entscheidung nicht beteiligt war.",
    objectMany: "Du kannst jeder dieser Entscheidungen widersprechen, der letzten bis {until}.",
    token: "Zum Widersprechen genügt dieses Kennwort, ein Konto braucht es nicht",
    link: "Zum Widersprechen genügt diese Seite, ein Konto braucht es nicht",
    proof:
      "Diese Entscheidung ist Eintrag {record} eines Protokolls, das niemand unbemerkt ändern kann. " +
      "Deine Quittung beweist es.",
    record: "Eintrag",
    yes: "ja",
    no: "nein",
  },
};
