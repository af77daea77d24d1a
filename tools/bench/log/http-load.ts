// SPDX-License-Identifier: Apache-2.0
// Load over HTTP, in a process of its own: writers with a connection each, one request at a time. The
// client is a few lines on a socket, since every microsecond that it takes is one that the server lacks.
//
//   http-load.ts URL WRITERS SECONDS     POSTs entries to URL, prints what it measured as JSON
import { connect } from "node:net";
import type { Socket } from "node:net";
import { measure } from "./closed-loop.ts";
import { entryBytes, entrySource } from "./entries.ts";

type Answer = { resolve: () => void; reject: (error: Error) => void };
type Connection = { socket: Socket; received: string; answer: Answer | undefined };

const [address = "", writers = "1", seconds = "1"] = process.argv.slice(2);
const url = new URL(address);
const head = Buffer.from(
  `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n` +
    `content-type: application/octet-stream\r\ncontent-length: ${entryBytes}\r\n\r\n`,
);
const free = await Promise.all(Array.from({ length: Number(writers) }, open));
const options = { writers: Number(writers), seconds: Number(seconds) };
const measured = await measure(
  { name: address, append: post, close: () => Promise.resolve() },
  entrySource(),
  options,
);
for (const { socket } of free) socket.destroy();
process.stdout.write(`${JSON.stringify(measured)}\n`);

function open(): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    const connection: Connection = { socket, received: "", answer: undefined };
    socket.once("connect", () => resolve(connection));
    socket.on("data", (chunk) => take(connection, chunk));
    const fail = (error: Error): void => {
      reject(error);
      connection.answer?.reject(error);
    };
    socket.on("error", fail);
    socket.on("close", () => fail(new Error(`${address} closed a connection`)));
  });
}

async function post(entry: Buffer): Promise<void> {
  const connection = free.pop();
  if (connection === undefined) throw new Error("more writers than connections");
  await new Promise<void>((resolve, reject) => {
    connection.answer = { resolve, reject };
    connection.socket.write(Buffer.concat([head, entry]));
  });
  free.push(connection);
}

function take(connection: Connection, chunk: Buffer): void {
  connection.received += chunk.toString("latin1");
  const { received, answer } = connection;
  const bodyAt = received.indexOf("\r\n\r\n") + 4;
  if (bodyAt < 4 || answer === undefined) return;
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(received)?.[1];
  if (length === undefined) return answer.reject(new Error(`an answer without a length: ${received}`));
  if (received.length < bodyAt + Number(length)) return;
  connection.received = "";
  connection.answer = undefined;
  if (received.startsWith("HTTP/1.1 200 ")) answer.resolve();
  else answer.reject(new Error(received));
}
