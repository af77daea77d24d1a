// SPDX-License-Identifier: Apache-2.0
// Redis with `appendfsync always`: it writes its append-only file and syncs it before it answers. Entries
// go to the end of a list, all in memory; no snapshots and no rewriting of the file while it is measured.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { Absent, Contender } from "./contender.ts";
import { groupCommit } from "./group-commit.ts";
import { findProgram, retried, start, stop } from "./programs.ts";

const name = "Redis";
const connections = 2;
const key = "entries";

/**
 * Starts a server of its own in `directory`.
 *
 * @param sockets a directory with a short path, for its socket
 */
export async function openRedis(directory: string, sockets: string): Promise<Contender<Buffer> | Absent> {
  const program = findProgram("redis-server");
  if (program === undefined) return { name, reason: "no redis-server in PATH" };
  mkdirSync(directory);
  const socket = join(sockets, "redis");
  const options = {
    port: "0",
    unixsocket: socket,
    dir: directory,
    appendonly: "yes",
    appendfsync: "always",
    save: "",
    "auto-aof-rewrite-percentage": "0",
  };
  const server = start(
    program,
    Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]),
  );
  const connect = async (): Promise<Redis> => {
    const client = new Redis(socket, { lazyConnect: true, retryStrategy: null });
    // Why it fails is what connect() rejects with.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  try {
    const first = await retried(server, connect);
    const clients = [first, ...(await Promise.all(Array.from({ length: connections - 1 }, connect)))];
    return {
      name,
      append: groupCommit(
        clients.map((client) => async (group: readonly Buffer[]) => {
          await client.rpush(key, ...group);
        }),
      ),
      async rest() {
        await first.unlink(key);
      },
      async close() {
        for (const client of clients) client.disconnect();
        await stop(server);
      },
    };
  } catch (error) {
    await stop(server);
    throw error;
  }
}
