// SPDX-License-Identifier: Apache-2.0
// `docket keys` and `docket keys rotate`: on a server, or in a data directory while none runs. The list is
// read from the keys directory at any time.
import type { Outcome } from "../../approvals/contract.ts";
import { readInstallation } from "../../installation.ts";
import type { KeyView, Rotation, RotationWish } from "../../key-desk/contract.ts";
import { listKeys } from "../../key-desk/key-list.ts";
import { keyFolderPath, unlockInstallation } from "../../key-providers/unlock.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { requestWaitsText } from "../request/run.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket keys` is told. */
export type KeysOptions = {
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};
/** What `docket keys rotate` is told. */
export type RotateOptions = KeysOptions & RotationWish & { request?: number | undefined };

/** What a server answers that changes a key, or that waits for a second person. */
type Answered = Rotation | { request: Extract<Outcome<Rotation>, { waits: unknown }>["waits"] };

/** Runs `docket keys`. @throws {DocketError} as the keys open; what a server answers */
export async function runKeys(options: KeysOptions, terminal: Terminal): Promise<number> {
  const { data, url, apiKey, json } = options;
  const keys = url === undefined ? await keysOf(data) : await keysAt({ url, apiKey });
  const lines = keys.map((key) => `${JSON.stringify(key)}\n`).join("");
  await write(terminal, json === true ? lines : keysText(keys));
  return exitFine;
}

/**
 * Runs `docket keys rotate`.
 *
 * @throws {DocketError} `directory_locked` while a server runs, which is to be asked then; as the desk of
 *   requests
 */
export async function runRotate(options: RotateOptions, terminal: Terminal): Promise<number> {
  const { data, url, apiKey, key, why, request, json } = options;
  let outcome: Outcome<Rotation>;
  if (url === undefined) {
    const opened = await openDirectory(data, terminal);
    try {
      const operator = { by: "operator", role: "operator" } as const;
      outcome = await opened.keyDesk.rotate(operator, { key, why }, request);
    } finally {
      await opened.close();
    }
  } else {
    const answered = await askServer<Answered>({ url, apiKey }, "v1/evidence-keys/rotation", {
      key,
      why,
      request,
    });
    outcome = "request" in answered ? { waits: answered.request } : { done: answered, taken: undefined };
  }
  if (json === true) await write(terminal, `${JSON.stringify("done" in outcome ? outcome.done : outcome)}\n`);
  else
    await write(terminal, "done" in outcome ? rotationText(outcome.done) : requestWaitsText(outcome.waits));
  return exitFine;
}

async function keysOf(data: string): Promise<KeyView[]> {
  const installation = await unlockInstallation(readInstallation(data));
  return listKeys({ path: keyFolderPath(installation), guard: installation.guard });
}

async function keysAt(server: { url: string; apiKey?: string | undefined }): Promise<KeyView[]> {
  return (await askServer<{ keys: KeyView[] }>(server, "v1/evidence-keys")).keys;
}

function keysText(keys: readonly KeyView[]): string {
  return alignColumns(
    keys.map(({ name, id, current, since, file, protectedBy }) => [
      name,
      id,
      current ? "in use" : "former",
      since === null ? "since the log, or an older docket" : `since ${since}`,
      file,
      protectedBy === null ? "plain file" : `protected by ${protectedBy}`,
    ]),
    new Set(),
  );
}

function rotationText({ key, count, index }: Rotation): string {
  const anew = {
    keyEncryption: `${count} actors' keys were wrapped anew`,
    site: "what is sealed from now on is sealed under the new one",
    keyStore: `${count} rows were sealed anew, and the old key is destroyed`,
  };
  return `Changed the key ${key}: ${anew[key]}. Record ${index} says so.\nMake a new copy of the keys.\n`;
}
