// SPDX-License-Identifier: Apache-2.0
// Fuzzes a server that runs: every route of its OpenAPI document, and bytes that are no requests.
import { connect } from "node:net";
import type { Socket } from "node:net";
import { seededRandom } from "../../../packages/docket/src/testing/seeded-random.ts";
import { send } from "./client.ts";
import { judge } from "./judge.ts";
import type { Finding } from "./judge.ts";
import { makeRawRequest } from "./raw-requests.ts";
import { makeRequest, operationsOf } from "./requests.ts";
import { chanceOf } from "./values.ts";
import type { Stock } from "./values.ts";

/** What is fuzzed, and with what. */
export type FuzzOptions = {
  port: number;
  /** API keys that requests are sent with; the first may do everything. */
  keys: readonly string[];
  requests: number;
  seed: number;
  naughty: readonly string[];
  /** Ids, indexes and names that the site knows, by the name of the field or parameter. */
  known: Stock["known"];
  /** What must be in no answer. */
  secrets: readonly string[];
  /** Requests at a time. */
  atOnce: number;
  onProgress?: ((done: number) => void) | undefined;
};

/** What came of it. */
export type FuzzReport = {
  seed: number;
  requests: number;
  routes: number;
  /** How many answers had each status; 0 for a connection that was closed without one. */
  statuses: Record<string, number>;
  findings: (Finding & { request: number })[];
};

/** One request of so many is bytes that no library sends. */
const rawPercent = 12;
const findingsMax = 50;
/** Connections that send slowly, all the while. */
const slowConnections = 20;
const slowPauseMs = 500;

/** Sends requests and judges what comes back. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { port, keys, requests, seed, naughty, known, secrets, atOnce } = options;
  const document = await openApi(port);
  const { operations, schemas } = operationsOf(document);
  const stock = { schemas, naughty, known };
  const report: FuzzReport = { seed, requests, routes: operations.length, statuses: {}, findings: [] };
  const slow = slowOnes(port, keys[0] ?? "");
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < requests && report.findings.length < findingsMax) {
      const number = next++;
      // Each request follows from the seed and its own number, whatever came before it.
      const chance = chanceOf(seededRandom(seed * 1_000_003 + number));
      const request = chance.percent(rawPercent)
        ? makeRawRequest(keys[0] ?? "", chance)
        : makeRequest(operations, stock, keys, chance);
      const answer = await send(port, request.bytes, request.ends);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer.text)?.[1] ?? "0";
      report.statuses[status] = (report.statuses[status] ?? 0) + 1;
      const finding = judge(request, answer, secrets);
      if (finding !== undefined) report.findings.push({ ...finding, request: number });
      options.onProgress?.(next);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  slow.end();
  return report;
}

async function openApi(port: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/openapi.json`);
  return response.json();
}

/** Connections that never come to an end of what they say: others must not notice. */
function slowOnes(port: number, key: string): { end: () => void } {
  const head = `POST /v1/decisions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n`;
  const bytes = Buffer.from(`${head}content-length: 100000\r\n\r\n${"x".repeat(100_000)}`);
  const sockets = new Set<Socket>();
  let ended = false;
  const open = (from: number): void => {
    if (ended) return;
    const socket = connect({ port, host: "127.0.0.1" });
    sockets.add(socket);
    // Each stands elsewhere: in the request line, the headers, or the body.
    socket.write(bytes.subarray(0, from));
    let sent = from;
    const pacing = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), slowPauseMs);
    socket.on("error", () => undefined).resume();
    socket.on("close", () => {
      clearInterval(pacing);
      sockets.delete(socket);
      open(from);
    });
  };
  for (let at = 0; at < slowConnections; at++) open(at * 10);
  return {
    end: () => {
      ended = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
