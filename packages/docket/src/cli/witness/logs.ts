// SPDX-License-Identifier: Apache-2.0
// `docket witness add-log` and `docket witness list-logs`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseVerifierKey, TlogError } from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { DocketError } from "../../error.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { nameOfOrigin, readWitness } from "../../witness/directory.ts";
import type { WitnessDirectory } from "../../witness/directory.ts";
import { formatLogKey, knownLogs, parseLogs } from "../../witness/logs.ts";
import type { KnownLog, LogKey, LogList } from "../../witness/logs.ts";
import { readState } from "../../witness/state.ts";
import type { LogState } from "../../witness/state.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** Adds a log's keys to the list. Keys that are there already change nothing. */
export async function runWitnessAddLog(
  options: { directory: string; key: string; url?: string | undefined; origin?: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const witness = readWitness(options.directory);
  const { logs: path } = witness.paths;
  const text = readText(path);
  const before = parseLogs(text, path);
  const given = keysOf(options);
  const known = new Set(before.keys.map(idOf));
  const added = given.keys.filter((key) => !known.has(idOf(key)));
  // Before anything is written: a list that the server would refuse is refused here.
  knownLogs([...before.keys, ...added], ownVerifiers(witness));
  if (added.length > 0) {
    const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    disk.replaceFile(path, Buffer.from(start + added.map(formatLogKey).join("")), true);
  }
  const skipped = given.skipped.map(({ line, reason }) => `Left out line ${line}: ${reason}\n`);
  await write(terminal, `${describe(given.keys, added)}${skipped.join("")}`);
  return exitFine;
}

/** Lists the logs of a witness. It reads files alone, so it works while the witness runs. */
export async function runWitnessListLogs(
  options: { directory: string; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const witness = readWitness(options.directory);
  const own = ownVerifiers(witness);
  const logs = knownLogs(parseLogs(readText(witness.paths.logs), witness.paths.logs).keys, own);
  const rows = [...logs.values()].map((log) => ({ log, state: stateOf(witness, log, own) }));
  if (options.json) {
    for (const { log, state } of rows) await write(terminal, `${JSON.stringify(rowOf(log, state))}\n`);
    return exitFine;
  }
  if (rows.length === 0) {
    await write(terminal, `No logs yet: docket witness add-log ${options.directory} KEY\n`);
    return exitFine;
  }
  const cells = rows.map(({ log, state }) => [
    log.origin,
    log.verifiers.map(({ algorithm }) => algorithm).join("+"),
    state === undefined ? "-" : String(state.size),
    state === undefined ? "never" : timeOf(state),
    log.url ?? "",
  ]);
  const titles = ["ORIGIN", "KEYS", "SIZE", "COSIGNED", "URL"];
  await write(terminal, alignColumns([titles, ...cells], new Set([2])));
  return exitFine;
}

/** The witness's own verifiers, as its directory gives them away. */
function ownVerifiers({ paths }: WitnessDirectory): Verifier[] {
  return readText(paths.verifierKeys).trim().split("\n").map(parseVerifierKey);
}

function keysOf({
  key,
  url,
  origin,
}: {
  key: string;
  url?: string | undefined;
  origin?: string | undefined;
}): LogList {
  const list = parseLogs(...givenList(key));
  if (list.keys.length === 0) {
    const why = list.skipped[0]?.reason ?? "it holds no key";
    throw new DocketError("usage", `${key.slice(0, 100)} names no log that can be witnessed: ${why}`);
  }
  if (origin !== undefined && new Set(list.keys.map((each) => each.origin)).size > 1) {
    throw new DocketError("usage", `${key} holds keys of several logs, so --origin cannot be theirs`);
  }
  const keys = list.keys.map((each) => ({
    ...each,
    ...(url === undefined ? {} : { url }),
    ...(origin === undefined ? {} : { origin }),
  }));
  // What was put over the list must be of its form, too, and add no line.
  const written = parseLogs(keys.map(formatLogKey).join(""), "the log");
  if (written.keys.length !== keys.length) {
    throw new DocketError("usage", "an origin and a URL are one line each");
  }
  return { keys: written.keys, skipped: list.skipped };
}

/** A text of keys, and what it is called. */
function givenList(key: string): [string, string] {
  if (isKey(key)) return [key, "the key"];
  try {
    return [readFileSync(key, "utf8"), key];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `${key.slice(0, 100)} is no verifier key, and no file: ${code}`, {
      cause: error,
    });
  }
}

function isKey(text: string): boolean {
  try {
    parseVerifierKey(text);
    return true;
  } catch (error) {
    return error instanceof TlogError && error.code === "key-type";
  }
}

function idOf({ origin, verifier }: LogKey): string {
  return `${origin}\n${verifier.vkey}`;
}

function describe(given: readonly LogKey[], added: readonly LogKey[]): string {
  const lines = new Map<string, string>();
  for (const { origin } of given) {
    const count = added.filter((key) => key.origin === origin).length;
    const what = count === 0 ? "is there already" : `${count} ${count === 1 ? "key" : "keys"} added`;
    lines.set(origin, `${origin}: ${what}\n`);
  }
  return [...lines.values()].join("");
}

function stateOf(
  { directory, paths }: WitnessDirectory,
  { origin }: KnownLog,
  own: readonly Verifier[],
): LogState | undefined {
  const name = nameOfOrigin(origin);
  const note = disk.readFile(join(paths.checkpoints, name));
  if (note === undefined) return undefined;
  try {
    return readState(name, note, own);
  } catch (error) {
    const why = (error as Error).message;
    throw new DocketError("directory_damaged", `${directory}: the state of ${origin} (${name}): ${why}`);
  }
}

function rowOf({ origin, verifiers, url }: KnownLog, state: LogState | undefined): Record<string, unknown> {
  return {
    origin,
    keys: verifiers.map(({ vkey }) => vkey),
    url: url ?? null,
    checkpoint: `${nameOfOrigin(origin)}/checkpoint`,
    size: state?.size ?? null,
    cosigned: state === undefined ? null : timeOf(state),
  };
}

function timeOf({ seconds }: LogState): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

function readText(path: string): string {
  const bytes = disk.readFile(path);
  if (bytes === undefined) throw new DocketError("directory_damaged", `${path} is missing`);
  return bytes.toString("utf8");
}
