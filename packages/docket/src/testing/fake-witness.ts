// SPDX-License-Identifier: Apache-2.0
// A witness over real HTTP that does what a test says: cosigns as it should, or hangs, lies and rambles. It
// is written apart from the product's own witness, so that one does not excuse the other's mistakes.
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  formatSignature,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  utf8,
  verifyConsistency,
} from "@docket/tlog";
import type { Hash, Signer } from "@docket/tlog";

/** What it does with a request. `honest` is what a witness does; a function answers by itself. */
export type Behaviour = "honest" | "hang" | ((body: Buffer, response: ServerResponse) => void);

/** A witness that is told how to behave. */
export class FakeWitness {
  readonly keys: readonly Signer[];
  behaviour: Behaviour = "honest";
  /** What it cosigned last. */
  seen: { size: number; root: Hash } | undefined;
  /** What it shows of the log to whoever asks; nothing if undefined. */
  shown: Uint8Array | undefined;
  /** The old sizes of the requests that came. */
  readonly asked: number[] = [];
  readonly #server: Server;

  constructor(keys: readonly Signer[]) {
    this.keys = keys;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Listens on a free port of this machine. */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this.url;
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/w`;
  }

  /** Ends, whatever hangs. */
  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  /** The lines that it would answer for a checkpoint's text. */
  lines(text: string): string {
    return this.keys
      .map(({ name, keyId, sign }) => formatSignature({ name, keyId, signature: sign(utf8(text)) }))
      .join("");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (request.method === "GET" && /^\/w\/[0-9a-f]{64}\/checkpoint$/.test(request.url ?? "")) {
      response.writeHead(this.shown === undefined ? 404 : 200).end(this.shown);
      return;
    }
    if (request.method !== "POST" || request.url !== "/w/add-checkpoint") {
      response.writeHead(405).end();
      return;
    }
    this.asked.push(parseAddCheckpoint(body).oldSize);
    if (this.behaviour === "hang") return;
    if (this.behaviour === "honest") this.#honest(body, response);
    else this.behaviour(body, response);
  }

  #honest(body: Buffer, response: ServerResponse): void {
    const { oldSize, proof, checkpoint } = parseAddCheckpoint(body);
    const { text } = parseNote(checkpoint);
    const { size, root } = parseCheckpoint(text);
    const held = this.seen?.size ?? 0;
    if (oldSize !== held) {
      response.writeHead(409, { "content-type": "text/x.tlog.size" }).end(`${held}\n`);
      return;
    }
    const consistent =
      this.seen === undefined
        ? proof.length === 0
        : verifyConsistency(proof, held, size, this.seen.root, root);
    if (!consistent) {
      response.writeHead(422).end();
      return;
    }
    this.seen = { size, root };
    response.writeHead(200).end(this.lines(text));
  }
}
