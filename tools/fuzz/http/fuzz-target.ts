// SPDX-License-Identifier: Apache-2.0
// Fuzzes a server of its own, and asks afterwards whether it and its log are whole.
import { send } from "./client.ts";
import { fuzz } from "./run.ts";
import type { FuzzOptions, FuzzReport } from "./run.ts";
import { startTarget } from "./target.ts";

/** Requests at a time. */
const atOnce = 8;

/** Starts a server, fuzzes it, ends it and verifies its log. What is wrong is among the findings. */
export async function fuzzTarget(
  options: Pick<FuzzOptions, "requests" | "seed" | "naughty" | "onProgress">,
): Promise<FuzzReport> {
  const target = await startTarget();
  try {
    const report = await fuzz({ ...options, ...target, atOnce });
    const find = (what: string, answer: string): void => {
      report.findings.push({ what, about: "afterwards", answer, request: -1 });
    };
    const health = await send(
      target.port,
      Buffer.from("GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
    );
    if (!health.text.startsWith("HTTP/1.1 200")) find("it does not answer any more", health.text);
    const unexpected = target
      .output()
      .split("\n")
      .filter((line) => /unexpected error/.test(line));
    for (const line of unexpected.slice(0, 5)) find("an unexpected error in its log", line);
    const code = await target.stop();
    if (code !== 0) find(`it ended with ${code}`, target.output().slice(-2000));
    const fault = target.verify();
    if (fault !== undefined) find("its log does not verify", fault);
    return report;
  } finally {
    target.remove();
  }
}
