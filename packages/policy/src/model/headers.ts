// SPDX-License-Identifier: Apache-2.0
// The features of a mail's header block. What only names who collected the mail (hosts it came through,
// lists it went to, its receiver) is left out: it tells one mailbox from another, not spam from ham.
import { normaliseText } from "../text/normalise.ts";
import { lowerAscii } from "./characters.ts";
import type { FeatureSet } from "./feature-set.ts";
import { addHeaderWords } from "./words.ts";

/** The most code units of a header block, headers of it, and code units of a value that are read. */
const headerUnitsMax = 16_384;
const headersMax = 100;
const valueUnitsMax = 300;
const valueWordsMax = 40;
const partsMax = 20;

/** Headers whose name and value are left out. */
const collectors = new RegExp(
  `^(?:${[
    "delivered-to|x-original-to|x-original-date|errors-to|list-.*|x-mailman.*|x-beenthere|x-loop|sender",
    "precedence|x-spam.*|x-pyzor|x-rspamd.*|x-bogosity|resent-.*|x-egroups.*|mailing-list|x-apparently-to",
    "x-envelope-.*|envelope-to|status|x-status|x-keywords|x-uid|lines|subject|received-spf",
    "authentication-results|arc-.*|x-google-.*|x-received",
  ].join("|")})$`,
);

/** Headers of which only what is said below counts. */
const special = /^(?:received|message-id|date|return-path|in-reply-to|references|to|cc)$/;

/** Adds the headers of a mail. */
export function addHeaders(headers: string, set: FeatureSet): void {
  const lines = headers
    .slice(0, headerUnitsMax)
    .replaceAll(/\r?\n[ \t]+/g, " ")
    .split(/\r?\n/, headersMax);
  let hops = 0;
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = lowerAscii(line.slice(0, colon));
    const value = line.slice(colon + 1, colon + 1 + valueUnitsMax).trim();
    if (name === "received") hops += 1;
    if (collectors.test(name)) continue;
    set.addToken("header", name.slice(0, 40));
    if (special.test(name)) addSpecial(name, value, set);
    else addHeaderWords(name.slice(0, 40), normaliseText(value), valueWordsMax, set);
  }
  set.addToken("hops", String(Math.min(6, hops)));
}

function addSpecial(name: string, value: string, set: FeatureSet): void {
  if (name === "message-id") set.addToken("message id like", shapeOf(value.replace(/@.*/, "")));
  else if (name === "date") {
    set.addToken("date like", shapeOf(value));
    set.addToken("time zone", /[+-]\d{4}/.exec(value)?.[0] ?? "none");
  } else if (name === "to" || name === "cc") {
    set.addToken(name, `${Math.min(5, value.split("@").length - 1)} addresses`);
    if (/undisclosed/i.test(value)) set.addToken(name, "undisclosed");
  }
}

/** Letters, capitals and digits in the place of runs of them. */
function shapeOf(value: string): string {
  return value
    .replaceAll(/[a-z]+/g, "a")
    .replaceAll(/[A-Z]+/g, "A")
    .replaceAll(/\d+/g, "0")
    .slice(0, 40);
}

/** Adds the MIME parts of a mail. */
export function addParts(parts: readonly string[], set: FeatureSet): void {
  set.addToken("parts", String(Math.min(8, parts.length)));
  for (const part of parts.slice(0, partsMax)) set.addToken("part", lowerAscii(part.slice(0, 100)));
}
