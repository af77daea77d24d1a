// SPDX-License-Identifier: Apache-2.0
// `docket anchor now`, `docket anchors`: a server is asked, or the data directory.
import { setTimeout as sleep } from "node:timers/promises";
import { intervalOfRecord } from "../../anchors/anchor-record.ts";
import { anchorsListedMax } from "../../anchors/contract.ts";
import type {
  AnchorListed,
  AnchorOutcome,
  AnchorPage,
  AnchorRound,
  RecordInterval,
} from "../../anchors/contract.ts";
import { readInstallation } from "../../installation.ts";
import { printable } from "../../printable.ts";
import { alignColumns } from "../columns.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import type { Where } from "../reading.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { widthText } from "../verify/print-anchors.ts";
import { anchorsOf } from "./listed.ts";

/** What both commands are told. */
export type AnchorOptions = Where & { json?: true | undefined };

/** How long outside clocks may take in all, in ms: more than any of them is given. */
const roundWithinMs = 65_000;
/** How often a server is asked whether stamps were sealed that were asked for, in ms. */
const pollMs = 500;

/**
 * Runs `docket anchor now`.
 *
 * @returns 1 if any of the outside clocks gave no stamp
 * @throws {DocketError} `usage` if none is configured
 */
export async function runAnchorNow(options: AnchorOptions, terminal: Terminal): Promise<number> {
  const round = await (options.url === undefined ? anchorHere(options, terminal) : anchorThere(options));
  await write(terminal, options.json === true ? `${JSON.stringify(round)}\n` : roundText(round));
  return round.outcomes.every(({ state }) => state === "anchored") ? exitFine : exitWrong;
}

/** Runs `docket anchors`. */
export async function runAnchors(
  options: AnchorOptions & { index?: number | undefined; from?: number | undefined },
  terminal: Terminal,
): Promise<number> {
  const { index, from = 0, json } = options;
  if (index !== undefined) {
    const interval = await intervalOf(options, index);
    await write(terminal, json === true ? `${JSON.stringify(interval)}\n` : intervalText(interval));
    return exitFine;
  }
  for await (const anchors of pages(options, from)) {
    const text = json === true ? anchors.map((each) => `${JSON.stringify(each)}\n`).join("") : rows(anchors);
    await write(terminal, text);
  }
  return exitFine;
}

async function anchorHere({ data }: AnchorOptions, terminal: Terminal): Promise<AnchorRound> {
  const opened = await openDirectory(data, terminal);
  try {
    await opened.site.announce();
    return await opened.anchors.now(roundWithinMs);
  } finally {
    await opened.close();
  }
}

// The server answers soon, with what it has by then; the rest shows in its list.
async function anchorThere({ url = "", apiKey }: AnchorOptions): Promise<AnchorRound> {
  const server = { url, apiKey };
  const round = await askServer<AnchorRound>(server, "v1/anchors", {});
  for (let waitedMs = 0; waitedMs < roundWithinMs && round.outcomes.some(isAsked); waitedMs += pollMs) {
    await sleep(pollMs);
    const { anchors } = await askServer<AnchorPage>(server, `v1/anchors?from=${round.size}`);
    round.outcomes = round.outcomes.map((outcome) => {
      const found = anchors.find(({ name, size }) => name === outcome.name && size >= round.size);
      if (!isAsked(outcome) || found === undefined) return outcome;
      return { ...outcome, state: "anchored", index: found.index, stampedAt: found.stampedAt };
    });
  }
  return round;
}

function isAsked({ state }: AnchorOutcome): boolean {
  return state === "asked";
}

/** Between what a record was sealed, at the word of the records that hold the stamps. */
export async function intervalOf(options: Where, index: number): Promise<RecordInterval> {
  const { url, apiKey } = options;
  if (url !== undefined) return askServer<RecordInterval>({ url, apiKey }, `v1/anchors/interval/${index}`);
  const all: AnchorListed[] = [];
  for await (const anchors of pages(options, 0)) all.push(...anchors);
  return intervalOfRecord(index, all);
}

async function* pages({ data, url, apiKey }: Where, first: number): AsyncGenerator<readonly AnchorListed[]> {
  if (url === undefined) {
    yield (await anchorsOf(readInstallation(data))).filter(({ index }) => index >= first);
    return;
  }
  for (let from: number | null = first; from !== null;) {
    const path: string = `v1/anchors?from=${from}&limit=${anchorsListedMax}`;
    const page: AnchorPage = await askServer<AnchorPage>({ url, apiKey }, path);
    yield page.anchors;
    from = page.next;
  }
}

function rows(anchors: readonly AnchorListed[]): string {
  return alignColumns(
    anchors.map(({ index, size, source, name, notBefore, notAfter }) => [
      `record ${index}`,
      `first ${size} records`,
      printable(name),
      source,
      `not before ${notBefore}`,
      `not after ${notAfter}`,
    ]),
  );
}

function roundText({ size, outcomes }: AnchorRound): string {
  const lines = outcomes.map(({ name, state, index, stampedAt, fault }) => {
    if (state === "anchored") return [printable(name), `stamped them at ${stampedAt}, record ${index}`];
    return [
      printable(name),
      state === "asked" ? "has not answered yet" : `failed: ${printable(fault ?? "")}`,
    ];
  });
  return `The first ${size} records:\n${alignColumns(lines)}`;
}

function intervalText({ index, notBefore, notAfter, widthMs }: RecordInterval): string {
  const bound = ({ time, anchor, name }: NonNullable<typeof notBefore>): string =>
    `${time}, ${printable(name)}, record ${anchor}`;
  const rowsOf = [
    ["not before", notBefore === null ? "no stamp before it" : bound(notBefore)],
    ["not after", notAfter === null ? "no stamp over it yet" : bound(notAfter)],
    ...(widthMs === null ? [] : [["apart", widthText(widthMs)]]),
  ];
  return `Record ${index}, at the word of the records that hold the stamps:\n${alignColumns(rowsOf)}`;
}
