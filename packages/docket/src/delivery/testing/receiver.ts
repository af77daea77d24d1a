// SPDX-License-Identifier: Apache-2.0
// A receiver of webhooks on loopback that misbehaves as it is told. It verifies signatures by itself, as the
// specification says and with nothing of the sender's.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the receiver took in, whether or not it said so. */
export type Received = { id: string; timestamp: number; body: string; signatures: string };
/** Answers a message: a status, `lost` (taken in, and the connection cut), or `never` (no answer at all). */
export type Behaviour = (received: Received, tryNumber: number) => number | "lost" | "never" | Redirect;
/** An answer that points elsewhere. */
export type Redirect = { status: number; headers: Record<string, string> };

/** A receiver that listens. */
export class Receiver {
  readonly received: Received[] = [];
  readonly others: string[] = [];
  behave: Behaviour = () => 200;
  readonly #server: Server;
  readonly #tries = new Map<string, number>();
  readonly #waiters: { count: number; resolve: () => void }[] = [];

  constructor() {
    this.#server = createServer((request, response) => this.#take(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks`;
  }

  /** Resolves when so many requests were taken in, of all that ever came. */
  reached(count: number): Promise<void> {
    if (this.received.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }

  /** The ids of messages in the order in which they first were acknowledged. */
  get ids(): string[] {
    return [...new Set(this.received.map(({ id }) => id))];
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url !== "/hooks") this.others.push(String(request.url));
      const header = (name: string): string => String(request.headers[name] ?? "");
      const received = {
        id: header("webhook-id"),
        timestamp: Number(header("webhook-timestamp")),
        signatures: header("webhook-signature"),
        body: Buffer.concat(chunks).toString("utf8"),
      };
      const tryNumber = (this.#tries.get(received.id) ?? 0) + 1;
      this.#tries.set(received.id, tryNumber);
      this.received.push(received);
      this.#answer(this.behave(received, tryNumber), response);
      for (const waiter of this.#waiters) if (this.received.length >= waiter.count) waiter.resolve();
    });
  }

  #answer(how: ReturnType<Behaviour>, response: ServerResponse): void {
    if (how === "never") return;
    if (how === "lost") {
      response.destroy();
      return;
    }
    if (typeof how === "number") response.writeHead(how).end("thank you");
    else response.writeHead(how.status, how.headers).end();
  }
}

/** Whether one of the signatures is the secret's, and the timestamp near. Standard Webhooks, "Verifying". */
export function verifies(received: Received, secret: string, nowMs: number): boolean {
  if (Math.abs(nowMs / 1000 - received.timestamp) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const content = `${received.id}.${received.timestamp}.${received.body}`;
  const expected = createHmac("sha256", key).update(content).digest();
  return received.signatures.split(" ").some((signature) => {
    const [version, value = ""] = signature.split(",");
    const given = Buffer.from(value, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}
