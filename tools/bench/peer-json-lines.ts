// SPDX-License-Identifier: Apache-2.0
// What Docket is measured against: conventional logging, done with the same care for durability. The same
// Fastify server reads the same event with the same strict reader, appends it to a file as one JSON line, and
// answers after the sync. Lines that come while a sync runs share the next one. It decides nothing and proves
// nothing.
//
//   peer-json-lines.ts FILE     prints its address
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import fastify from "fastify";
import { formatTime } from "@docket/protocol";
import { encodeEvent, eventBytesMax, parseDecisionRequest } from "@docket/protocol/events";

const file = await open(process.argv[2] ?? "events.ndjson", "a");
const append = groupCommit(file);
const server = fastify({ bodyLimit: eventBytesMax });
server.removeAllContentTypeParsers();
server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
  done(null, body);
});
server.post<{ Body: Buffer }>("/v1/decisions", async ({ body }) => {
  const { event } = parseDecisionRequest(body);
  const line = await append(`{"time":"${formatTime(Date.now())}","event":${encodeEvent(event)}}\n`);
  return { logged: true, line };
});
process.stdout.write(`${await server.listen({ host: "127.0.0.1", port: 0 })}\n`);
process.once("SIGTERM", () => void server.close().then(() => file.close()));

/** Appends lines; each call resolves with its line's number once it survives power loss. */
function groupCommit(handle: FileHandle): (line: string) => Promise<number> {
  let waiting: { line: string; resolve: (number: number) => void; reject: (error: unknown) => void }[] = [];
  let lines = 0;
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await handle.appendFile(batch.map(({ line }) => line).join(""));
        await handle.datasync();
        for (const { resolve } of batch) resolve(lines++);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = false;
  }

  return (line) =>
    new Promise((resolve, reject) => {
      waiting.push({ line, resolve, reject });
      if (!running) void run();
    });
}
