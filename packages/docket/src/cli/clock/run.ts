// SPDX-License-Identifier: Apache-2.0
// `docket clock`: asks a server, or the sources of a data directory's configuration themselves.
import { join } from "node:path";
import { formatTime, parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { networkPorts } from "../../clock/network.ts";
import { makeClock } from "../../clock/open-clock.ts";
import type { ClockStatus, SourceStatus } from "../../clock/site-clock.ts";
import { readConfiguration } from "../../config/configuration.ts";
import { DocketError } from "../../error.ts";
import { readInstallation } from "../../installation.ts";
import { printable } from "../../printable.ts";
import { readKeptRecords } from "../../stores/sqlite/kept-records.ts";
import { alignColumns } from "../columns.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { askServer } from "../policy/server.ts";
import type { Where } from "../reading.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** What `docket clock` is told. */
export type ClockOptions = Where & { check?: true | undefined; json?: true | undefined };

type Shown = ClockStatus & {
  /** The last `clock` record that the views of a data directory have. */
  readonly sealed?: { readonly index: number; readonly time: string; readonly state: string } | null;
};

/**
 * Runs `docket clock`.
 *
 * @returns 1 if it was checked and no majority of the sources agrees
 */
export async function runClock(options: ClockOptions, terminal: Terminal): Promise<number> {
  const { data, url, apiKey, check, json } = options;
  if (url !== undefined && check === true) {
    throw new DocketError("usage", "--check asks from here; a server that runs checks by itself");
  }
  const shown =
    url === undefined
      ? await statusOf(data, check === true)
      : await askServer<Shown>({ url, apiKey }, "v1/clock");
  await write(terminal, json === true ? `${JSON.stringify(shown)}\n` : clockText(shown));
  return check === true && shown.state !== "checked" ? exitWrong : exitFine;
}

/**
 * Runs `docket clock correct`.
 *
 * @throws {DocketError} `usage` if the last record is not later than the clock
 */
export async function runClockCorrect(options: ClockOptions, terminal: Terminal): Promise<number> {
  const opened = await openDirectory(options.data, terminal);
  try {
    const { site } = opened;
    const { lastTimeMs, size } = site.status();
    const backMs = lastTimeMs - terminal.clock();
    if (size === 0 || backMs <= 0) {
      const message = `the last record is of ${formatTime(lastTimeMs)}, which is not later than the clock`;
      throw new DocketError("usage", `${message}: there is nothing to correct`);
    }
    const { index } = await site.seal({ kind: "clock-correction", by: "operator", backMs }, []);
    const text = `Later records may be up to ${backMs} ms earlier. Sealed as record ${index}.\n`;
    await write(terminal, options.json === true ? `${JSON.stringify({ index, backMs })}\n` : text);
    return exitFine;
  } finally {
    await opened.close();
  }
}

async function statusOf(data: string, check: boolean): Promise<Shown> {
  const installation = readInstallation(data);
  const section = readConfiguration(installation.data).section("clock");
  const clock = makeClock(section, networkPorts, runLater);
  const leaves = readKeptRecords(join(installation.paths.site, "views.sqlite"), ["clock"]).leaves;
  const last = leaves.at(-1);
  const record: DocketRecord | undefined = last === undefined ? undefined : parseLeaf(last);
  const sealed =
    record?.kind === "clock" ? { index: record.index, time: record.time, state: record.state } : null;
  const status = check && clock.status().asked > 0 ? await clock.check() : clock.status();
  return { ...status, sealed };
}

function runLater(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

const stateTexts: Readonly<Record<ClockStatus["state"], string>> = {
  unwatched: "no sources are configured: nothing is said of how exact records' times are",
  unchecked: "not checked yet",
  checked: "a majority of its sources agrees",
  unreachable: "too few of its sources answer",
  disagreeing: "its sources answer, and no majority agrees",
  stepped: "it jumped, and no source says that it is right now",
  drifting: "it runs faster or slower than is assumed",
};

function clockText(shown: Shown): string {
  const { state, stopped, offsetMs, uncertaintyMs, asked, agreeing, sealed } = shown;
  const lines = [`clock: ${state} (${stateTexts[state]})`];
  if (stopped) lines.push("nothing is sealed until that is over");
  if (asked > 0) lines.push(`sources: ${agreeing} of ${asked} agree`);
  if (offsetMs !== null) lines.push(`offset: ${offsetMs.toFixed(1)} ms`);
  if (asked > 0) {
    lines.push(`records would bear: ${uncertaintyMs === null ? "no uncertainty" : `± ${uncertaintyMs} ms`}`);
  }
  if (sealed !== undefined && sealed !== null) {
    lines.push(`sealed last: ${sealed.state}, ${sealed.time}, record ${sealed.index}`);
  }
  const rows = shown.sources.map(sourceRow);
  return `${lines.join("\n")}\n${rows.length === 0 ? "" : alignColumns(rows, new Set([2]))}`;
}

function sourceRow({ name, answer, offsetMs, errorMs, why }: SourceStatus): string[] {
  const offset = offsetMs === null ? "" : `${offsetMs.toFixed(1)} ms`;
  const error = errorMs === null ? "" : `± ${errorMs.toFixed(1)} ms`;
  return [printable(name), answer, offset, error, printable(why ?? "")];
}
