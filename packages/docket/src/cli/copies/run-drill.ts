// SPDX-License-Identifier: Apache-2.0
// `docket drill`: here on a data directory, or by the server that has it open.
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parsePolicy } from "@docket/tlog";
import { readConfiguration } from "../../config/configuration.ts";
import { readReplicasConfig } from "../../copies/config.ts";
import { sealDrill } from "../../copies/copies-desk.ts";
import type { CopiesStatus, DrillOnRecord } from "../../copies/copies-desk.ts";
import type { DrillResult } from "../../copies/drill-result.ts";
import { runDrill } from "../../copies/drill.ts";
import type { DrillReport, KnownCheckpoint } from "../../copies/drill.ts";
import { copyAt, knownCopies } from "../../copies/known-copies.ts";
import { DocketError } from "../../error.ts";
import { mainSite, maintainedLog, readInstallation, readKeys, verifierKeyPath } from "../../installation.ts";
import type { Installation } from "../../installation.ts";
import { unlockInstallation } from "../../key-providers/unlock.ts";
import { readNewest } from "../../log/newest-state.ts";
import { logPaths } from "../../log/paths.ts";
import { openInstallation } from "../../main.ts";
import { rebuildViews } from "../../rebuild/rebuild-views.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { gather } from "../../succession/promote.ts";
import { exitFine, exitWrong } from "../failure.ts";
import { askServer } from "../policy/server.ts";
import type { Where } from "../reading.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { runVerify } from "../verify/run.ts";
import { erasuresReplayer } from "./erasures.ts";

/** What `docket drill` is told. */
export type DrillFlags = Where & {
  keys?: string | undefined;
  from?: string | undefined;
  scratch?: string | undefined;
  unsealed?: true | undefined;
  json?: true | undefined;
};

/** How often a server is asked whether its drill is over, in ms. */
const pollMs = 500;

/** Runs `docket drill`. */
export async function runDrillCommand(options: DrillFlags, terminal: Terminal): Promise<number> {
  if (options.url !== undefined) return drillThere(options, terminal);
  const installation = await unlockInstallation(readInstallation(options.data, { keys: options.keys }));
  const report = await drillHere(installation, options, terminal);
  const index = options.unsealed === true ? null : await seal(installation, report);
  const text = options.json === true ? `${JSON.stringify({ ...report, index })}\n` : drillText(report, index);
  await write(terminal, text);
  return report.result === "passed" ? exitFine : exitWrong;
}

async function drillHere(
  installation: Installation,
  options: DrillFlags,
  terminal: Terminal,
): Promise<DrillReport> {
  const { data, origin, paths } = installation;
  if (installation.opaque)
    throw new DocketError("usage", `${data} holds an opaque log, which has no replicas`);
  const { folder, site: siteKey } = readKeys(installation);
  const config = readReplicasConfig(readConfiguration(data).section("replicas"));
  const places = { config, folder, variables: terminal.env, origin, disk };
  const copies =
    options.from === undefined ? await knownCopies(places) : [copyAt(resolve(options.from), origin, disk)];
  return runDrill({
    origin,
    paths,
    disk,
    copies,
    scratch: options.scratch ?? terminal.temporaryDirectory,
    known: await knownElsewhere(installation),
    replayErasures: erasuresReplayer(installation.keysDirectory),
    verify: (directory) => verifyAll(directory, verifierKeyPath(installation), terminal),
    rebuildViews: async (directory) => {
      const scratch = logPaths(directory, mainSite);
      const size = sizeOf(scratch.checkpoint);
      const viewsPath = join(scratch.site, "views.sqlite");
      const { nowMs } = terminal;
      const rebuilt = await rebuildViews({ site: scratch.site, origin, siteKey, viewsPath, size, nowMs });
      return rebuilt.records;
    },
    clock: terminal.clock,
    nowMs: terminal.nowMs,
  });
}

