// SPDX-License-Identifier: Apache-2.0
// The outside as sources of time need it: datagrams, and chronyc.
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { randomBytes } from "node:crypto";
import { isIPv6 } from "node:net";
import { machineClocks } from "./shared-clock.ts";
import type { Exchanged, SourcePorts } from "./sources.ts";

/** Longest output of chronyc that is read, in bytes. */
const outputBytesMax = 65_536;

/** The real ones. */
export const networkPorts: SourcePorts = {
  clocks: machineClocks,
  random: randomBytes,
  exchange,
  chronyc,
};

function exchange(
  { host, port }: { readonly host: string; readonly port: number },
  request: Uint8Array,
  accept: (reply: Uint8Array) => boolean,
  timeoutMs: number,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    let sentMs = 0;
    const end = (finish: () => void): void => {
      clearTimeout(timer);
      socket.removeAllListeners("message");
      // A name that is still looked up may fail when nobody listens any more.
      socket.removeAllListeners("error").on("error", () => undefined);
      try {
        socket.close();
      } catch {
        // It was never open.
      }
      finish();
    };
    const timer = setTimeout(
      () => end(() => reject(new Error(`no answer within ${timeoutMs} ms`))),
      timeoutMs,
    );
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end(() => reject(new Error(error.code ?? error.message)));
    });
    socket.on("message", (reply) => {
      const arrivedMs = machineClocks.monotonicMs();
      if (accept(reply)) end(() => resolve({ reply, sentMs, arrivedMs }));
    });
    // Connected, it takes datagrams of that address alone.
    socket.connect(port, host, () => {
      sentMs = machineClocks.monotonicMs();
      socket.send(request);
    });
  });
}

function chronyc(args: readonly string[], timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      "chronyc",
      args,
      {
        timeout: timeoutMs,
        killSignal: "SIGKILL",
        maxBuffer: outputBytesMax,
        env: { PATH: process.env["PATH"], LC_ALL: "C" },
      },
      (error, stdout) => {
        if (error === null) resolve(stdout);
        else if (error.code === "ENOENT") reject(new Error("chronyc is not installed"));
        else if (error.killed === true) reject(new Error(`chronyc did not answer within ${timeoutMs} ms`));
        else reject(new Error(`chronyc: ${stdout.trim().slice(0, 200) || "it failed"}`));
      },
    );
  });
}
