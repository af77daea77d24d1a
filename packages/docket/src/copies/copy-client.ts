// SPDX-License-Identifier: Apache-2.0
// A copy on another host, asked over HTTP.
import { createReadStream, statSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { Agent as TlsAgent, request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errorTable } from "@docket/protocol";
import type { ErrorCode } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { CopyBeginning, CopyState, CopyTarget, FileHashes, Push } from "./contract.ts";
import { encodePush } from "./push-bytes.ts";

/** A replica that says nothing for this long, in ms, has not answered. */
const answerWithinMs = 10_000;
/** Longest answer, in bytes: names of all files of a large copy. */
const answerBytesMax = 268_435_456;

/** A copy that is reached over HTTP. */
export class RemoteCopy implements CopyTarget {
  readonly #url: URL;
  readonly #key: string;
  readonly #agent: Agent;

  constructor(url: string, key: string) {
    this.#url = new URL(url.endsWith("/") ? url : `${url}/`);
    this.#key = key;
    const options = { keepAlive: true, maxSockets: 4 };
    this.#agent = this.#url.protocol === "https:" ? new TlsAgent(options) : new Agent(options);
  }

  async state(): Promise<CopyState | undefined> {
    return ((await this.#json("GET", "replica")) as CopyState | null) ?? undefined;
  }

  async begin(beginning: CopyBeginning): Promise<void> {
    await this.#json("POST", "replica", Buffer.from(JSON.stringify(beginning)));
  }

  async push(push: Push): Promise<number> {
    const { size } = (await this.#json("POST", "replica/records", encodePush(push))) as { size: number };
    return size;
  }

  async files(): Promise<FileHashes> {
    return (await this.#json("GET", "replica/files")) as FileHashes;
  }

  async putFile(path: string, from: string, hash: string, size?: number): Promise<void> {
    const length = statSync(from).size;
    const headers = {
      "Content-Length": String(length),
      "X-Docket-Hash": hash,
      ...(size === undefined ? {} : { "X-Docket-Size": String(size) }),
    };
    await read(await this.#ask("PUT", `replica/files/${encodeURI(path)}`, createReadStream(from), headers));
  }

  async removeFiles(paths: readonly string[]): Promise<void> {
    await this.#json("POST", "replica/remove", Buffer.from(JSON.stringify(paths)));
  }

  async partsFiles(): Promise<Readonly<Record<string, number>>> {
    return (await this.#json("GET", "replica/parts")) as Record<string, number>;
  }

  async vacate(): Promise<boolean> {
    return ((await this.#json("POST", "replica/vacate")) as { vacated: boolean }).vacated;
  }

  async settle(): Promise<void> {
    await this.allFiles();
  }

  /** Sizes of all files that are needed to bring the copy up, by path. */
  async allFiles(): Promise<Readonly<Record<string, number>>> {
    return (await this.#json("GET", "replica/all")) as Record<string, number>;
  }

  /** Fetches a file. */
  async fetchFile(path: string, into: NodeJS.WritableStream): Promise<void> {
    await pipeline(await this.#ask("GET", `replica/files/${encodeURI(path)}`), into);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }

  async #json(method: string, path: string, body?: Buffer): Promise<unknown> {
    const headers = body === undefined ? {} : { "Content-Length": String(body.length) };
    const bytes = await read(await this.#ask(method, path, body, headers));
    return JSON.parse(bytes.toString("utf8")) as unknown;
  }

  #ask(
    method: string,
    path: string,
    body?: Buffer | Readable,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<IncomingMessage> {
    const url = new URL(path, this.#url);
    const ask = url.protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void =>
        reject(new DocketError("replica_behind", `${this.#url.host} was not reached: ${error.message}`));
      const request = ask(url, {
        method,
        agent: this.#agent,
        headers: { ...headers, Authorization: `Bearer ${this.#key}` },
      });
      request.setTimeout(answerWithinMs, () => request.destroy(new Error("it said nothing in time")));
      request.on("error", failed);
      request.on("response", (response) => {
        if (response.statusCode === 200) resolve(response);
        else void read(response).then((bytes) => reject(errorIn(bytes, response.statusCode)), failed);
      });
      if (body === undefined || Buffer.isBuffer(body)) request.end(body);
      else void pipeline(body, request).catch(failed);
    });
  }
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += (chunk as Buffer).length;
    if (length > answerBytesMax) throw new DocketError("replica_refused", "the replica's answer has no end");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function errorIn(bytes: Buffer, status: number | undefined): DocketError {
  try {
    const { error } = JSON.parse(bytes.toString("utf8")) as { error: { code: string; message: string } };
    if (Object.hasOwn(errorTable, error.code)) return new DocketError(error.code as ErrorCode, error.message);
  } catch {
    // Below.
  }
  return new DocketError("replica_refused", `it answered with status ${status}: is it a replica of docket?`);
}
