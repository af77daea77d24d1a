// SPDX-License-Identifier: Apache-2.0
// What complainants are told where nobody wrote anything of their own, in English and German.
import type { Told } from "./texts.ts";

/** What somebody is told who abuses the way of disputes. @param until RFC 3339 */
export function abuseTold(step: "warn" | "limit", until: string): Told {
  const day = until.slice(0, 10);
  if (step === "warn") {
    return {
      en:
        "You have repeatedly sent objections that are plainly without substance. Please send only those " +
        "that you have a reason for: if this goes on, you will for a time be unable to open new disputes.",
      de:
        "Sie haben mehrfach offensichtlich unbegründete Einsprüche geschickt. Bitte schicken Sie nur " +
        "solche, für die Sie einen Grund haben: sonst können Sie für eine Weile keine neuen eröffnen.",
    };
  }
  return {
    en:
      `In spite of a warning you went on sending objections that are plainly without substance. ` +
      `Until ${day} you cannot open new disputes. Those that are open will be decided. ` +
      "You may object to this measure.",
    de:
      "Trotz einer Verwarnung haben Sie weiter offensichtlich unbegründete Einsprüche geschickt. Bis zum " +
      `${day} können Sie keine neuen eröffnen. Offene werden entschieden. Gegen diese Maßnahme können Sie ` +
      "Einspruch erheben.",
  };
}
