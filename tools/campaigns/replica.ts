// SPDX-License-Identifier: Apache-2.0
// The replica campaign: kills a log with `ack: sync`, its replica on another "host", or both, at random
// moments; now and then the log's machine is lost for good, and the replica is promoted in its place. No
// record that anybody was told of may be missing from the replica then, or differ.
//
//   npm run campaign:replica -- [--kills N | --short] [--seed S] [--json FILE] [--keep]
//
// Without --kills: 10,000, which takes hours. After each hundred, and at the end, a drill must pass.
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { hash } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { createInstallation } from "../../packages/docket/src/installation.ts";
import { LogReader } from "../../packages/docket/src/log/reader.ts";
import { readJournal } from "../../packages/docket/src/log/journal-reader.ts";
import { loadMaterialised } from "../../packages/docket/src/log/materialised.ts";
import { logPaths } from "../../packages/docket/src/log/paths.ts";
import { disk } from "../../packages/docket/src/stores/files/node-disk.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Random } from "./seeded-random.ts";

const longForm = 10_000;
const shortForm = 24;
/** After so many kills a new log is begun: a young log crosses more borders. */
const killsPerLog = 50;
const drillEvery = 100;
const complaintsMax = 10;
/** A program that says nothing for this long, in ms, hangs. */
const saysWithinMs = 60_000;
const afterFirstMsMax = 400;
const afterStartMsMax = 1200;

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = join(root, "packages/docket/bin/docket.js");
const childProgram = join(root, "tools/campaigns/replica/child.ts");
const node = ["--conditions=@docket/source"];

/** What the campaign came to. */
type Result = {
  kills: number;
  primary: number;
  replica: number;
  both: number;
  lostMachines: number;
  told: number;
  missing: number;
  differing: number;
  refusedPromotions: number;
  drills: number;
  failedDrills: number;
};

