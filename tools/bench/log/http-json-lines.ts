// SPDX-License-Identifier: Apache-2.0
// The peer over HTTP: a server of node:http alone, no framework, that appends each body to a file of JSON
// lines and answers its number once it is synced.
//
//   http-json-lines.ts FILE     prints its address
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { entryLine, openJsonLines } from "./json-lines.ts";

const lines = await openJsonLines(process.argv[2] ?? "entries.ndjson", entryLine);
let count = 0;
const server = createServer((request, response) => {
  void bodyOf(request)
    .then((body) => lines.append(body))
    .then(() => response.end(String(count++)));
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.once("SIGTERM", () => {
  server.close(() => void lines.close());
  server.closeAllConnections();
});

function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
  });
}
