// SPDX-License-Identifier: Apache-2.0
// Why a person acted: codes that anyone may see in the log, with what the affected user is told where the
// person wrote nothing themself. A site may use codes of its own; they then say themselves what the user is
// told.
import { codePattern } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { Texts } from "./contract.ts";

/** A reason with its text for the affected user. */
export type Reason = { readonly code: string; readonly text: { readonly en: string; readonly de: string } };

/** The reasons that come with Docket. */
export const reasons: readonly Reason[] = [
  reason("spam", "This was found to be spam.", "Das wurde als Spam eingestuft."),
  reason("phishing", "This tries to get at people's passwords or data.", "Das soll Zugangsdaten abgreifen."),
  reason("scam", "This tries to cheat people out of money.", "Das ist ein Betrugsversuch."),
  reason("malware", "This spreads harmful software.", "Das verbreitet Schadsoftware."),
  reason("flood", "This floods the place with the same or with too much.", "Das überflutet den Ort."),
  reason("impersonation", "This pretends to be somebody else.", "Hier gibt sich jemand für andere aus."),
  reason(
    "ban-evasion",
    "This account goes on where a restricted one had to stop.",
    "Dieses Konto setzt fort, was einem gesperrten Konto untersagt ist.",
  ),
  reason("repeated", "The rules were broken several times.", "Die Regeln wurden mehrfach verletzt."),
  reason(
    "ladder",
    "The rules were broken as often as leads to this measure.",
    "Die Regeln wurden so oft verletzt, dass diese Maßnahme folgt.",
  ),
  reason(
    "linked",
    "This account belongs together with one that is restricted.",
    "Dieses Konto gehört zu einem, das eingeschränkt ist.",
  ),
  reason(
    "carried-over",
    "This account was restricted before its data were erased, and that is not over yet.",
    "Dieses Konto war eingeschränkt, bevor seine Daten gelöscht wurden, und das ist noch nicht vorbei.",
  ),
  reason("mistaken", "The earlier decision was a mistake.", "Die frühere Entscheidung war ein Fehler."),
  reason(
    "policy-changed",
    "The rule that led to this has been changed.",
    "Die Regel, die dazu führte, wurde geändert.",
  ),
  reason("user-error", "This was an oversight, not abuse.", "Das war ein Versehen, kein Missbrauch."),
  reason("reviewed", "A person has looked at it.", "Ein Mensch hat es angesehen."),
  reason(
    "hold-over",
    "The time for which it was held is over.",
    "Die Zeit, für die es zurückgehalten wurde, ist um.",
  ),
  reason("other", "A person has decided so.", "Ein Mensch hat so entschieden."),
];

const byCode: ReadonlyMap<string, Reason> = new Map(reasons.map((each) => [each.code, each]));
const code = new RegExp(codePattern);

/**
 * Checks the code of a reason.
 *
 * @throws {DocketError} `act_refused` if there is none, or it is no code
 */
export function checkReason(given: string | undefined): asserts given is string {
  if (given !== undefined && code.test(given)) return;
  const known = reasons.map((each) => each.code).join(", ");
  const isAbsent = given === undefined || given === "";
  const what = isAbsent ? "an act needs a reason" : `${JSON.stringify(given)} is no reason`;
  throw new DocketError(
    "act_refused",
    `${what}: a code, one of your own (${codePattern}) or one of ${known}`,
  );
}

/** What the affected user is told: what the person wrote, or the reason's own text. */
export function toldOf(reasonCode: string, told: Texts | undefined): Texts {
  return told ?? byCode.get(reasonCode)?.text ?? (byCode.get("other") as Reason).text;
}

function reason(name: string, en: string, de: string): Reason {
  return { code: name, text: { en, de } };
}
