// SPDX-License-Identifier: Apache-2.0
// `docket apikey create`, `list` and `revoke`. They write the store of keys directly, also while a server
// runs; the server notices, and seals a record of each change.
import { randomBytes } from "node:crypto";
import { createApiKey, revokeApiKey } from "../access/api-keys.ts";
import type { ApiKeyRow, ApiKeyStore } from "../access/api-keys.ts";
import { mainSite, readInstallation } from "../installation.ts";
import { apiKeysPath, openSqliteApiKeys } from "../stores/sqlite/api-keys.ts";
import { exitFine } from "./failure.ts";
import { alignColumns } from "./columns.ts";
import { write } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Makes a key and prints it. */
export async function runApiKeyCreate(
  options: { data: string; role: string; label?: string | undefined; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const { role, label } = options;
  const made = withKeys(options.data, (store) =>
    createApiKey(store, { role, label }, terminal.clock(), randomBytes),
  );
  if (options.json) await write(terminal, `${JSON.stringify(made)}\n`);
  else {
    terminal.stderr.write(
      `Made the key ${made.id} of role ${made.role}. It is shown once, and kept nowhere:\n`,
    );
    await write(terminal, `${made.key}\n`);
  }
  return exitFine;
}

/** Lists the keys. */
export async function runApiKeyList(
  options: { data: string; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const rows = withKeys(options.data, (store) => store.list()).map(shown);
  if (options.json) await write(terminal, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  else if (rows.length === 0)
    await write(terminal, "There is no key. Make one: docket apikey create --role ingest\n");
  else {
    const table = rows.map((row) => [
      row.id,
      row.role,
      row.label ?? "",
      row.createdAt,
      row.revokedAt ?? "in force",
    ]);
    await write(terminal, alignColumns([["ID", "ROLE", "LABEL", "CREATED", "REVOKED"], ...table]));
  }
  return exitFine;
}

/** Revokes a key. */
export async function runApiKeyRevoke(
  options: { data: string; id: string },
  terminal: Terminal,
): Promise<number> {
  withKeys(options.data, (store) => revokeApiKey(store, options.id, terminal.clock()));
  await write(terminal, `Revoked ${options.id}.\n`);
  return exitFine;
}

/** Opens the keys of a data directory, uses them, and closes them again. */
export function withKeys<T>(data: string, use: (store: ApiKeyStore) => T): T {
  const store = openSqliteApiKeys(apiKeysPath(readInstallation(data).data), mainSite);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

function shown({ id, role, label, createdMs, revokedMs }: ApiKeyRow): {
  id: string;
  role: string;
  label: string | null;
  createdAt: string;
  revokedAt: string | null;
} {
  return {
    id,
    role,
    label,
    createdAt: new Date(createdMs).toISOString(),
    revokedAt: revokedMs === null ? null : new Date(revokedMs).toISOString(),
  };
}
