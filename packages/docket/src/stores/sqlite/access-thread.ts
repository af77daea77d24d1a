// SPDX-License-Identifier: Apache-2.0
// The thread that reads and writes the file of API keys and people for a server: the thread that answers does
// no synchronous disk I/O.
import { parentPort, workerData } from "node:worker_threads";
import { DocketError } from "../../error.ts";
import type { AccessThreadStart, FromAccessThread, ToAccessThread } from "./access-client.ts";
import { openSqliteApiKeys } from "./api-keys.ts";
import { openSqlitePeople } from "./people.ts";

const start = workerData as AccessThreadStart;
const main = parentPort as NonNullable<typeof parentPort>;
const keys = openSqliteApiKeys(start.path, start.site);
const people = openSqlitePeople(start.path, start.site);
let seen: number | undefined;

/** What is asked of the keys. A revocation that is due is news too, though nobody wrote it. */
function refresh(nowMs: number): unknown {
  // The version is read before the rows: a change in between is seen the next time.
  const version = keys.version();
  const unsealed = keys.unsealed(nowMs);
  if (version === seen && unsealed.length === 0) return undefined;
  const snapshot = { keys: keys.list(), unsealed };
  seen = version;
  return snapshot;
}

const methods = { keys: { ...bound(keys), refresh }, people: bound(people) };

main.on("message", (message: ToAccessThread) => {
  if (message.kind === "close") {
    keys.close();
    people.close();
    main.close();
    return;
  }
  const { id, store, method, args } = message;
  try {
    const call = (methods[store] as Record<string, (...given: unknown[]) => unknown>)[method];
    tell({ kind: "done", id, value: call?.(...args) });
  } catch (error) {
    const code = error instanceof DocketError ? error.code : "internal";
    tell({ kind: "failed", id, code, message: error instanceof Error ? error.message : String(error) });
  }
});

/** The methods of a store by their names, each still its own. */
function bound(store: object): Record<string, (...args: never[]) => unknown> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store));
  const entries = names.map((name) => [name, (store as Record<string, unknown>)[name]] as const);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (typeof value === "function" ? [[name, value.bind(store)]] : [])),
  );
}

function tell(message: FromAccessThread): void {
  main.postMessage(message);
}
