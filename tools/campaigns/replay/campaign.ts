// SPDX-License-Identifier: Apache-2.0
// What the replay campaign does: decide, killed on the way; replay; change one thing; erase.
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createGunzip } from "node:zlib";
import type { ReplayReport } from "../../../packages/docket/src/cli/replay/report.ts";
import { readInstallation } from "../../../packages/docket/src/installation.ts";
import type { Random } from "../seeded-random.ts";
import { copyData, forgeLog, freshName, openLog, removeData } from "./forge.ts";
import type { OpenedLog } from "./forge.ts";
import { mutationsOf } from "./mutations.ts";
import { docket } from "./processes.ts";

/** How much is done. */
export type ReplayForm = {
  /** Events of the stream that are decided under an earlier release. */
  eventsBefore: number;
  /** Events of the stream that are decided; all of them if left out. */
  events: number | undefined;
  /** How often the deciding process is killed. */
  kills: number;
  /** Events of the short log that is forged. */
  forgedEvents: number;
  /** Kinds of forgeries that are tried, in an order by chance; all of them if left out. */
  forgeries: number | undefined;
  /** Bytes of kept releases, and of kept lists, that are changed, one at a time. */
  keptBytes: number;
};

/** A line of the campaign's table. */
export type ReplayRow = {
  check: string;
  done: number;
  found: number;
  /** What went otherwise than it must; nothing, if all is well. */
  wrong: string[];
};

/** The long form of the campaign, and one that a test runs. */
export const longForm: ReplayForm = {
  eventsBefore: 8000,
  events: undefined,
  kills: 12,
  forgedEvents: 1500,
  forgeries: undefined,
  keptBytes: 30,
};
export const shortForm: ReplayForm = {
  eventsBefore: 200,
  events: 600,
  kills: 2,
  forgedEvents: 200,
  forgeries: 4,
  keptBytes: 2,
};

/** Where the campaign works, and what by. */
export type ReplayWorld = {
  directory: string;
  /** The comment stream, gzipped NDJSON. */
  stream: string;
  policy: string;
  /** The policy of the release before. */
  policyBefore: string;
  random: Random;
  say: (text: string) => void;
};

/** Kills fall so long after the start of the process. */
const killAfterMsMin = 600;
const killAfterMsMax = 4000;

/** The stream of comments that is decided, in the shared data. */
export const streamName = "data/comments-youtube-stream/data.jsonl.gz";
/** The policy that it is decided by, and that of the release before. */
export const campaignPolicies: Pick<ReplayWorld, "policy" | "policyBefore"> = {
  policy: fileURLToPath(new URL("policy/", import.meta.url)),
  policyBefore: fileURLToPath(new URL("policy-before/", import.meta.url)),
};

/** Decides the stream, killed on the way and started again; returns the data directory. */
export async function decideStream(world: ReplayWorld, form: ReplayForm): Promise<string> {
  const { directory, random, say } = world;
  mkdirSync(directory, { recursive: true });
  const events = form.events === undefined ? world.stream : join(directory, "events.ndjson");
  if (form.events !== undefined) writeFileSync(events, await firstLines(world.stream, form.events));
  const data = join(directory, "data");
  const decide = (policy: string): string[] => {
    return ["decide", "--data", data, "--policy", policy, "--quiet", "--map", "comments-youtube-stream"];
  };
  if (form.eventsBefore > 0) {
    const before = join(directory, "before.ndjson");
    writeFileSync(before, await earliestLines(world.stream, form.eventsBefore, form.events));
    const { code, stderr } = await docket([...decide(world.policyBefore), before]);
    if (code !== 0) throw new Error(`decide failed:\n${stderr}`);
  }
  const words = decide(world.policy);
  for (let kill = 1; kill <= form.kills; kill++) {
    const killAfterMs = killAfterMsMin + random.below(killAfterMsMax - killAfterMsMin);
    const { code } = await docket([...words, events], { killAfterMs });
    say(code === null ? `killed after ${killAfterMs} ms` : `ended before it was killed`);
  }
  const last = await docket([...words, events]);
  if (last.code !== 0) throw new Error(`decide failed:\n${last.stderr}`);
  return data;
}

