// SPDX-License-Identifier: Apache-2.0
// The envelope of a mail as a request tells it: in query parameters, or in headers, which proxies don't log.
import { ProtocolError } from "@docket/protocol";
import type { MailActor, MailEnvelope } from "./mail-event.ts";

/** What may be told of a mail, each with the header that tells it too. */
export const envelopeNames = {
  id: "docket-id",
  actor: "docket-actor",
  actorFrom: "docket-actor-from",
  mailFrom: "docket-mail-from",
  rcptTo: "docket-rcpt-to",
  ip: "docket-ip",
  reply: "docket-reply",
  time: "docket-time",
  spf: "docket-spf",
  dkim: "docket-dkim",
  dmarc: "docket-dmarc",
  dryRun: "docket-dry-run",
} as const;

/** A name of the envelope. */
export type EnvelopeName = keyof typeof envelopeNames;

/** Most recipients of an envelope that are counted. */
export const recipientsMax = 10_000;
/** Longest answer of a check of the sender, in characters. */
const checkLengthMax = 64;

/**
 * Reads the envelope.
 *
 * @param values by name, as they were sent; addresses in `rcptTo` with commas between
 * @throws {ProtocolError} `schema_mismatch` for a value that can't be one
 */
export function readEnvelope(values: ReadonlyMap<string, string>): {
  envelope: MailEnvelope;
  actorFrom: MailActor;
  dryRun: boolean;
} {
  const rcptTo = values.get("rcptTo")?.split(",", recipientsMax).map(bareAddress);
  const mailFrom = values.get("mailFrom");
  return {
    envelope: {
      id: values.get("id"),
      actor: values.get("actor"),
      mailFrom: mailFrom === undefined ? undefined : bareAddress(mailFrom),
      rcptTo: rcptTo?.filter((address) => address !== ""),
      ip: values.get("ip"),
      reply: oneOf(values, "reply", ["true", "false"]) === "true",
      time: values.get("time"),
      spf: checkOf(values, "spf"),
      dkim: checkOf(values, "dkim"),
      dmarc: checkOf(values, "dmarc"),
    },
    actorFrom: oneOf(values, "actorFrom", ["envelope", "from"]) ?? "envelope",
    dryRun: oneOf(values, "dryRun", ["true", "false"]) === "true",
  };
}

/** As SMTP writes it, `<a@b>`, or without the brackets. */
function bareAddress(written: string): string {
  return written.trim().replace(/^<(.*)>$/, "$1");
}

function oneOf<T extends string>(
  values: ReadonlyMap<string, string>,
  name: EnvelopeName,
  choices: readonly T[],
): T | undefined {
  const value = values.get(name);
  if (value === undefined) return undefined;
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  throw new ProtocolError("schema_mismatch", `${name} is ${choices.join(" or ")}`);
}

function checkOf(values: ReadonlyMap<string, string>, name: "spf" | "dkim" | "dmarc"): string | undefined {
  const value = values.get(name)?.toLowerCase();
  if (value === undefined || (/^[a-z]+$/.test(value) && value.length <= checkLengthMax)) return value;
  throw new ProtocolError("schema_mismatch", `${name} is one word, such as pass, fail, softfail or none`);
}
