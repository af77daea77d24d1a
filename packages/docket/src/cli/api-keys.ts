// SPDX-License-Identifier: Apache-2.0
// `docket apikey create`, `list`, `rotate` and `revoke`. A server is asked, or they write the store of keys
// directly, also while a server runs; the server notices, and seals a record of each change.
import { randomBytes } from "node:crypto";
import { createApiKey, revokeApiKey, rotateApiKey } from "../access/api-keys.ts";
import type { ApiKeyStore, CreatedApiKey } from "../access/api-keys.ts";
import { keyView } from "../access/key-desk.ts";
import type { ApiKeyView } from "../access/key-desk.ts";
import type { RequestDetail } from "../approvals/contract.ts";
import { mainSite, readInstallation } from "../installation.ts";
import { accessPath } from "../stores/sqlite/access-file.ts";
import { openSqliteApiKeys } from "../stores/sqlite/api-keys.ts";
import { exitFine } from "./failure.ts";
import { alignColumns } from "./columns.ts";
import { askServer, removeAt } from "./policy/server.ts";
import { requestWaitsText } from "./request/run.ts";
import { write } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** What `docket apikey` is told. Times are in ms. */
export type ApiKeyOptions = {
  act: "create" | "list" | "rotate" | "revoke";
  id?: string | undefined;
  role?: string | undefined;
  label?: string | undefined;
  scope?: string[] | undefined;
  for?: number | undefined;
  overlap?: number | undefined;
  request?: number | undefined;
  why?: string | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/** Runs `docket apikey ACT`. @throws {DocketError} what the store or the server says */
export async function runApiKey(options: ApiKeyOptions, terminal: Terminal): Promise<number> {
  if (options.act === "list") await list(options, terminal);
  else if (options.act === "revoke") await revoke(options, terminal);
  else await tell(await make(options, terminal), options, terminal);
  return exitFine;
}

type Made = CreatedApiKey | { request: RequestDetail };

async function make(options: ApiKeyOptions, { clock }: Terminal): Promise<Made> {
  const {
    act,
    id = "",
    role = "",
    label,
    scope,
    for: forMs,
    overlap: overlapMs,
    data,
    url,
    apiKey,
  } = options;
  if (url === undefined) {
    return withKeys(data, (store) =>
      act === "create"
        ? createApiKey(store, { role, label, scopes: scope, forMs }, clock(), randomBytes)
        : rotateApiKey(store, id, { overlapMs, forMs }, clock(), randomBytes),
    );
  }
  const { request, why } = options;
  const said = { request, why, ...(forMs === undefined ? {} : { forSeconds: Math.round(forMs / 1000) }) };
  const server = { url, apiKey };
  if (act === "create")
    return askServer<Made>(server, "v1/keys", present({ role, label, scopes: scope, ...said }));
  const overlapSeconds = overlapMs === undefined ? undefined : Math.round(overlapMs / 1000);
  const path = `v1/keys/${encodeURIComponent(id)}/rotate`;
  return askServer<Made>(server, path, present({ overlapSeconds, ...said }));
}

async function tell(made: Made, { json }: ApiKeyOptions, terminal: Terminal): Promise<void> {
  if (json === true) return write(terminal, `${JSON.stringify(made)}\n`);
  if ("request" in made) return write(terminal, requestWaitsText(made.request));
  const { id, role, from, oldEndsAt, key } = made;
  const instead = from === undefined ? "" : ` in the place of ${from}, which ends at ${oldEndsAt}`;
  terminal.stderr.write(
    `Made the key ${id} of role ${role}${instead}. It is shown once, and kept nowhere:\n`,
  );
  return write(terminal, `${key}\n`);
}

async function list({ data, url, apiKey, json }: ApiKeyOptions, terminal: Terminal): Promise<void> {
  const rows =
    url === undefined
      ? withKeys(data, (store) => store.list()).map(keyView)
      : (await askServer<{ keys: ApiKeyView[] }>({ url, apiKey }, "v1/keys")).keys;
  if (json === true) return write(terminal, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  if (rows.length === 0) {
    return write(terminal, "There is no key. Make one: docket apikey create --role ingest\n");
  }
  const table = rows.map((row) => [
    row.id,
    row.role,
    row.label ?? "",
    row.scopes?.join(", ") ?? "all",
    row.createdAt,
    row.usedAt ?? "never",
    ends(row),
  ]);
  return write(
    terminal,
    alignColumns([["ID", "ROLE", "LABEL", "SCOPES", "CREATED", "USED", "ENDS"], ...table]),
  );
}

function ends({ revokedAt, until }: ApiKeyView): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  return until ?? "in force";
}

async function revoke({ id = "", data, url, apiKey }: ApiKeyOptions, terminal: Terminal): Promise<void> {
  if (url === undefined) withKeys(data, (store) => revokeApiKey(store, id, terminal.clock()));
  else await removeAt({ url, apiKey }, `v1/keys/${encodeURIComponent(id)}`);
  await write(terminal, `Revoked ${id}.\n`);
}

/** Opens the keys of a data directory, uses them, and closes them again. */
export function withKeys<T>(data: string, use: (store: ApiKeyStore) => T): T {
  const store = openSqliteApiKeys(accessPath(readInstallation(data).data), mainSite);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

/** Leaves out what is undefined: strict readers refuse it. */
function present(body: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