// The keys directory's newest, what a quorum of witnesses cosigned, and what each witness says now.
async function knownElsewhere(installation: Installation): Promise<KnownCheckpoint[]> {
  const { paths, data, keysDirectory } = installation;
  const known: KnownCheckpoint[] = [];
  const newest = readNewest(join(keysDirectory, mainSite, "newest"));
  if (typeof newest !== "string") known.push({ place: "the keys directory", note: newest.note });
  const cosigned = disk.readFile(join(paths.site, "checkpoint.cosigned"));
  if (cosigned !== undefined) known.push({ place: "what the witnesses cosigned", note: cosigned });
  const policy = disk.readFile(join(data, "witnesses.policy"));
  if (policy === undefined) return known;
  const asked = await gather(
    maintainedLog(installation, disk),
    { seen: [], policy: parsePolicy(policy) },
    { fetch },
  );
  return [...known, ...asked.found.map(({ place, note }) => ({ place, note }))];
}

async function verifyAll(target: string, key: string, terminal: Terminal): Promise<string | undefined> {
  const said: string[] = [];
  const stdout = { write: (text: string) => said.push(text) };
  const code = await runVerify({ target, key: [key], json: false, stdout, stderr: terminal.stderr });
  if (code === exitFine) return undefined;
  const fault = said
    .join("")
    .split("\n")
    .find((line) => line.startsWith("first fault"));
  return fault ?? `docket verify ended with ${code}`;
}

async function seal(installation: Installation, report: DrillReport): Promise<number> {
  const opened = await openInstallation(installation).catch((error: unknown) => {
    if (!(error instanceof DocketError) || error.code !== "directory_locked") throw error;
    const message = `${error.message}; ask the server, with --url, or seal nothing, with --unsealed`;
    throw new DocketError("directory_locked", message, { cause: error });
  });
  try {
    const {
      checkpoints: _checkpoints,
      erasuresReplayed: _replayed,
      unreached: _unreached,
      ...result
    } = report;
    const { site } = opened;
    const siteKey = readKeys(installation).site;
    const { index } = await sealDrill(
      { seal: (body, parts) => site.seal(body, parts), siteKey },
      "operator",
      result,
    );
    return index;
  } finally {
    await opened.close();
  }
}

async function drillThere(options: DrillFlags, terminal: Terminal): Promise<number> {
  const server = { url: options.url as string, apiKey: options.apiKey };
  const before = (await askServer<CopiesStatus>(server, "v1/copies")).drill.last?.index;
  await askServer(server, "v1/drills", {});
  for (;;) {
    const { drill } = await askServer<CopiesStatus>(server, "v1/copies");
    if (drill.last !== undefined && drill.last.index !== before) {
      const { last } = drill;
      await write(terminal, options.json === true ? `${JSON.stringify(last)}\n` : recordText(last));
      return last.result === "passed" ? exitFine : exitWrong;
    }
    if (!drill.running)
      throw new DocketError("internal", "the server's drill ended without a result; its output says why");
    await sleep(pollMs);
  }
}

function sizeOf(checkpoint: string): number {
  const bytes = disk.readFile(checkpoint);
  return bytes === undefined ? 0 : Number(bytes.toString("utf8").split("\n")[1]);
}

function drillText(report: DrillReport, index: number | null): string {
  const { checkpoints, erasuresReplayed, failures } = report;
  const lines = [
    ...measured(report),
    `  checkpoints from elsewhere that it holds: ${checkpoints}; erased again: ${erasuresReplayed}`,
    ...failures.map((failure) => `  FAILED: ${failure}`),
    index === null ? "  not sealed" : `  sealed as record ${index}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function recordText(last: DrillOnRecord): string {
  return [...measured(last), `  sealed as record ${last.index}`].map((line) => `${line}\n`).join("");
}

function measured({
  result,
  from,
  size,
  lostRecords,
  lostMs,
  tookMs,
}: Omit<DrillResult, "failures">): string[] {
  const lost = lostRecords === 0 ? "it lacks none" : `it lacks ${lostRecords}, the oldest ${lostMs} ms old`;
  return [
    `The drill ${result}: ${from} came back with ${size} records; ${lost}`,
    `  restored, verified and indexed in ${(tookMs / 1000).toFixed(1)} s`,
  ];
}
