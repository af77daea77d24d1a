// SPDX-License-Identifier: Apache-2.0
// What the receipt checker says, in each language. Plain words first: who reads them may never have heard of
// a log. What a check found in particular is said by the library, in English.
import type { PartName } from "@docket/protocol";
import type { ReceiptCheckName, Verdict } from "@docket/verify";
import type { CaseCheckName } from "@docket/verify";
import type { Language } from "../language.ts";

/** Names of checks, of all that can be judged. */
export type CheckName = ReceiptCheckName | CaseCheckName | "checkpoint" | "notAfter" | "notBefore";

/** The words of one language. `{…}` stands for what is put in. */
export type CheckWords = {
  readonly title: string;
  readonly intro: string;
  readonly privacy: string;
  readonly file: string;
  readonly drop: string;
  readonly choose: string;
  readonly paste: string;
  readonly keys: string;
  readonly keysHint: string;
  readonly chooseKeys: string;
  readonly keysFromServer: string;
  readonly keysBad: string;
  readonly entry: string;
  readonly entryHint: string;
  readonly check: string;
  readonly nothing: string;
  readonly tooLong: string;
  readonly notText: string;
  readonly verdict: Readonly<Record<Verdict, string>>;
  readonly verdictMore: Readonly<Record<Verdict, string>>;
  readonly verifiedByServer: string;
  readonly completed: string;
  readonly checks: string;
  readonly state: Readonly<Record<"ok" | "failed" | "open", string>>;
  readonly check_: Readonly<Record<CheckName, string>>;
  readonly signedBy: string;
  readonly nobody: string;
  readonly log: string;
  readonly cosigned: string;
  readonly cosignedNone: string;
  readonly interval: string;
  readonly says: string;
  readonly notProven: string;
  readonly number: string;
  readonly numberOf: string;
  readonly kind: string;
  readonly outcome: string;
  readonly time: string;
  readonly exact: string;
  readonly exactUnknown: string;
  readonly rules: string;
  readonly noRules: string;
  readonly restrictions: string;
  readonly noRestrictions: string;
  readonly restriction: Readonly<Record<"warn" | "suspend" | "throttle" | "limit" | "ban", string>>;
  readonly until: string;
  readonly actor: string;
  readonly by: string;
  readonly byOperator: string;
  readonly byDocket: string;
  readonly release: string;
  readonly raw: string;
  readonly opened: string;
  readonly part: Readonly<Record<PartName, string>>;
  readonly reasons: string;
  readonly facts: string;
  readonly noFacts: string;
  readonly plaintext: string;
  readonly path: string;
  readonly pathArrives: string;
  readonly pathFails: string;
  readonly pathSteps: string;
  readonly pathLeft: string;
  readonly pathRight: string;
  readonly pathLeaf: string;
  readonly pathRoot: string;
  readonly limits: string;
  readonly limitsHint: string;
  readonly alone: string;
  readonly aloneText: string;
  readonly aloneLink: string;
  readonly caseRecords: string;
};

