// SPDX-License-Identifier: Apache-2.0
// Runs roughtime/main.go, a Roughtime server that shares no code with Docket, where Go is installed.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { compileGo, goIsInstalled } from "./compile-go.ts";

/** How the server behaves; what is left out is as in an honest one. */
export interface RoughtimeServerOptions {
  /** Added to the time: a lie. s */
  readonly offsetSeconds?: number;
  readonly radiusSeconds?: number;
  /** The version that it has: 1, or 0x8000000c. */
  readonly version?: number;
  /** How many requests a signed root covers. */
  readonly batch?: number;
  /** How each reply is broken: a name of `main.go`. */
  readonly breaking?: string;
  /** Let the nonce of a request say how its reply is broken: `break:` and the name, then zeros. */
  readonly obeyNonces?: boolean;
}

/** A server that runs. */
export interface RoughtimeServer {
  /** On 127.0.0.1, UDP. */
  readonly port: number;
  /** Its long-term Ed25519 key: 32 bytes. */
  readonly serverKey: Uint8Array;
  /** Ends it. */
  readonly stop: () => Promise<void>;
}

/** What a test says when it skips for want of Go. */
export const roughtimeSkipReason = "golang-go is not installed";

/** Starts a server, or returns `undefined` where Go is absent. The program is compiled once. */
export async function startRoughtimeServer(
  options: RoughtimeServerOptions = {},
): Promise<RoughtimeServer | undefined> {
  if (!goIsInstalled()) return undefined;
  compiled ??= compileGo([fileURLToPath(new URL("roughtime/main.go", import.meta.url))]);
  const child = spawn(await compiled, argumentsOf(options), { stdio: ["pipe", "pipe", "ignore"] });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`the Roughtime server ended with ${code}`)));
  });
  const [port, key] = line.split(" ") as [string, string];
  return {
    port: Number(port),
    serverKey: Uint8Array.from(Buffer.from(key, "hex")),
    stop: async () => {
      // It runs until its standard input ends, so that it does not outlive a test that dies.
      child.stdin.end();
      await gone;
    },
  };
}

let compiled: Promise<string> | undefined;

function argumentsOf(options: RoughtimeServerOptions): string[] {
  const { offsetSeconds = 0, radiusSeconds = 3, version = 1, batch = 1, breaking = "" } = options;
  return [
    `-offset=${offsetSeconds}`,
    `-radius=${radiusSeconds}`,
    `-version=${version}`,
    `-batch=${batch}`,
    `-break=${breaking}`,
    `-obey=${options.obeyNonces === true}`,
  ];
}
