// SPDX-License-Identifier: Apache-2.0
// `docket policy brakes` and `docket policy confirm`: what waits for a person, and the person's word. A
// server is asked, or the data directory while none runs.
import type { BrakesView, BrakeView, Confirmed, SiteBrakes } from "../../rollout/brake-desk.ts";
import { alignColumns } from "../columns.ts";
import { exitFine } from "../failure.ts";
import { openDirectory } from "../open-directory.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { askPolicy } from "./server.ts";

/** Where brakes are asked for. */
export type BrakesWhere = { data: string; url?: string | undefined; apiKey?: string | undefined };

/** Lists what waits for a person, and what is under watch. */
export async function runPolicyBrakes(
  options: BrakesWhere & { json: boolean },
  terminal: Terminal,
): Promise<number> {
  const { url, apiKey } = options;
  const view =
    url === undefined
      ? await inDirectory(options.data, terminal, (brakes) => Promise.resolve(brakes.view()))
      : await askPolicy<BrakesView>({ url, apiKey }, "/brakes");
  await write(terminal, options.json ? `${JSON.stringify(view)}\n` : brakesText(view));
  return exitFine;
}

/** Confirms what a brake stopped. */
export async function runPolicyConfirm(
  options: BrakesWhere & { index: number; why: string; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const { url, apiKey, index, why } = options;
  const confirmed =
    url === undefined
      ? await inDirectory(options.data, terminal, (brakes) =>
          brakes.confirm({ author: { by: "operator", role: "operator" }, of: index, why }),
        )
      : await askPolicy<Confirmed>({ url, apiKey }, `/brakes/${index}/confirmation`, { why });
  const { key, alone } = confirmed;
  const note = alone ? ", by whoever made the change" : "";
  const text = `Confirmed${note}: ${key} has its power again, from record ${confirmed.index} on.\n`;
  await write(terminal, options.json ? `${JSON.stringify(confirmed)}\n` : text);
  return exitFine;
}

/** Brakes as people read them. */
export function brakesText({ brakes, watched }: BrakesView): string {
  const parts =
    brakes.length === 0 ? ["Nothing waits for a person.\n"] : brakes.map((brake) => `${brakeText(brake)}\n`);
  if (watched.length > 0) {
    const rows = watched.map(({ key, since, events, hits, actorsSeen, actorsHit }) => [
      `  ${key}`,
      `${hits} of ${events} events`,
      `${actorsHit} of ${actorsSeen} accounts`,
      since === null ? "since the first event" : `since ${since}`,
    ]);
    parts.push("\nUnder watch, as new or changed within a day:\n", alignColumns(rows, new Set([1, 2])));
  }
  return parts.join("");
}

function brakeText(brake: BrakeView): string {
  const { index, key, cap, hitsSince, release, changedBy } = brake;
  const name = index === null ? `(being sealed) ${key}` : `Record ${index}: ${key}`;
  const lines = cap ? capLines(brake) : hitLines(brake);
  const since = cap
    ? `Since then it left ${hitsSince} more alone.`
    : `Since then it would have hit ${hitsSince} ${hitsSince === 1 ? "event" : "events"}.`;
  return [
    `${name} ${cap ? "restricts nobody else for now." : "has no power to restrict."}`,
    ...lines,
    since,
    `It came with release ${release.slice(0, 12)}, by ${changedBy}.`,
    ...(index === null ? [] : [`If it is right: docket policy confirm ${index} --why "…"`]),
  ].join("\n  ");
}

function capLines({ actorsHit, least, from, to }: BrakeView): string[] {
  return [
    `It restricted ${actorsHit} accounts from ${from} to ${to};`,
    `${least} are allowed without a second person.`,
  ];
}

function hitLines(brake: BrakeView): string[] {
  const { hits, events, actorsHit, actorsSeen, sampling, from, to, share } = brake;
  const sample = sampling === 0 ? "" : ` (of a sample, one in ${2 ** sampling})`;
  return [
    `It hit ${hits} of ${events} events (${percent(hits, events)}) and ` +
      `${actorsHit} of ${actorsSeen} accounts${sample}, where ${percent(share, 10_000)} were declared,`,
    `from ${from} to ${to}.`,
  ];
}

function percent(part: number, whole: number): string {
  return `${Math.round((part * 1000) / whole) / 10} %`;
}

async function inDirectory<T>(
  data: string,
  terminal: Terminal,
  use: (brakes: SiteBrakes) => Promise<T>,
): Promise<T> {
  const opened = await openDirectory(data, terminal);
  try {
    return await use(opened.brakes);
  } finally {
    await opened.close();
  }
}
