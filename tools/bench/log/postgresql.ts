// SPDX-License-Identifier: Apache-2.0
// PostgreSQL: a table with an identity column, `INSERT` with synchronous commit. Entries that wait together
// go in one statement, and a few connections commit at once, so that one's group is on its way while
// another's syncs; the server joins their commits itself.
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import type { Absent, Contender } from "./contender.ts";
import { groupCommit } from "./group-commit.ts";
import { findProgram, ordinaryUser, retried, run, start, stop } from "./programs.ts";

const name = "PostgreSQL";
const connections = 2;
const byteaOid = 17;
const settings = {
  // What matters for the comparison is said even where it is the default.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  listen_addresses: "",
  // Enough that no checkpoint falls into a measure.
  max_wal_size: "8GB",
  checkpoint_timeout: "1h",
  shared_buffers: "256MB",
};
const insertText = "INSERT INTO entries (entry) SELECT unnest($1::bytea[])";

/**
 * Starts a server of its own in `directory`.
 *
 * @param sockets a directory with a short path, for its socket
 */
export async function openPostgresql(
  directory: string,
  sockets: string,
): Promise<Contender<Uint8Array> | Absent> {
  const initdb = findProgram("initdb");
  const postgres = findProgram("postgres");
  if (initdb === undefined || postgres === undefined) {
    return { name, reason: "no initdb and postgres in PATH or /usr/lib/postgresql" };
  }
  const user = ordinaryUser();
  mkdirSync(directory);
  for (const path of [directory, sockets]) {
    chmodSync(path, 0o700);
    if (user.uid !== undefined && user.gid !== undefined) chownSync(path, user.uid, user.gid);
  }
  const data = join(directory, "data");
  await run(initdb, ["-D", data, "-U", "bench", "-A", "trust", "--no-sync", "-E", "UTF8"], user);
  const words = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const server = start(postgres, ["-D", data, "-k", sockets, ...words], user);
  const connect = async (): Promise<Client> => {
    const client = new Client({ host: sockets, user: "bench", database: "postgres" });
    await client.connect();
    return client;
  };
  try {
    const first = await retried(server, connect);
    await first.query(
      "CREATE TABLE entries (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, entry bytea NOT NULL)",
    );
    const others = await Promise.all(Array.from({ length: connections - 1 }, connect));
    const clients = [first, ...others];
    return {
      name,
      append: groupCommit(
        clients.map((client) => async (group: readonly Uint8Array[]) => {
          await client.query({ name: "insert", text: insertText, values: [binaryArray(group)] });
        }),
      ),
      async rest() {
        await first.query("CHECKPOINT");
      },
      async close() {
        await Promise.all(clients.map((client) => client.end()));
        // SIGINT is its fast shutdown.
        await stop(server, "SIGINT");
      },
    };
  } catch (error) {
    await stop(server, "SIGINT");
    throw error;
  }
}

// The wire format of bytea[], which costs neither side an encoding as text: number of dimensions, whether
// there are nulls, type, length and first subscript; then each element with its length before it.
function binaryArray(entries: readonly Uint8Array[]): Buffer {
  const headBytes = 20;
  const bytes = Buffer.allocUnsafe(entries.reduce((sum, entry) => sum + 4 + entry.length, headBytes));
  for (const [place, value] of [1, 0, byteaOid, entries.length, 1].entries()) {
    bytes.writeInt32BE(value, 4 * place);
  }
  let at = headBytes;
  for (const entry of entries) {
    bytes.writeInt32BE(entry.length, at);
    bytes.set(entry, at + 4);
    at += 4 + entry.length;
  }
  return bytes;
}