/** A log, its replica, and what was told of it. */
type World = {
  directory: string;
  data: string;
  keys: string;
  copy: string;
  port: number;
  origin: string;
  told: Map<number, string>;
  /**
   * Whether the replica is new and nothing was told since: until a record is told of, which takes the replica
   * to have all, the promoted log is the only one that has what was told before.
   */
  isBehind: boolean;
};

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: "string" },
      short: { type: "boolean", default: false },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      json: { type: "string" },
      keep: { type: "boolean", default: false },
    },
  });
  const kills = Number(values.kills ?? (values.short ? shortForm : longForm));
  console.log(`replica campaign, seed ${values.seed}, ${kills} kills`);
  const random = seededRandom(`${values.seed} replica`);
  const directory = mkdtempSync(join(tmpdir(), "docket-replica-"));
  const started = Date.now();
  const result = await run(directory, kills, random);
  const { missing, differing, refusedPromotions, failedDrills } = result;
  const clean = missing + differing + refusedPromotions + failedDrills === 0 && result.told > 0;
  if (clean && !values.keep) rmSync(directory, { recursive: true, force: true });
  else console.log(`kept: ${directory}`);
  const seconds = Math.round((Date.now() - started) / 1000);
  console.table([result]);
  console.log(`${clean ? "clean" : "NOT CLEAN"} in ${seconds} s`);
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ seed: values.seed, seconds, ...result }, null, 2)}\n`);
  }
  return clean ? 0 : 1;
}

async function run(directory: string, kills: number, random: Random): Promise<Result> {
  const result: Result = {
    kills: 0,
    primary: 0,
    replica: 0,
    both: 0,
    lostMachines: 0,
    told: 0,
    missing: 0,
    differing: 0,
    refusedPromotions: 0,
    drills: 0,
    failedDrills: 0,
  };
  while (result.kills < kills) {
    const world = newWorld(join(directory, `log-${result.kills}`), random);
    const until = Math.min(kills, result.kills + killsPerLog);
    const replica = { child: await startReplica(world) };
    while (result.kills < until) {
      await killOnce(world, replica, result, random);
      result.kills++;
      if (result.kills % drillEvery === 0) {
        console.log(`${result.kills} kills, ${result.told + world.told.size} records told`);
      }
      const due = result.kills % drillEvery === 0 || result.kills === kills;
      if (due && !world.isBehind) await drill(world, result);
    }
    await ended(replica.child, "SIGKILL");
    check(world, await leavesOf(world.copy, world.origin), result);
    result.told += world.told.size;
    const isClean = result.missing + result.differing + result.refusedPromotions + result.failedDrills === 0;
    if (!isClean) return result;
    rmSync(world.directory, { recursive: true, force: true });
  }
  return result;
}

function newWorld(directory: string, random: Random): World {
  mkdirSync(directory, { recursive: true });
  const [data, keys, copy] = [join(directory, "data"), join(directory, "keys"), join(directory, "copy")];
  const { origin } = createInstallation(disk, data, keys);
  return {
    directory,
    data,
    keys,
    copy,
    port: 20_000 + random.below(20_000),
    origin,
    told: new Map(),
    isBehind: true,
  };
}

// One kill, and what a machine that dies then leaves behind.
async function killOnce(
  world: World,
  replica: { child: ChildProcess },
  result: Result,
  random: Random,
): Promise<void> {
  const primary = startPrimary(world);
  const fromStart = random.below(4) === 0;
  if (!fromStart) await primary.first;
  await sleep(random.below(fromStart ? afterStartMsMax : afterFirstMsMax));
  const who = random.below(100);
  if (who < 40) {
    result.primary++;
    await ended(primary.child, "SIGKILL");
  } else if (who < 65) {
    result.replica++;
    await ended(replica.child, "SIGKILL");
    await sleep(random.below(afterFirstMsMax));
    if (random.below(2) === 0) {
      replica.child = await startReplica(world);
      await sleep(random.below(2 * afterFirstMsMax));
    }
    await ended(primary.child, "SIGKILL");
  } else {
    await Promise.all([ended(primary.child, "SIGKILL"), ended(replica.child, "SIGKILL")]);
    if (who < 85) result.both++;
  }
  await primary.read;
  if (who >= 85) await loseMachine(world, replica, result);
  else if (replica.child.exitCode !== null || replica.child.signalCode !== null) {
    check(world, await leavesOf(world.copy, world.origin), result);
    replica.child = await startReplica(world);
  }
}

// The data is gone; the replica takes its place, with the keys, which lie elsewhere.
async function loseMachine(world: World, replica: { child: ChildProcess }, result: Result): Promise<void> {
  await ended(replica.child, "SIGKILL");
  if (!world.isBehind) {
    result.lostMachines++;
    check(world, await leavesOf(world.copy, world.origin), result);
    rmSync(world.data, { recursive: true });
    renameSync(world.copy, world.data);
    world.isBehind = true;
    for (const name of ["copy.json", "replica-key.json"]) rmSync(join(world.data, name), { force: true });
    const promoted = await docket(["promote", world.data, "--keys", world.keys]);
    if (promoted.code !== 0) {
      result.refusedPromotions++;
      console.log(promoted.text);
    }
  }
  replica.child = await startReplica(world);
}

async function drill(world: World, result: Result): Promise<void> {
  result.drills++;
  const words = ["drill", "--data", world.data, "--keys", world.keys, "--from", world.copy, "--unsealed"];
  const { code, text } = await docket(words);
  if (code === 0) return;
  result.failedDrills++;
  console.log(text);
}

function check(world: World, leaves: readonly string[], result: Result): void {
  if (world.isBehind) return;
  for (const [index, told] of world.told) {
    const held = leaves[index];
    if (held === undefined) result.missing++;
    else if (held !== told) result.differing++;
    else continue;
    if (result.missing + result.differing > complaintsMax) continue;
    console.log(
      `record ${index} was told of, and the replica has ${held === undefined ? "none" : "another"}`,
    );
  }
}

// All leaves of a copy that nobody writes, by their hashes.
async function leavesOf(directory: string, origin: string): Promise<string[]> {
  const paths = logPaths(directory, "main");
  if (disk.readFile(paths.state) === undefined) return [];
  const { size } = loadMaterialised(disk, paths).frontier;
  const reader = new LogReader(paths);
  const hashes: string[] = [];
  for (let index = 0; index < size; index++) {
    hashes.push(hash("sha256", (await reader.record(index, size)).leaf, "base64url"));
  }
  const tail = readJournal(disk, paths.journal, hash("sha256", origin, "buffer"), size);
  for (const { leaf } of tail.batches.flatMap(({ records }) => records)) {
    hashes.push(hash("sha256", leaf, "base64url"));
  }
  return hashes;
}

type Primary = { child: ChildProcess; first: Promise<void>; read: Promise<void> };

function startPrimary(world: World): Primary {
  configure(world);
  const child = spawn(process.execPath, [...node, childProgram, world.data, world.keys], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  child.stderr.on("data", (bytes: Buffer) => errors.push(bytes.toString("utf8")));
  const said = Promise.withResolvers<void>();
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    const [index = "", leaf = ""] = line.split(" ");
    // A line that the kill cut short was not said.
    if (/^\d+$/.test(index) && leaf.length === 43) {
      world.told.set(Number(index), leaf);
      world.isBehind = false;
      said.resolve();
    }
  });
  const late = setTimeout(
    () => said.reject(new Error(`a log says nothing:\n${errors.join("")}`)),
    saysWithinMs,
  );
  const read = new Promise<void>((resolve) => lines.once("close", () => resolve()));
  child.once("exit", (code) => {
    clearTimeout(late);
    if (code !== null && code !== 0) said.reject(new Error(`a log ended by itself:\n${errors.join("")}`));
    else said.resolve();
  });
  const first = said.promise.finally(() => clearTimeout(late));
  first.catch(() => undefined);
  return { child, first, read };
}

function configure({ data, port }: World): void {
  const to = `[{ name: other, url: "http://127.0.0.1:${port}", keyFile: replica.key }]`;
  writeFileSync(join(data, "docket.yaml"), `replicas:\n  ack: sync\n  to: ${to}\n`);
}

/** Starts the replica's server, and keeps its key where the log finds it. */
async function startReplica({ copy, keys, port, data }: World): Promise<ChildProcess> {
  const words = ["replica", "serve", copy, "--listen", `127.0.0.1:${port}`, "--log", join(data, "log.vkey")];
  const child = spawn(process.execPath, [...node, binary, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  child.stderr.on("data", (bytes: Buffer) => output.push(bytes.toString("utf8")));
  child.stdout.on("data", (bytes: Buffer) => output.push(bytes.toString("utf8")));
  for (let waitedMs = 0; !output.join("").includes(" on http://"); waitedMs += 20) {
    if (child.exitCode !== null || waitedMs > saysWithinMs)
      throw new Error(`no replica:\n${output.join("")}`);
    await sleep(20);
  }
  await sleep(20);
  const key = /^Key .*: (\S+)$/m.exec(output.join(""))?.[1];
  if (key !== undefined) writeFileSync(join(keys, "main", "replica.key"), `${key}\n`, { mode: 0o600 });
  return child;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  await gone;
}

async function docket(words: readonly string[]): Promise<{ code: number; text: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...node, binary, ...words]);
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}