/** Replays a directory; the report as `docket replay --json` prints it. */
export async function replay(
  data: string,
  words: readonly string[] = [],
  node?: string,
): Promise<ReplayReport> {
  const run = await docket(
    ["replay", "--data", data, "--json", ...words],
    node === undefined ? {} : { node },
  );
  if (run.stdout === "") throw new Error(`replay said nothing:\n${run.stderr}`);
  const report = JSON.parse(run.stdout) as ReplayReport;
  const expected = report.verdict === "same" ? 0 : 1;
  if (run.code !== expected) throw new Error(`replay found ${report.verdict} and ended with ${run.code}`);
  return report;
}

/** Replays with evidence: everything must come out as recorded. */
export async function replaySame(
  check: string,
  data: string,
  options: { node?: string; erased?: number } = {},
): Promise<ReplayRow> {
  const { erased = 0 } = options;
  const report = await replay(data, ["--evidence"], options.node);
  const wrong = report.findings.map((finding) => JSON.stringify(finding)).slice(0, 10);
  if (report.decisions === 0) wrong.push("there is no decision");
  if (report.replayed !== report.decisions) {
    wrong.push(`${report.replayed} of ${report.decisions} decisions were made again`);
  }
  if (report.evidence?.erased !== erased) {
    wrong.push(`the evidence of ${report.evidence?.erased} decisions is said to be erased, not ${erased}`);
  }
  const lostAt = report.state?.lostAt ?? null;
  if (lostAt !== null) wrong.push(`the state was lost at ${lostAt.index}: ${lostAt.reason}`);
  return {
    check: `${check}, Node ${report.node}`,
    done: report.decisions,
    found: report.findingCount,
    wrong,
  };
}

/** Changes one thing in each of many copies of a short log; every change must be found where it was made. */
export async function replayForged(world: ReplayWorld, form: ReplayForm): Promise<ReplayRow> {
  const short = await decideStream(
    { ...world, directory: join(world.directory, "short") },
    { ...form, events: form.forgedEvents, eventsBefore: 0, kills: 0 },
  );
  const opened = await openLog(short);
  const row: ReplayRow = {
    check: "one fact changed, all sealed and signed anew",
    done: 0,
    found: 0,
    wrong: [],
  };
  await forgeNothing(world, opened, row);
  for (const mutation of mutationsOf(opened, world.random).slice(0, form.forgeries)) {
    const target = freshName(world.directory, "forged");
    await forgeLog(opened, target, (index, forgeable) => {
      if (index === mutation.index) mutation.change(forgeable);
    });
    row.done += 1;
    const report = await replay(target, mutation.needsEvidence ? ["--evidence"] : []);
    const place = `${mutation.name} of record ${mutation.index}`;
    if (report.verdict === "same") row.wrong.push(`not found: ${place}`);
    else row.found += 1;
    const first = report.findings[0]?.index;
    // What was changed may only show in a later record that reads it.
    if (first !== undefined && first < mutation.index) row.wrong.push(`${place} blamed on record ${first}`);
    world.say(`${place}: ${report.findings[0]?.kind ?? "nothing"} at ${first}`);
    removeData(target);
  }
  return row;
}

// The forger without a forgery: a log that was written anew verifies and replays.
async function forgeNothing(world: ReplayWorld, opened: OpenedLog, row: ReplayRow): Promise<void> {
  const target = freshName(world.directory, "unforged");
  await forgeLog(opened, target, () => undefined);
  const verified = await docket(["verify", target, "--key", join(target, "log.vkey")]);
  if (verified.code !== 0) row.wrong.push(`a log written anew does not verify:\n${verified.stdout}`);
  const same = await replaySame("written anew", target);
  row.wrong.push(...same.wrong);
  removeData(target);
}

/** Changes one byte of what decisions were made under, one at a time; every change must be found. */
export async function replayChangedFiles(
  world: ReplayWorld,
  data: string,
  form: ReplayForm,
): Promise<ReplayRow[]> {
  const target = freshName(world.directory, "changed");
  copyData(data, target);
  const { paths } = readInstallation(target);
  const releases = filesBelow(paths.releases).filter((path) => path.endsWith(".json"));
  // Snapshots and what files said are not what versions are proved from.
  const lists = filesBelow(join(paths.site, "lists")).filter((path) => !/\/(snapshot|source)-/.test(path));
  const size = (await openLog(target)).records.length;
  const log = { data: target, size };
  const rows = [
    await changedBytes(world, "one byte of a kept release changed", log, releases, form.keptBytes),
    await changedBytes(world, "one byte of a kept list changed", log, lists, form.keptBytes),
  ];
  removeData(target);
  return rows;
}

