// SPDX-License-Identifier: Apache-2.0
// Several logs measured in turns: disks drift within minutes, so that only what was measured side by side may
// be compared.
import { median } from "../numbers.ts";
import type { Measured } from "./closed-loop.ts";
import { short } from "./markdown.ts";
import type { SyncTimes } from "./workplace.ts";

/** One that is measured. */
export type Racer = { name: string; measure(writers: number): Promise<Measured> };

/** One measure, with the sync time of the moment. */
export type Sample = { round: number; writers: number; name: string; syncs: SyncTimes; measured: Measured };

/** The medians of one racer with a number of writers. Ratios are taken within each round. */
export type Standing = {
  writers: number;
  name: string;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** To the rate of the base in the same round. */
  ratio: number;
  /** The p50 in sync times of the moment: of an append of 4 KiB, and of 300 bytes into prepared room. */
  perAppendSync: number;
  perRoomSync: number;
  /** Processor time of the server for an answer, in µs; `NaN` where there is none. */
  cpuUs: number;
  /** Appends that were refused, in all rounds together. */
  failed: number;
  published: { p50Ms: number; p99Ms: number; maxMs: number } | undefined;
};

/** How a race is run. */
export type RaceOptions = {
  rounds: number;
  writers: readonly number[];
  syncTimes: () => SyncTimes;
  progress: (text: string) => void;
};

/** Measures all, `rounds` times, each round beginning with another one. */
export async function race(racers: readonly Racer[], options: RaceOptions): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const writers of options.writers) {
      const syncs = options.syncTimes();
      options.progress(
        `round ${round + 1} of ${options.rounds}, ${writers} writers: a sync of 4 KiB appended ` +
          `${syncs.appendMs.toFixed(3)} ms, of 300 B in prepared room ${syncs.roomMs.toFixed(3)} ms, ` +
          `a new file ${syncs.fileMs.toFixed(3)} ms`,
      );
      for (let step = 0; step < racers.length; step++) {
        const racer = racers[(round + step) % racers.length];
        if (racer === undefined) continue;
        const { name } = racer;
        const measured = await racer.measure(writers);
        samples.push({ round, writers, name, syncs, measured });
        options.progress(`  ${name} ${measuredText(measured)}`);
      }
    }
  }
  return samples;
}

/**
 * The medians over all rounds, in the order of writers and of `names`.
 *
 * @param base the name of the racer to whom ratios are taken
 */
export function standings(samples: readonly Sample[], base: string): Standing[] {
  const found: Standing[] = [];
  for (const writers of new Set(samples.map((sample) => sample.writers))) {
    const here = samples.filter((sample) => sample.writers === writers);
    const baseRates = new Map(
      here.filter(({ name }) => name === base).map(({ round, measured }) => [round, measured.perSecond]),
    );
    for (const name of new Set(samples.map((sample) => sample.name))) {
      const own = here.filter((sample) => sample.name === name);
      const of = (value: (sample: Sample) => number): number => median(own.map(value));
      found.push({
        writers,
        name,
        perSecond: of(({ measured }) => measured.perSecond),
        p50Ms: of(({ measured }) => measured.p50Ms),
        p99Ms: of(({ measured }) => measured.p99Ms),
        ratio: of(({ round, measured }) => measured.perSecond / (baseRates.get(round) ?? Number.NaN)),
        perAppendSync: of(({ syncs, measured }) => measured.p50Ms / syncs.appendMs),
        perRoomSync: of(({ syncs, measured }) => measured.p50Ms / syncs.roomMs),
        cpuUs: of(({ measured }) => measured.cpuUs ?? Number.NaN),
        failed: own.reduce((sum, { measured }) => sum + measured.failed, 0),
        published: publishedOf(own.flatMap(({ measured }) => measured.published ?? [])),
      });
    }
  }
  return found;
}

function measuredText({ perSecond, p50Ms, failed }: Measured): string {
  const refused = failed === 0 ? "" : `, ${failed} refused`;
  return `${Math.round(perSecond)}/s, p50 ${p50Ms.toFixed(3)} ms${refused}`;
}

/** What the machine was like: how long syncs and files took, and what others took of it. One sentence. */
export function surroundings(samples: readonly Sample[], inProcess: string): string {
  const of = (value: (syncs: SyncTimes) => number): string =>
    `${short(median(samples.map(({ syncs }) => value(syncs))))} ms`;
  const shares = samples.flatMap(({ name, measured: { othersShare } }) =>
    name === inProcess && othersShare !== undefined ? [100 * othersShare] : [],
  );
  const others =
    shares.length === 0
      ? ""
      : `; other programs took ${Math.round(median(shares))} % of the processors ` +
        `(up to ${Math.round(Math.max(...shares))} %)`;
  return (
    `Meanwhile a sync of 4 KiB appended took ${of(({ appendMs }) => appendMs)}, one of 300 B in prepared ` +
    `room ${of(({ roomMs }) => roomMs)}, a new file ${of(({ fileMs }) => fileMs)}${others}.`
  );
}

function publishedOf(all: readonly NonNullable<Measured["published"]>[]): Standing["published"] {
  if (all.length === 0) return undefined;
  return {
    p50Ms: median(all.map((each) => each.p50Ms)),
    p99Ms: median(all.map((each) => each.p99Ms)),
    maxMs: Math.max(...all.map((each) => each.maxMs)),
  };
}
