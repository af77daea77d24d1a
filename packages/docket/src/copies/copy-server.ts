// SPDX-License-Identifier: Apache-2.0
// The server that a replica on another host runs: takes records and files for one copy, from whoever has its
// key. It proves what it takes (copy-store.ts), never hands out keys, for it has none, and removes no record.
//
//   GET  /replica                what it holds
//   POST /replica                begins a copy
//   POST /replica/records        records (push-bytes.ts)
//   GET  /replica/files          names and hashes of the files beside the log
//   GET  /replica/all            names and sizes of all files, for a drill
//   GET  /replica/files/PATH     a file, for a drill
//   PUT  /replica/files/PATH     a file; X-Docket-Hash, and X-Docket-Size for the identity map
//   POST /replica/remove         removes files, a JSON array of paths
//   GET  /replica/parts          sizes of the parts' files
//   POST /replica/vacate         lets go of its journal
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { hash, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { errorTable, ProtocolError } from "@docket/protocol";
import { DocketError } from "../error.ts";
import { isStoredFile, listAllFiles } from "./all-files.ts";
import type { CopyStore } from "./copy-store.ts";
import { decodePush, pushBytesMax } from "./push-bytes.ts";

/** A request that says nothing for this long, in ms, is cut off. */
const requestWithinMs = 60_000;
const jsonBytesMax = 1_048_576;

/** What the server needs. */
export type CopyServerOptions = {
  store: CopyStore;
  directory: string;
  /** SHA-256 of the key, base64url. */
  keyHash: string;
  /** For https: certificate and key, PEM. */
  tls?: { cert: Buffer; key: Buffer } | undefined;
  /** Told of what went wrong; no secrets. */
  onFault: (error: unknown) => void;
};

/** Makes the server; it listens to nobody yet. */
export function createCopyServer(options: CopyServerOptions): Server {
  // One step after the other: a copy is written by one hand.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(step: () => Promise<Result>): Promise<Result> => {
    const done = last.then(step);
    last = done.catch(() => undefined);
    return done;
  };
  const listener: RequestListener = (request, response) => {
    void answer(request, response, options, inTurn).catch((error: unknown) => {
      fail(response, error, options.onFault);
    });
  };
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  server.requestTimeout = requestWithinMs * 10;
  server.headersTimeout = requestWithinMs;
  server.keepAliveTimeout = requestWithinMs;
  return server;
}

type InTurn = <Result>(step: () => Promise<Result>) => Promise<Result>;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: CopyServerOptions,
  inTurn: InTurn,
): Promise<void> {
  if (!isKey(request, options.keyHash)) {
    response.setHeader("WWW-Authenticate", "Bearer");
    throw new DocketError("unauthenticated", "the key is missing, or not this replica's");
  }
  const { store } = options;
  const { method = "", url = "" } = request;
  const filePath = /^\/replica\/files\/(.+)$/.exec(url)?.[1];
  if (filePath !== undefined) {
    const path = decoded(filePath);
    if (method === "PUT") return takeFile(path, request, response, store, inTurn);
    if (method === "GET") return giveFile(path, response, options.directory);
  }
  switch (`${method} ${url}`) {
    case "GET /replica":
      return give(response, (await store.state()) ?? null);
    case "POST /replica": {
      const { origin, keys } = (await readJson(request)) as { origin?: unknown; keys?: unknown };
      await inTurn(() => store.begin({ origin: String(origin), keys: String(keys) }));
      return give(response, {});
    }
    case "POST /replica/records": {
      const push = decodePush(await readBody(request, pushBytesMax));
      return give(response, { size: await inTurn(() => store.push(push)) });
    }
    case "GET /replica/files":
      return give(response, await store.files());
    case "GET /replica/all": {
      await inTurn(() => store.settle());
      return give(response, await listAllFiles(options.directory));
    }
    case "POST /replica/remove": {
      const paths = await readJson(request);
      if (!Array.isArray(paths)) throw new DocketError("replica_refused", "the body is no list of paths");
      await inTurn(() => store.removeFiles(paths.map(String)));
      return give(response, {});
    }
    case "GET /replica/parts":
      return give(response, await store.partsFiles());
    case "POST /replica/vacate":
      return give(response, { vacated: await inTurn(() => store.vacate()) });
    default:
      throw new DocketError("not_found", "there is no such path at a replica");
  }
}

async function takeFile(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  store: CopyStore,
  inTurn: InTurn,
): Promise<void> {
  const temporary = store.temporaryFor(path);
  const hashed = String(request.headers["x-docket-hash"]);
  const size = request.headers["x-docket-size"];
  try {
    await pipeline(request, createWriteStream(temporary, { mode: 0o600 }));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await inTurn(() => store.takeFile(path, temporary, hashed, size === undefined ? undefined : Number(size)));
  give(response, {});
}

async function giveFile(path: string, response: ServerResponse, directory: string): Promise<void> {
  if (!isStoredFile(path)) throw new DocketError("not_found", "there is no such file of a copy");
  const full = join(directory, path);
  if (statSync(full, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new DocketError("not_found", `there is no ${path}`);
  }
  response.setHeader("Content-Type", "application/octet-stream");
  await pipeline(createReadStream(full), response);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new DocketError("not_found", "there is no such file of a copy");
  }
}

function isKey(request: IncomingMessage, keyHash: string): boolean {
  const [, key] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "") ?? [];
  const given = Buffer.from(hash("sha256", key ?? "", "base64url"));
  const wanted = Buffer.from(keyHash);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse((await readBody(request, jsonBytesMax)).toString("utf8")) as unknown;
  } catch (error) {
    if (error instanceof DocketError) throw error;
    throw new DocketError("replica_refused", "the body is no JSON");
  }
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > bytesMax) throw new DocketError("body_too_large", `a body of over ${bytesMax} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function give(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
}

function fail(response: ServerResponse, error: unknown, onFault: (error: unknown) => void): void {
  const known = error instanceof DocketError || error instanceof ProtocolError;
  if (!known) onFault(error);
  const code = known ? error.code : "internal";
  const message = known ? error.message : "something went wrong; the replica's own output says what";
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify({ error: { code, message } }));
  // What is left of the body is not read, so the connection is of no more use.
  response.writeHead(errorTable[code].status, { "Content-Type": "application/json", Connection: "close" });
  response.end(body);
}
