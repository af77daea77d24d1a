// SPDX-License-Identifier: Apache-2.0
// Servers of time on loopback, honest ones and liars, and a Docket server whose clock is set at will: what
// the test and the campaign of the clock are made of. Nothing here touches the machine's own clock.
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { networkPorts } from "../../src/clock/network.ts";
import { sourcesOf } from "../../src/clock/sources.ts";
import type { SourceConfig } from "../../src/clock/config.ts";

/** The library that gives a process another time; `undefined` if it is not installed. */
export function faketimeLibrary(): string | undefined {
  return globSync("/usr/lib/*/faketime/libfaketimeMT.so.1")[0];
}

/** Whether chronyd and chronyc are installed. */
export function hasChrony(): boolean {
  try {
    execFileSync("chronyd", ["--version"], { stdio: "pipe" });
    execFileSync("chronyc", ["--version"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

/** A chronyd of this test. */
export type Chronyd = {
  readonly address: string;
  readonly port: number;
  readonly commandPort: number;
  readonly child: ChildProcess;
};

/** How a chronyd is made. */
export type ChronydOptions = {
  readonly directory: string;
  readonly name: string;
  /** What its clock is off by, as libfaketime reads it: `+1000s`. */
  readonly off?: string;
  /** Variables of its environment besides. */
  readonly env?: Record<string, string>;
  /** Where it answers; a client of several servers wants an address of its own for each. */
  readonly address?: string;
  /** A server takes its own clock for true; a client follows those that its lines name. */
  readonly role?: "server" | "client";
  /** Lines of its configuration besides. */
  readonly lines?: readonly string[];
};

const readyAttempts = 100;
const readyPauseMs = 100;

/** Starts a chronyd that controls no clock, and waits until it gives the time. */
export async function startChronyd({
  directory,
  name,
  off,
  address = "127.0.0.1",
  role = "server",
  lines = [],
  env = {},
}: ChronydOptions): Promise<Chronyd> {
  const place = join(directory, name);
  mkdirSync(place, { mode: 0o700 });
  const [port, commandPort] = [await freePort(), await freePort()];
  const config = [
    `port ${port}`,
    `cmdport ${commandPort}`,
    `bindaddress ${address}`,
    "bindcmdaddress 127.0.0.1",
    "allow 127.0.0.0/8",
    `pidfile ${join(place, "pid")}`,
    ...(role === "server" ? ["local stratum 1"] : []),
    ...lines,
  ];
  const path = join(place, "chrony.conf");
  writeFileSync(path, `${config.join("\n")}\n`);
  const faked = off === undefined ? {} : { LD_PRELOAD: faketimeLibrary(), FAKETIME: off };
  const child = spawn("chronyd", ["-x", "-d", "-U", "-u", userInfo().username, "-f", path], {
    env: { ...process.env, ...env, ...faked },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output += text.toString()));
  const at: SourceConfig =
    role === "server"
      ? { kind: "server", host: address, port }
      : { kind: "chrony", at: `127.0.0.1:${commandPort}` };
  const [source] = sourcesOf([at], networkPorts);
  for (let attempt = 0; attempt < readyAttempts; attempt++) {
    const answer = await source?.ask();
    if (answer?.ok) return { address, port, commandPort, child };
    await sleep(readyPauseMs);
  }
  child.kill("SIGKILL");
  throw new Error(`chronyd ${name} gives no time:\n${output}`);
}

/** Makes a certificate and its key for servers with NTS on loopback; lines of their configuration. */
export function ntsLines(directory: string): { server: (ntsPort: number) => string[]; client: string[] } {
  const [key, cert] = [join(directory, "nts.key"), join(directory, "nts.crt")];
  const names = [1, 2, 3, 4, 5].map((last) => `IP:127.0.0.${last}`).join(",");
  const make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 4 -subj /CN=localhost";
  const words = [...make.split(" "), "-addext", `subjectAltName=${names}`, "-keyout", key, "-out", cert];
  execFileSync("openssl", words, { stdio: "pipe" });
  return {
    server: (ntsPort) => [`ntsport ${ntsPort}`, `ntsserverkey ${key}`, `ntsservercert ${cert}`],
    client: [`ntstrustedcerts ${cert}`, "authselectmode require"],
  };
}

/** The clock of a process, set at will. */
export class SetClock {
  readonly env: Record<string, string>;
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, "time");
    this.set("+0");
    this.env = {
      LD_PRELOAD: faketimeLibrary() ?? "",
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** From now on the clock is off by this, as libfaketime reads it: `+1.5s`, `-10y`, `+0 x1.01`. */
  set(off: string): void {
    writeFileSync(this.#path, `${off}\n`);
  }
}

/** The record of an answer. */
export function recordOf(body: unknown): DocketRecord {
  return parseLeaf((body as { receipt: { leaf: string } }).receipt.leaf);
}

/**
 * What is wrong with a record's time; `undefined` if it holds a true time, or says nothing.
 *
 * @param beforeMs and `afterMs` are true times around its sealing
 */
export function wrongTime(record: DocketRecord, beforeMs: number, afterMs: number): string | undefined {
  const { index, time, uncertaintyMs } = record;
  if (uncertaintyMs === null) return undefined;
  const ms = Date.parse(time);
  if (ms - uncertaintyMs <= afterMs && ms + uncertaintyMs >= beforeMs) return undefined;
  const said = `${time} ± ${uncertaintyMs} ms`;
  return `record ${index} says ${said}, and it was ${new Date(beforeMs).toISOString()}`;
}

/** A UDP port of loopback that nobody has. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
