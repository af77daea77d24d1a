// SPDX-License-Identifier: Apache-2.0
// Load on a server, and what came of it. Every request carries an event of its own.
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import autocannon from "autocannon";
import type { Event } from "@docket/protocol";
import { processorSeconds } from "./machine.ts";
import { median, quantile } from "./numbers.ts";

/** A server under test. */
export type Target = { url: string; headers: Record<string, string>; pid: number };

/** What a run of load gave. `cpuUs` is the server's processor time for one event, over all threads, in µs. */
export type Sample = { perSecond: number; p50Ms: number; p99Ms: number; cpuUs: number };

const stopCheckMs = 50;

/** Sends single events over `connections` connections, each with one request at a time. */
export async function singleEvents(
  target: Target,
  nextEvent: () => Event,
  options: { connections: number; seconds: number; dryRun: boolean },
): Promise<Sample> {
  const { connections, seconds, dryRun } = options;
  const latencies: number[] = [];
  const faults = new Map<string, number>();
  const note = (fault: string): unknown => faults.set(fault, (faults.get(fault) ?? 0) + 1);
  const body = (): string => JSON.stringify(dryRun ? { ...nextEvent(), dryRun } : nextEvent());
  const cpu = processorSeconds(target.pid);
  const startedMs = performance.now();
  let endedMs = startedMs;
  await new Promise<void>((resolve, reject) => {
    const load = autocannon(
      {
        url: target.url,
        connections,
        duration: seconds,
        sampleInt: stopCheckMs,
        requests: [
          {
            setupRequest: (request) => ({
              ...request,
              method: "POST",
              path: "/v1/decisions",
              headers: { ...target.headers, "content-type": "application/json" },
              body: body(),
            }),
          },
        ],
      },
      (error) => (error === null ? resolve() : reject(error)),
    );
    load.on("response", (_client, status, _bytes, ms) => {
      endedMs = performance.now();
      if (status === 200) latencies.push(ms);
      else note(`status ${status}`);
    });
    load.on("reqError", (error) => note(error.message));
  });
  if (faults.size > 0) throw new Error(`${target.url} failed: ${JSON.stringify([...faults])}`);
  return {
    perSecond: (latencies.length / (endedMs - startedMs)) * 1000,
    p50Ms: median(latencies),
    p99Ms: quantile(latencies, 0.99),
    cpuUs: perEvent(target.pid, cpu, latencies.length),
  };
}

/** Sends one batch for `seconds`, as fast as the server reads it. A line's latency is not measured. */
export async function batchEvents(target: Target, nextEvent: () => Event, seconds: number): Promise<Sample> {
  const cpu = processorSeconds(target.pid);
  const startedMs = performance.now();
  const request = httpRequest(`${target.url}/v1/decisions/batch`, {
    method: "POST",
    headers: { ...target.headers, "content-type": "application/x-ndjson" },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  const sending = sendLines(request, nextEvent, startedMs + seconds * 1000);
  let lines = 0;
  let ended = false;
  for await (const line of createInterface({ input: await answered })) {
    if (line.startsWith('{"end":true')) ended = true;
    else if (line.includes('"sealed":true')) lines++;
    else throw new Error(`a line of the batch was not sealed: ${line}`);
  }
  await sending;
  if (!ended) throw new Error(`the batch broke off after ${lines} answers`);
  return {
    perSecond: (lines / (performance.now() - startedMs)) * 1000,
    p50Ms: Number.NaN,
    p99Ms: Number.NaN,
    cpuUs: perEvent(target.pid, cpu, lines),
  };
}

const linesPerWrite = 16;

async function sendLines(
  request: ReturnType<typeof httpRequest>,
  nextEvent: () => Event,
  untilMs: number,
): Promise<void> {
  while (performance.now() < untilMs) {
    let text = "";
    for (let i = 0; i < linesPerWrite; i++) text += `${JSON.stringify(nextEvent())}\n`;
    if (!request.write(text)) await new Promise((resolve) => request.once("drain", resolve));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  request.end();
}

function perEvent(pid: number, cpuBefore: number | undefined, events: number): number {
  const cpuAfter = processorSeconds(pid);
  if (cpuBefore === undefined || cpuAfter === undefined) return Number.NaN;
  return ((cpuAfter - cpuBefore) / events) * 1e6;
}
