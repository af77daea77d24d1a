// SPDX-License-Identifier: Apache-2.0
// `docket label`: one label, many from a file, or those in force. A server is asked, or the data directory
// while none runs; what is in force can be listed in either case.
import { setTimeout as sleep } from "node:timers/promises";
import { labelSources, ProtocolError } from "@docket/protocol";
import type { LabelSource, LabelValue } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { readInstallation } from "../../installation.ts";
import { labelsListedMax } from "../../labels/label-desk.ts";
import type { LabelInForce, LabelPage, LabelWish } from "../../labels/label-desk.ts";
import { labelsInForce } from "./labelled-decisions.ts";
import { readLabel } from "../../models/label.ts";
import { alignColumns } from "../columns.ts";
import { openInput } from "../decide/input.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import { showProgress } from "../progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket label` is told. */
export type LabelOptions = {
  index?: number | undefined;
  label?: LabelValue | undefined;
  source?: LabelSource | undefined;
  reason?: string | undefined;
  note?: string | undefined;
  in?: string | undefined;
  list?: true | undefined;
  data: string;
  url?: string | undefined;
  apiKey?: string | undefined;
  json?: true | undefined;
};

/** Longest line of a file of labels, in bytes. */
const lineBytesMax = 16_384;
/** Labels of a file that are being sealed at once. */
const atOnce = 64;
/** A label that finds the log busy is tried again so often, with a pause of so many ms. */
const triesMax = 100;
const pauseMs = 100;
/** The first faults are said one by one; of the others only how many there are. */
const faultsSaidMax = 5;

/**
 * Runs `docket label`.
 *
 * @throws {DocketError} `usage` if it isn't said what to do; `directory_locked` while a server runs,
 *   which is
 *   to be asked then; what the server answers
 */
export async function runLabel(options: LabelOptions, terminal: Terminal): Promise<number> {
  if (options.list === true) return listLabels(options, terminal);
  if (options.in !== undefined) return importLabels(options, options.in, terminal);
  const { index, label } = options;
  if (index === undefined || label === undefined) {
    throw new DocketError(
      "usage",
      "name a decision and what it is: docket label 17 spam; or --in FILE, or --list",
    );
  }
  const { source, reason, note } = options;
  const desk = await openDesk(options, terminal);
  try {
    const given = await desk.label(present({ index, label, source, reason, note }));
    await write(
      terminal,
      options.json === true ? `${JSON.stringify(given)}\n` : `Labelled, as record ${given.index}.\n`,
    );
    return exitFine;
  } finally {
    await desk.close();
  }
}

type Desk = { label(wish: LabelWish): Promise<LabelInForce>; close(): Promise<void> };

async function openDesk({ data, url, apiKey }: LabelOptions, terminal: Terminal): Promise<Desk> {
  if (url !== undefined) {
    const server = { url, apiKey };
    return { label: (wish) => askServer(server, "v1/labels", wish), close: () => Promise.resolve() };
  }
  const opened = await openDirectory(data, terminal);
  const operator = { by: "operator", role: "operator" } as const;
  return { label: (wish) => opened.labels.label(operator, wish), close: () => opened.close() };
}

async function listLabels(options: LabelOptions, terminal: Terminal): Promise<number> {
  for await (const labels of labelPages(options)) {
    const lines =
      options.json === true ? labels.map((label) => `${JSON.stringify(label)}\n`).join("") : rows(labels);
    await write(terminal, lines);
  }
  return exitFine;
}

function rows(labels: readonly LabelInForce[]): string {
  return alignColumns(
    labels.map(({ of, label, source, reason, by, at }) => [String(of), label, source, reason ?? "-", by, at]),
    new Set([0]),
  );
}

async function* labelPages({ data, url, apiKey }: LabelOptions): AsyncGenerator<readonly LabelInForce[]> {
  if (url === undefined) {
    yield await labelsInForce(readInstallation(data));
    return;
  }
  for (let from: number | null = 0; from !== null;) {
    const path: string = `v1/labels?from=${from}&limit=${labelsListedMax}`;
    const page: LabelPage = await askServer<LabelPage>({ url, apiKey }, path);
    yield page.labels;
    from = page.next;
  }
}

/**
 * Seals the labels of a file that are not in force already, so that a second run goes on where one ended.
 */
async function importLabels(options: LabelOptions, file: string, terminal: Terminal): Promise<number> {
  const input = openInput(file, terminal.stdin, lineBytesMax);
  const inForce = new Map<number, string>();
  for await (const labels of labelPages(options)) for (const each of labels) inForce.set(each.of, said(each));
  const progress = showProgress(terminal);
  const desk = await openDesk(options, terminal);
  const tally = { sealed: 0, known: 0, faults: 0 };
  const running = new Set<Promise<void>>();
  const fault = (line: number, error: unknown): void => {
    if (!(error instanceof ProtocolError || error instanceof DocketError)) throw error;
    tally.faults += 1;
    if (tally.faults <= faultsSaidMax)
      terminal.stderr.write(`${file}:${line}: ${error.message} (${error.code})\n`);
  };
  const seal = async (wish: LabelWish, line: number): Promise<void> => {
    try {
      await patiently(() => desk.label(wish));
      tally.sealed += 1;
      progress.update(tally.sealed, undefined);
    } catch (error) {
      fault(line, error);
    }
  };
  try {
    progress.step("Labelling");
    for await (const line of input.lines) {
      let wish: LabelWish;
      try {
        wish = wishOf(line, options);
      } catch (error) {
        fault(line.number, error);
        continue;
      }
      if (inForce.get(wish.index) === said(wish)) {
        tally.known += 1;
        continue;
      }
      // The last label of a decision in a file is the one in force: two of one are not sealed at once.
      if (running.size >= atOnce || inForce.has(wish.index)) await Promise.all(running);
      inForce.set(wish.index, said(wish));
      const sealing = seal(wish, line.number);
      running.add(sealing);
      void sealing.finally(() => running.delete(sealing));
    }
    await Promise.all(running);
  } finally {
    progress.end();
    input.close();
    await desk.close();
  }
  const { sealed, known, faults } = tally;
  terminal.stderr.write(`${sealed} labels sealed, ${known} in force already, ${faults} lines at fault.\n`);
  return faults === 0 ? exitFine : exitWrong;
}

function said({
  label,
  source,
  reason,
}: Pick<LabelWish, "label" | "source"> & { reason?: string | null | undefined }): string {
  return JSON.stringify([label, source ?? "moderator", reason ?? null]);
}

function wishOf(
  line: { number: number; bytes: Uint8Array } | { number: number; tooLong: number },
  options: LabelOptions,
): LabelWish {
  if ("tooLong" in line) {
    throw new ProtocolError(
      "body_too_large",
      `the line has ${line.tooLong} bytes, the limit is ${lineBytesMax}`,
    );
  }
  let row: unknown;
  try {
    row = JSON.parse(Buffer.from(line.bytes).toString("utf8"));
  } catch (error) {
    throw new ProtocolError("json_syntax", `the line is not JSON: ${(error as Error).message}`);
  }
  const {
    index,
    label,
    source = options.source ?? "import",
    reason = options.reason,
    note,
  } = Object(row) as Record<string, unknown>;
  const read = readLabel(label);
  if (!Number.isSafeInteger(index) || (index as number) < 0)
    throw wrong("/index", "index is a decision's index");
  if (read === undefined) throw wrong("/label", 'label is "spam", "notSpam" or "unsure"');
  const known = labelSources.find((each) => each === source);
  if (known === undefined) throw wrong("/source", `source is ${labelSources.join(", ")}`);
  if (reason !== undefined && typeof reason !== "string") throw wrong("/reason", "reason is a code");
  if (note !== undefined && typeof note !== "string") throw wrong("/note", "note is a text");
  const value = read === "unsure" ? "unsure" : read ? "spam" : "notSpam";
  return present({ index: index as number, label: value, source: known, reason, note });
}

function wrong(pointer: string, message: string): ProtocolError {
  return new ProtocolError("schema_mismatch", message, { pointer });
}

/** Leaves out what is undefined: strict readers refuse it. */
function present(wish: LabelWish): LabelWish {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as LabelWish;
}

async function patiently<T>(seal: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await seal();
    } catch (error) {
      if (!(error instanceof DocketError) || error.code !== "overloaded" || tries >= triesMax) throw error;
      await sleep(pauseMs);
    }
  }
}
