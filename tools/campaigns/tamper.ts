// SPDX-License-Identifier: Apache-2.0
// Damages logs in many ways, one at a time, and asks `verifyLog` each time: it must find the damage and name
// the file, and must find nothing in a log that nobody touched.
//
//   npm run campaign:tamper -- --mutations 5000 --seed 7 [--json]
//   npm run campaign:tamper -- --every-byte              one random bit of each byte of each file
//
// Progress goes to standard error; the table, or JSON with --json, to standard output. Exit 1 if anything was
// missed.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseVerifierKey } from "@docket/tlog";
import { verifyLog } from "@docket/verify";
import type { LogReport } from "@docket/verify";
import { directorySource } from "../../packages/docket/src/cli/verify/directory.ts";
import { checkInstallation } from "../../packages/docket/src/cli/verify/installation-checks.ts";
import { showProgress } from "../../packages/docket/src/cli/progress.ts";
import { createSmallLog, verifierKey } from "../../packages/docket/src/cli/verify/testing/small-log.ts";
import * as tamper from "../../packages/docket/src/cli/verify/testing/tamper.ts";
import type { Dice, Mutation } from "../../packages/docket/src/cli/verify/testing/tamper.ts";

const { values } = parseArgs({
  options: {
    mutations: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Math.trunc(Date.now() / 1000)) },
    "every-byte": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

/** After so many mutations the untouched log is verified again, and a new one is written. */
const mutationsPerLog = 250;

type Row = { file: string; kind: string; tried: number; found: number; named: number };
type Campaign = {
  seed: number;
  rows: Map<string, Row>;
  missed: string[];
  untouched: number;
  falseAlarms: string[];
};

const key = parseVerifierKey(verifierKey);
const campaign: Campaign = {
  seed: Number(values.seed),
  rows: new Map(),
  missed: [],
  untouched: 0,
  falseAlarms: [],
};
process.stderr.write(`seed ${campaign.seed}\n`);
await (values["every-byte"] ? flipEveryByte(campaign) : mutate(campaign, Number(values.mutations)));
report(campaign);
process.exitCode = campaign.missed.length + campaign.falseAlarms.length === 0 ? 0 : 1;

async function mutate(state: Campaign, count: number): Promise<void> {
  const roll = tamper.dice(state.seed);
  const progress = showProgress({ stderr: process.stderr, nowMs: () => performance.now() });
  progress.step("mutations");
  for (let done = 0; done < count; done += mutationsPerLog) {
    const here = Math.min(count - done, mutationsPerLog);
    await withLog(roll, async (data, size) => {
      await untouched(state, data);
      for (let made = 1; made <= here; made++) {
        await judge(state, data, choose(roll, data, size));
        progress.update(done + made, count);
      }
      await untouched(state, data);
    });
  }
  progress.end();
}

async function flipEveryByte(state: Campaign): Promise<void> {
  const roll = tamper.dice(state.seed);
  const progress = showProgress({ stderr: process.stderr, nowMs: () => performance.now() });
  progress.step("bytes");
  await withLog(roll, async (data) => {
    await untouched(state, data);
    const files = tamper.checkedFiles(data).map((file) => ({ file, size: statSync(join(data, file)).size }));
    const total = files.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    for (const { file, size } of files) {
      for (let offset = 0; offset < size; offset++) {
        await judge(state, data, tamper.flip(data, file, offset, roll(8)));
        progress.update(++done, total);
      }
    }
    await untouched(state, data);
  });
  progress.end();
}

/** Writes a log of a few batches, some published at partial sizes, and gives it to `use`. */
async function withLog(roll: Dice, use: (data: string, size: number) => Promise<void>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "docket-tamper-"));
  try {
    const log = createSmallLog(data);
    const batches = Array.from({ length: 1 + roll(5) }, () => 1 + roll(90));
    log.seal(batches);
    if (roll(2) === 0) log.sync();
    const more = [1 + roll(200), 1 + roll(20)];
    log.seal(more);
    log.sync();
    log.close();
    const size = [...batches, ...more].reduce((sum, count) => sum + count, 0);
    await use(data, size);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

function choose(roll: Dice, data: string, size: number): Mutation {
  const files = tamper.checkedFiles(data);
  const file = files[roll(files.length)] ?? "";
  const length = statSync(join(data, file)).size;
  switch (roll(8)) {
    case 0:
      return tamper.truncate(data, file, roll(length));
    case 1:
      // What follows a journal's last batch is what a crash leaves, and rightly only noted.
      return file.endsWith(".journal")
        ? tamper.flip(data, file, roll(length), roll(8))
        : tamper.append(data, file, roll(256));
    case 2:
      return tamper.mayBeGone(file, size) ? tamper.truncate(data, file, 0) : tamper.remove(data, file);
    case 3: {
      const other = files[roll(files.length)] ?? "";
      // The checkpoint and the newest that is kept are the same file twice.
      if (readFileSync(join(data, other)).equals(readFileSync(join(data, file))))
        return tamper.flip(data, file, roll(length), roll(8));
      return tamper.swap(data, file, other);
    }
    case 4:
      return tamper.extra(
        data,
        `sites/main/${["tile/0/9", "tile/0/099", "parts/099", "checkpoints/0", "journal/x"][roll(5)]}`,
      );
    default:
      return tamper.flip(data, file, roll(length), roll(8));
  }
}

async function judge(state: Campaign, data: string, mutation: Mutation): Promise<void> {
  const result = await check(data);
  mutation.undo();
  const { kind, what } = mutation;
  const name = mutation.file.replace("sites/main/", "");
  const other = /^with (.*)$/.exec(what)?.[1]?.replace("sites/main/", "");
  const family = name.replace(/\/.*$/, "");
  const row = state.rows.get(`${kind} ${family}`) ?? { file: family, kind, tried: 0, found: 0, named: 0 };
  state.rows.set(`${kind} ${family}`, row);
  row.tried += 1;
  const found = result.verdict === "failed";
  // A journal that lacks its end is named as a whole: which segment held it, nobody can say any more.
  const named =
    found &&
    result.faults.some(
      ({ place }) => place === name || place === other || (place === "journal" && family === place),
    );
  if (found) row.found += 1;
  if (named) row.named += 1;
  if (!named) state.missed.push(`${kind} of ${name}, ${what}: ${JSON.stringify(result.faults.slice(0, 2))}`);
}

async function untouched(state: Campaign, data: string): Promise<void> {
  const result = await check(data);
  state.untouched += 1;
  if (result.verdict !== "verified") state.falseAlarms.push(JSON.stringify(result.faults.slice(0, 2)));
}

async function check(data: string): Promise<LogReport> {
  const source = await directorySource(data);
  return checkInstallation(source, await verifyLog(source, key));
}

function report({ seed, rows, missed, untouched: untouchedLogs, falseAlarms }: Campaign): void {
  const sorted = [...rows.values()].sort((a, b) => (`${a.kind} ${a.file}` < `${b.kind} ${b.file}` ? -1 : 1));
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ seed, rows: sorted, missed, untouched: untouchedLogs, falseAlarms })}\n`,
    );
    return;
  }
  process.stdout.write(line(["change", "file", "tried", "found", "named"]));
  for (const { kind, file, tried, found, named } of sorted)
    process.stdout.write(line([kind, file, tried, found, named]));
  process.stdout.write(`untouched logs: ${untouchedLogs}, false alarms: ${falseAlarms.length}\n`);
  for (const what of [...missed, ...falseAlarms]) process.stdout.write(`MISSED: ${what}\n`);
}

function line(cells: readonly (string | number)[]): string {
  const padded = cells.map((cell, place) => (place < 2 ? String(cell).padEnd(20) : String(cell).padStart(8)));
  return `${padded.join(" ")}\n`;
}
