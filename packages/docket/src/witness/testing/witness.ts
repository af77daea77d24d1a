// SPDX-License-Identifier: Apache-2.0
// A witness over real HTTP, with its state in a directory that the test removes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { parseVerifierKey } from "@docket/tlog";
import { openWitnessFiles } from "../../stores/files/witness-files.ts";
import { openCosigner } from "../cosigner.ts";
import type { Cosigner } from "../cosigner.ts";
import { nameOfOrigin } from "../directory.ts";
import { knownLogs } from "../logs.ts";
import type { LogKey } from "../logs.ts";
import { createWitnessMetrics } from "../metrics.ts";
import { createWitnessServer } from "../server.ts";
import type { AccessLine } from "../server.ts";
import type { WitnessStore } from "../store.ts";
import { Witness } from "../witness.ts";
import { testKey } from "./log.ts";

/** When these tests play, in seconds since 1970. */
export const testSeconds = 1_795_000_000;
/** The name of the witness of these tests. */
export const testName = "witness.example/w1";

/** An answer of the server. */
export type Answered = { status: number; body: string; headers: Headers };

/** A witness that serves. */
export type TestWitness = {
  url: string;
  directory: string;
  cosigner: Cosigner;
  witness: Witness;
  /** The time, in ms since 1970, which the test may set. */
  now: { ms: number };
  forks: { origin: string; kept: string; sent: string }[];
  faults: string[];
  access: AccessLine[];
  post: (path: string, body: string | Uint8Array, headers?: Record<string, string>) => Promise<Answered>;
  get: (path: string) => Promise<Answered>;
  /** `POST /add-checkpoint`. */
  add: (body: string) => Promise<Answered>;
  /** The latest checkpoint of a log, as monitors get it. */
  latest: (origin: string) => Promise<Answered>;
  /** The file in which the state of a log is kept. */
  stateFile: (origin: string) => string;
  close: () => Promise<void>;
};

/** The keys of the witness of these tests. */
export function testCosigner(): Cosigner {
  return openCosigner(testName, [
    testKey(testName, "own", "ed25519-cosignature").skey,
    testKey(testName, "own", "ml-dsa-44").skey,
  ]);
}

/** A key of a log as the list says it. */
export function logKey(vkey: string, origin?: string): LogKey {
  const verifier = parseVerifierKey(vkey);
  return { origin: origin ?? verifier.name, verifier };
}

/** Starts a witness that knows these keys. */
export async function testWitness(
  t: TestContext,
  keys: readonly LogKey[],
  options: {
    directory?: string;
    createdSeconds?: number;
    answerWithinMs?: number;
    cosigner?: Cosigner;
    store?: (store: WitnessStore) => WitnessStore;
  } = {},
): Promise<TestWitness> {
  const directory = options.directory ?? temporaryDirectory(t);
  mkdirSync(directory, { recursive: true });
  const store = await openWitnessFiles(directory);
  const cosigner = options.cosigner ?? testCosigner();
  const now = { ms: testSeconds * 1000 };
  const seen: Pick<TestWitness, "forks" | "faults" | "access"> = { forks: [], faults: [], access: [] };
  const witness = new Witness({
    cosigner,
    store: options.store?.(store) ?? store,
    logs: knownLogs(keys, cosigner.verifiers),
    clock: () => now.ms,
    createdSeconds: options.createdSeconds ?? testSeconds - 1000,
    events: {
      fork: (origin, kept, sent) => seen.forks.push({ origin, kept, sent }),
      fault: (message) => seen.faults.push(message),
    },
    ...(options.answerWithinMs === undefined ? {} : { answerWithinMs: options.answerWithinMs }),
  });
  const server = createWitnessServer({
    witness,
    metrics: createWitnessMetrics({ logs: () => witness.logCount, signs: () => true }, false),
    nowMs: () => performance.now(),
    access: (line) => seen.access.push(line),
    discardMs: 100,
    unexpected: (error) => seen.faults.push(String(error)),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
    await witness.close();
  };
  const result: TestWitness = {
    url,
    directory,
    cosigner,
    witness,
    now,
    ...seen,
    post: (path, body, headers) =>
      ask(`${url}${path}`, { method: "POST", body, ...(headers && { headers }) }),
    get: (path) => ask(`${url}${path}`),
    add: (body) => ask(`${url}/add-checkpoint`, { method: "POST", body }),
    latest: (origin) => ask(`${url}/${nameOfOrigin(origin)}/checkpoint`),
    stateFile: (origin) => join(directory, nameOfOrigin(origin)),
    close: () => (closed ??= close()),
  };
  t.after(result.close);
  return result;
}

/** A directory that is removed when the test ends. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-witness-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The text of a file. */
export function readText(path: string): string {
  return readFileSync(path, "utf8");
}

async function ask(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.text(), headers: response.headers };
}
