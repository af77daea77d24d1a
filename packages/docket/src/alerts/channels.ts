// SPDX-License-Identifier: Apache-2.0
// What sends the messages of a channel. Secrets are read anew for each message, so that a changed one counts
// at once, and what is said of a failure never holds one.
import { signedHeaders } from "../delivery/webhooks/signature.ts";
import type { Post } from "../delivery/webhooks/contract.ts";
import { DocketError } from "../error.ts";
import type { ChannelConfig, NamedSecret } from "./config.ts";
import type { Send } from "./contract.ts";
import type { sendMail } from "./smtp.ts";
import { chatBody, headlineOf, textOf, webhookBody } from "./words.ts";

/** What channels lean on. */
export type ChannelPorts = {
  readonly post: Post;
  readonly mail: typeof sendMail;
  /** Reads a secret. @throws {DocketError} `usage` if it is not there, without saying what it is */
  readonly secret: (name: NamedSecret) => string;
  /** Reads a file of root certificates. */
  readonly readFile: (path: string) => Promise<string>;
  /** A name of its own for a message, without full stops. */
  readonly messageId: () => string;
};

/** A receiver of a chat's or a webhook's message answers within this, in ms. */
export const answerMsMax = 15_000;

/**
 * Makes what sends a channel's messages.
 *
 * @param origin of the log: the host part of mails' ids is made of it
 */
export function senderOf({ to }: ChannelConfig, origin: string, ports: ChannelPorts): Send {
  if (to.form === "mail") {
    return async (message) => {
      const password = to.login === undefined ? undefined : ports.secret(to.login.password);
      const roots = to.roots === undefined ? undefined : await ports.readFile(to.roots);
      await ports.mail(to, password, roots, {
        messageId: `<${ports.messageId()}@${origin.replaceAll(/[^A-Za-z0-9.-]+/g, ".")}>`,
        subject: headlineOf(message),
        text: `${textOf(message)}\n`,
        atMs: message.atMs,
      });
    };
  }
  if (to.form === "chat") {
    return async (message) => {
      const url = addressOf(ports.secret(to.url));
      await postTo(ports.post, { url, headers: {}, body: chatBody(to.shape, message) });
    };
  }
  return async (message) => {
    const body = webhookBody(message);
    const secret = ports.secret(to.secret);
    const headers = signedHeaders(ports.messageId(), message.atMs, body, [secret]);
    await postTo(ports.post, { url: to.url, headers, body });
  };
}

/** Where a channel leads, in words that hold nothing secret and nobody's address. */
export function targetOf({ to }: ChannelConfig): string {
  if (to.form === "mail") {
    const many = to.to.length === 1 ? "1 address" : `${to.to.length} addresses`;
    return `mail through ${to.host}:${to.port} to ${many}`;
  }
  // Paths and queries of pagers' addresses are often keys.
  return to.form === "chat" ? `${to.shape} chat` : `webhook at ${new URL(to.url).host}`;
}

// The address of a chat is a secret, so an error must not repeat it.
function addressOf(secret: string): string {
  const parsed = URL.canParse(secret) ? new URL(secret) : undefined;
  if (parsed?.protocol === "https:" || parsed?.protocol === "http:") return parsed.href;
  throw new DocketError("usage", "the chat's address is no http or https URL");
}

async function postTo(
  post: Post,
  posted: { url: string; headers: Record<string, string>; body: string },
): Promise<void> {
  const answer = await post({ ...posted, timeoutMs: answerMsMax }).catch(() => undefined);
  if (answer === undefined) throw new Error("it did not answer");
  if (answer.status < 200 || answer.status > 299) throw new Error(`it answered ${answer.status}`);
}
