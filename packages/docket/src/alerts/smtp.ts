// SPDX-License-Identifier: Apache-2.0
// Sends one mail through the operator's server. The connection is made anew each time: alerts are rare.
import { printable } from "../printable.ts";
import type { MailConfig } from "./config.ts";

/** One mail. */
export type Mail = {
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  readonly atMs: number;
};

/** What a mail server may take for each step, in ms. */
export const smtpStepMs = 10_000;
/** And for all of it. */
export const smtpWithinMs = 25_000;
/** Longest part of a server's answer that is told, in characters. */
const answerLengthMax = 200;

/**
 * Sends a mail. Resolves when the server took it for all recipients.
 *
 * @param password of the login, if there is one
 * @param roots root certificates, PEM, in place of the usual ones
 * @throws {Error} with a sentence that says why not, without the password; also where the server took it for
 *   some recipients only
 */
export async function sendMail(
  config: MailConfig,
  password: string | undefined,
  roots: string | undefined,
  mail: Mail,
): Promise<void> {
  const { createTransport } = await import("nodemailer");
  const { host, port, tls, login, to, from } = config;
  const transport = createTransport({
    host,
    port,
    secure: tls === "tls",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    tls: { minVersion: "TLSv1.2", ...(roots === undefined ? {} : { ca: roots }) },
    ...(login === undefined || password === undefined ? {} : { auth: { user: login.user, pass: password } }),
    connectionTimeout: smtpStepMs,
    greetingTimeout: smtpStepMs,
    socketTimeout: smtpStepMs,
    dnsTimeout: smtpStepMs,
    // What it sends is in memory; it has no business with files and pages.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const { messageId, subject, text, atMs } = mail;
  const sending = transport.sendMail({
    messageId,
    date: new Date(atMs),
    from,
    to: [...to],
    subject: printable(subject),
    text,
    // RFC 3834 section 5.1: out-of-office programs don't answer it.
    headers: { "Auto-Submitted": "auto-generated" },
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the mail server took too long")), smtpWithinMs);
  });
  const whyNot = await Promise.race([sending, late])
    .then(
      ({ rejected }) =>
        rejected.length === 0
          ? undefined
          : `the mail server refused ${rejected.length} of ${to.length} addresses`,
      (error: SmtpError) => causeOf(error, password),
    )
    .finally(() => clearTimeout(timer));
  sending.catch(() => undefined);
  transport.close();
  // Without the cause: what the server said, and what it was told, stays here.
  if (whyNot !== undefined) throw new Error(whyNot);
}

type SmtpError = Error & { code?: string; responseCode?: number; response?: string };

// A server's answer may hold what it was told: the login is taken out, whatever form it is in.
function causeOf({ code, responseCode, response, message }: SmtpError, password: string | undefined): string {
  if (code === "EAUTH") return `the mail server did not take the login (${responseCode ?? "no answer"})`;
  const said = responseCode === undefined ? message : `${responseCode} ${response ?? ""}`;
  const line = printable(said.replaceAll(/\s+/g, " ")).slice(0, answerLengthMax);
  return password !== undefined && line.includes(password) ? "the mail server refused it" : `mail: ${line}`;
}
