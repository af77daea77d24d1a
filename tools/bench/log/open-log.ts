// SPDX-License-Identifier: Apache-2.0
// Opens an opaque log in a process of its own, so that its time and memory are its own.
//
//   open-log.ts DIR              prints {openMs, rssBytes, size}, closes it
//   open-log.ts DIR --proofs N   the same, and {p50Ms, p99Ms} of N inclusion proofs at random indices
//   open-log.ts DIR --die N      appends N entries, and is killed as soon as the last one is answered
import { logPaths } from "../../../packages/docket/src/log/paths.ts";
import { LogReader } from "../../../packages/docket/src/log/reader.ts";
import { mainSite, readInstallation } from "../../../packages/docket/src/installation.ts";
import { openOpaqueInstallation } from "../../../packages/docket/src/main.ts";
import { median, quantile } from "../numbers.ts";
import { appendEntries } from "./growing-log.ts";

/** What opening a log gave. Times in ms. */
export type Opening = {
  openMs: number;
  rssBytes: number;
  size: number;
  proofs: { p50Ms: number; p99Ms: number } | undefined;
};

const [directory = "", task = "", number = "0"] = process.argv.slice(2);
if (task === "--die") {
  await appendEntries(directory, Number(number), () => process.kill(process.pid, "SIGKILL"));
} else {
  process.stdout.write(`${JSON.stringify(await openOnce())}\n`);
}

async function openOnce(): Promise<Opening> {
  const startedMs = performance.now();
  const opened = await openOpaqueInstallation(readInstallation(directory));
  const openMs = performance.now() - startedMs;
  const rssBytes = process.memoryUsage.rss();
  const { size } = opened.log.status;
  const proofs = task === "--proofs" ? await timeProofs(size, Number(number)) : undefined;
  await opened.close();
  return { openMs, rssBytes, size, proofs };
}

// As a server makes them: from the tiles that lie on the disk, to the newest published checkpoint.
async function timeProofs(size: number, count: number): Promise<{ p50Ms: number; p99Ms: number }> {
  const reader = new LogReader(logPaths(directory, mainSite));
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const index = Math.floor(Math.random() * size);
    const startedMs = performance.now();
    await reader.proof(index);
    times.push(performance.now() - startedMs);
  }
  return { p50Ms: median(times), p99Ms: quantile(times, 0.99) };
}