/** The words of all languages. */
export const checkWords: Readonly<Record<Language, CheckWords>> = {
  en: {
    title: "Check a receipt",
    intro:
      "A receipt proves that a decision was sealed in a log, and what it said. Drop it here, and " +
      "your browser checks it.",
    privacy: "Nothing of it leaves this device: the check runs in this page and works without a network.",
    file: "The receipt",
    drop: "Drop a receipt here, or",
    choose: "choose a file",
    paste: "or paste its text",
    keys: "The log's key",
    keysHint:
      "The verifier key of the log, as in its file log.vkey, a line each; or a policy that names " +
      "witnesses. Without it nobody knows who signed.",
    chooseKeys: "choose log.vkey",
    keysFromServer:
      "Filled in by {host}, the server that gave you this page. So the check tells whether the " +
      "receipt is of this server's log. Whoever doubts the server itself takes the key from " +
      "elsewhere, and this page as a file.",
    keysBad: "This is neither a verifier key nor a policy:",
    entry: "What is said to be logged",
    entryHint: "A bare proof doesn't hold what it is a proof of. Paste that here, to the character.",
    check: "Check",
    nothing: "Choose a receipt or paste it first.",
    tooLong: "The file is too long to be a receipt.",
    notText: "The file is no text in UTF-8, so it can't be a receipt.",
    verdict: {
      verified: "Verified",
      unproven: "Unproven",
      incomplete: "Incomplete",
      failed: "Failed",
    },
    verdictMore: {
      verified: "It is in the log, exactly as it stands here, and the log's key signed that.",
      unproven: "Nothing is wrong with it, but without the log's key nobody knows who signed it.",
      incomplete:
        "Nothing is wrong with it, but the witnesses that the policy asks for did not all cosign it.",
      failed: "Don't rely on it: it was changed, or is not of the log whose key this is.",
    },
    verifiedByServer: "The key came from the server that gave you this page.",
    completed: "The line feed at its end was missing, as it is after copying, and was put back.",
    checks: "What was checked",
    state: { ok: "holds", failed: "fails", open: "not checked" },
    check_: {
      format: "It is written as a receipt is, to the character",
      record: "The record is well-formed",
      proof: "The proof is well-formed",
      checkpoint: "It leads to a checkpoint of a log",
      signature: "The log's key signed the checkpoint",
      cosignatures: "Witnesses saw the same log",
      inclusion: "The record is in the log",
      index: "Record and proof name the same place",
      manifest: "What was sealed with it is listed as the record says",
      opening: "What is shown is what was sealed",
      notAfter: "An outside clock saw it by then",
      notBefore: "It came after what an outside clock stamped",
      export: "The making of the case file is in the log",
      page: "The page is the one that was sealed",
      content: "What it says was sealed when it was made",
      receipts: "Each of its records is in the log",
      entries: "What it says of the records is what they say",
    },
    signedBy: "Signed by",
    nobody: "unknown: no key was given",
    log: "Log",
    cosigned: "Cosigned by",
    cosignedNone: "no witness that you named",
    interval: "Outside clocks: sealed",
    says: "What the record says",
    notProven: "None of this is proven, since a check failed.",
    number: "Number",
    numberOf: "{index} of {size} records",
    kind: "What it is",
    outcome: "Outcome",
    time: "Sealed",
    exact: "± {ms} ms, by the log's clock",
    exactUnknown: "by the log's clock; how exact it was, it doesn't say",
    rules: "Rules",
    noRules: "none with a public reason",
    restrictions: "Restrictions",
    noRestrictions: "none",
    restriction: {
      warn: "a warning",
      suspend: "suspended",
      throttle: "at most {rate}",
      limit: "may not use: {ability}",
      ban: "banned",
    },
    until: "until {until}",
    actor: "Account",
    by: "By",
    byOperator: "the operator of the log",
    byDocket: "the server, by itself",
    release: "Policy in force",
    raw: "The whole record",
    opened: "What the receipt shows of the sealed parts",
    part: {
      facts: "Facts that the decision read",
      content: "What was sent",
      personalFacts: "Facts about the person",
      disclosed: "What the rules disclose",
      change: "What was done, and why",
    },
    reasons: "Reasons",
    facts: "Facts that it rests on",
    noFacts: "none are disclosed",
    plaintext: "to the character",
    path: "The way to the root",
    pathArrives:
      "From record {index}, step by step with the hashes that the proof brings, up to the root over " +
      "all {size} records that stands in the checkpoint. One character changed, and it would end elsewhere.",
    pathFails: "The steps do not end at the root that stands in the checkpoint.",
    pathSteps: "The steps as a list",
    pathLeft: "left: {sibling}, together {result}",
    pathRight: "right: {sibling}, together {result}",
    pathLeaf: "record {index}",
    pathRoot: "root over {size} records",
    limits: "What no receipt can show",
    limitsHint: "Stated by the checker itself, in English.",
    alone: "This page as a file",
    aloneText:
      "One file that needs no server: save it, take it offline, check with it in ten years. Its SHA-256 is",
    aloneLink: "Download receipt-checker.html",
    caseRecords: "{count} records, each with its receipt",
  },
  de: {
    title: "Beleg prüfen",
    intro:
      "Ein Beleg beweist, dass eine Entscheidung in einem Protokoll versiegelt wurde und was sie " +
      "besagt. Lege ihn hier ab, dein Browser prüft ihn.",
    privacy: "Nichts davon verlässt dieses Gerät: Geprüft wird in dieser Seite, auch ganz ohne Netz.",
    file: "Der Beleg",
    drop: "Lege einen Beleg hier ab, oder",
    choose: "wähle eine Datei",
    paste: "oder füge seinen Text ein",
    keys: "Der Schlüssel des Protokolls",
    keysHint:
      "Der Prüfschlüssel des Protokolls, wie er in seiner Datei log.vkey steht, je Zeile einer; " +
      "oder eine Vorgabe, die Zeugen nennt. Ohne ihn weiß niemand, wer unterschrieben hat.",
    chooseKeys: "log.vkey wählen",
    keysFromServer:
      "Eingetragen von {host}, dem Server, von dem du diese Seite hast. Die Prüfung sagt damit, ob " +
      "der Beleg aus dem Protokoll dieses Servers ist. Wer dem Server selbst misstraut, nimmt den " +
      "Schlüssel von anderswo und diese Seite als Datei.",
    keysBad: "Das ist weder ein Prüfschlüssel noch eine Vorgabe:",
    entry: "Was protokolliert sein soll",
    entryHint:
      "Ein bloßer Nachweis enthält nicht, wovon er einer ist. Füge es hier ein, auf das Zeichen genau.",
    check: "Prüfen",
    nothing: "Wähle zuerst einen Beleg oder füge ihn ein.",
    tooLong: "Die Datei ist zu lang für einen Beleg.",
    notText: "Die Datei ist kein Text in UTF-8, also kein Beleg.",
    verdict: {
      verified: "Echt",
      unproven: "Nicht bewiesen",
      incomplete: "Unvollständig",
      failed: "Nicht echt",
    },
    verdictMore: {
      verified: "Der Eintrag steht genau so im Protokoll, und dessen Schlüssel hat das unterschrieben.",
      unproven:
        "Nichts daran ist falsch, aber ohne den Schlüssel des Protokolls weiß niemand, wer " +
        "unterschrieben hat.",
      incomplete:
        "Nichts daran ist falsch, aber nicht alle Zeugen, die die Vorgabe verlangt, haben mitunterschrieben.",
      failed:
        "Verlass dich nicht darauf: Er wurde verändert oder ist nicht aus dem Protokoll mit diesem " +
        "Schlüssel.",
    },
    verifiedByServer: "Der Schlüssel kam von dem Server, von dem du diese Seite hast.",
    completed: "Am Ende fehlte, wie nach dem Kopieren, der Zeilenumbruch; er wurde ergänzt.",
    checks: "Was geprüft wurde",
    state: { ok: "stimmt", failed: "stimmt nicht", open: "nicht geprüft" },
    check_: {
      format: "Er ist auf das Zeichen so geschrieben wie ein Beleg",
      record: "Der Eintrag ist wohlgeformt",
      proof: "Der Nachweis ist wohlgeformt",
      checkpoint: "Er führt zu einem Stand eines Protokolls",
      signature: "Der Schlüssel des Protokolls hat den Stand unterschrieben",
      cosignatures: "Zeugen haben dasselbe Protokoll gesehen",
      inclusion: "Der Eintrag steht im Protokoll",
      index: "Eintrag und Nachweis nennen dieselbe Stelle",
      manifest: "Was mit ihm versiegelt wurde, ist verzeichnet, wie der Eintrag sagt",
      opening: "Was gezeigt wird, ist, was versiegelt wurde",
      notAfter: "Eine fremde Uhr sah ihn bis dahin",
      notBefore: "Er kam nach dem, was eine fremde Uhr gestempelt hat",
      export: "Dass die Fallakte gemacht wurde, steht im Protokoll",
      page: "Die Seite ist die, die versiegelt wurde",
      content: "Was sie sagt, wurde versiegelt, als sie gemacht wurde",
      receipts: "Jeder ihrer Einträge steht im Protokoll",
      entries: "Was sie von den Einträgen sagt, sagen diese auch",
    },
    signedBy: "Unterschrieben von",
    nobody: "unbekannt: kein Schlüssel angegeben",
    log: "Protokoll",
    cosigned: "Mitunterschrieben von",
    cosignedNone: "keinem Zeugen, den du genannt hast",
    interval: "Fremde Uhren: versiegelt",
    says: "Was der Eintrag sagt",
    notProven: "Nichts davon ist bewiesen, denn eine Prüfung ist misslungen.",
    number: "Nummer",
    numberOf: "{index} von {size} Einträgen",
    kind: "Was er ist",
    outcome: "Ergebnis",
    time: "Versiegelt",
    exact: "± {ms} ms, nach der Uhr des Protokolls",
    exactUnknown: "nach der Uhr des Protokolls; wie genau sie ging, sagt es nicht",
    rules: "Regeln",
    noRules: "keine mit öffentlichem Grund",
    restrictions: "Einschränkungen",
    noRestrictions: "keine",
    restriction: {
      warn: "eine Verwarnung",
      suspend: "gesperrt",
      throttle: "höchstens {rate}",
      limit: "darf nicht nutzen: {ability}",
      ban: "ausgeschlossen",
    },
    until: "bis {until}",
    actor: "Konto",
    by: "Von",
    byOperator: "dem Betreiber des Protokolls",
    byDocket: "dem Server, von selbst",
    release: "Geltende Regeln",
    raw: "Der ganze Eintrag",
    opened: "Was der Beleg von den versiegelten Teilen zeigt",
    part: {
      facts: "Tatsachen, die der Entscheidung vorlagen",
      content: "Was gesendet wurde",
      personalFacts: "Tatsachen über die Person",
      disclosed: "Was die Regeln offenlegen",
      change: "Was getan wurde, und warum",
    },
    reasons: "Gründe",
    facts: "Tatsachen, auf denen das beruht",
    noFacts: "keine werden offengelegt",
    plaintext: "auf das Zeichen genau",
    path: "Der Weg zur Wurzel",
    pathArrives:
      "Von Eintrag {index} Schritt für Schritt, mit den Prüfsummen aus dem Nachweis, zur Wurzel über " +
      "alle {size} Einträge, wie sie der Stand nennt. Ein anderes Zeichen, und der Weg endete anderswo.",
    pathFails: "Die Schritte enden nicht an der Wurzel, die der Stand nennt.",
    pathSteps: "Die Schritte als Liste",
    pathLeft: "links: {sibling}, zusammen {result}",
    pathRight: "rechts: {sibling}, zusammen {result}",
    pathLeaf: "Eintrag {index}",
    pathRoot: "Wurzel über {size} Einträge",
    limits: "Was kein Beleg zeigen kann",
    limitsHint: "So sagt es die Prüfung selbst, auf Englisch.",
    alone: "Diese Seite als Datei",
    aloneText:
      "Eine Datei, die keinen Server braucht: speichern, vom Netz gehen, damit auch in zehn Jahren " +
      "prüfen. Ihre SHA-256 ist",
    aloneLink: "receipt-checker.html herunterladen",
    caseRecords: "{count} Einträge, jeder mit seinem Beleg",
  },
};