async function changedBytes(
  world: ReplayWorld,
  check: string,
  { data, size }: { data: string; size: number },
  files: readonly string[],
  count: number,
): Promise<ReplayRow> {
  const row: ReplayRow = { check, done: 0, found: 0, wrong: [] };
  if (files.length === 0) row.wrong.push("there is none");
  for (let i = 0; i < count && files.length > 0; i++) {
    const path = files[world.random.below(files.length)] ?? "";
    const kept = readFileSync(path);
    const place = world.random.below(Math.max(1, kept.length - 1));
    const changed = Buffer.from(kept);
    changed.writeUInt8(changed.readUInt8(place) ^ (1 << world.random.below(7)), place);
    if (sameJsonText(kept, changed)) continue;
    writeFileSync(path, changed);
    row.done += 1;
    if (await isReleaseFound(data, size)) row.found += 1;
    else row.wrong.push(`byte ${place} of ${path}`);
    writeFileSync(path, kept);
  }
  return row;
}

// Some records of the first release, and some of the last: what changed belongs to one of them, or to both.
async function isReleaseFound(data: string, size: number): Promise<boolean> {
  for (const range of [
    ["--to", "16"],
    ["--alone", "--from", String(size - 16)],
  ]) {
    const report = await replay(data, range);
    if (report.findings.some(({ kind }) => kind === "release")) return true;
  }
  return false;
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Erases a tenth of the actors as an erasure does: their keys are gone. All else must come out as before. */
export async function replayErased(world: ReplayWorld, data: string): Promise<ReplayRow> {
  const target = freshName(world.directory, "erased");
  copyData(data, target);
  const erased = eraseTenth(target, world.random);
  const opened = await decisionsOf(data, erased);
  world.say(`erased ${erased.size} actors of ${opened} decisions`);
  const row = await replaySame("a tenth of the actors erased", target, { erased: opened });
  removeData(target);
  return row;
}

function eraseTenth(data: string, random: Random): Set<string> {
  const { paths } = readInstallation(data);
  const identity = new DatabaseSync(join(paths.site, "identity.sqlite"));
  const rows = identity.prepare("SELECT pseudonym FROM actors ORDER BY pseudonym").all();
  const erased = new Set<string>();
  const remove = identity.prepare("DELETE FROM actors WHERE pseudonym = ?");
  for (const { pseudonym } of rows as { pseudonym: string }[]) {
    if (random.below(10) > 0) continue;
    erased.add(pseudonym);
    remove.run(pseudonym);
  }
  identity.close();
  // All that the journal holds is in the files: the process stopped in good order. It holds keys too.
  for (const name of readdirSync(paths.journal)) rmSync(join(paths.journal, name));
  return erased;
}

async function decisionsOf(data: string, actors: ReadonlySet<string>): Promise<number> {
  const { records } = await openLog(data);
  return records.filter(({ record }) => record.kind === "decision" && actors.has(record.actor)).length;
}

function sameJsonText(a: Buffer, b: Buffer): boolean {
  try {
    return JSON.stringify(JSON.parse(a.toString("utf8"))) === JSON.stringify(JSON.parse(b.toString("utf8")));
  } catch {
    return false;
  }
}

// A file is sorted by time before it is decided: what is decided first must be the earliest of it.
async function earliestLines(path: string, count: number, of: number | undefined): Promise<string> {
  const lines = (await firstLines(path, of ?? Number.POSITIVE_INFINITY)).trimEnd().split("\n");
  const timed = lines.map((line) => ({ line, ts: (JSON.parse(line) as { ts: string }).ts }));
  const sorted = timed.toSorted((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
  return `${sorted
    .slice(0, count)
    .map(({ line }) => line)
    .join("\n")}\n`;
}

async function firstLines(path: string, count: number): Promise<string> {
  const lines: string[] = [];
  const input = createReadStream(path).pipe(createGunzip());
  for await (const line of createInterface({ input })) {
    lines.push(line);
    if (lines.length === count) break;
  }
  input.destroy();
  return `${lines.join("\n")}\n`;
}
