// SPDX-License-Identifier: Apache-2.0
// The demonstration: a Docket of its own in a temporary folder, the shipped sample played at a speed that one
// can watch, a spammer's story up to the dispute, and what verification says of a log that was tampered with.
//
//   npm run demo [-- --port N] [--speed EVENTS-A-SECOND] [--fast]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { play, settle, takeReceipt, tryTampering } from "./demo/chapters.ts";
import { narratorOn } from "./demo/narrator.ts";
import { makeSite, serveSite } from "./demo/site.ts";

const help = `Shows Docket at work: plays a sample, a spammer's story, and tampers with the log.
It takes about three minutes, listens on 127.0.0.1 only, and leaves nothing behind.

Usage: npm run demo [-- OPTIONS]

  --port N     where it listens (default: any port that is free)
  --speed N    events a second (default 4)
  --fast       without waiting and without questions
  --help       print this
`;
const speedMax = 1_000;

process.exitCode = await main(process.argv.slice(2));

async function main(words: string[]): Promise<number> {
  const options = optionsOf(words);
  if (typeof options === "number") return options;
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  // Whoever read the output is gone: nothing is left to be shown.
  process.stdout.on("error", () => stop.abort());
  const narrator = narratorOn({
    output: process.stdout,
    input: process.stdin,
    terminal: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
    asks: !options.fast && process.stdin.isTTY && process.stdout.isTTY,
    fast: options.fast,
    stopped: stop.signal,
  });
  const folder = mkdtempSync(join(tmpdir(), "docket-demo-"));
  try {
    await tell({ narrator, folder, ...options, stopped: stop.signal });
    narrator.chapter("The end", "To begin in earnest: npm start, and docs/tutorials/first-decision.md.");
    return 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return 130;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    narrator.lines(`Removed: ${folder}`);
  }
}

type Options = { fast: boolean; port: number; betweenMs: number };

async function tell({
  narrator,
  folder,
  fast,
  port,
  betweenMs,
  stopped,
}: Options & {
  narrator: ReturnType<typeof narratorOn>;
  folder: string;
  stopped: AbortSignal;
}): Promise<void> {
  const data = join(folder, "data");
  narrator.chapter("A site of its own", `Its data lies in ${folder}, and goes with it.`);
  await makeSite(data);
  const site = await serveSite(data, port, stopped);
  const scene = { narrator, site, folder, data, betweenMs: fast ? 0 : betweenMs };
  try {
    narrator.lines("", "Watch it in a browser, too:", `  ${site.url}/console#key=${site.key}`);
    await narrator.enter("begins the play");
    const played = await play(scene);
    await narrator.enter("goes on; look around in the console until then");
    const receipt = await takeReceipt(scene, played);
    await settle(scene, receipt);
    if (!(await narrator.agreed("Shall the operator now try to rewrite what happened?", true))) return;
    await site.stop();
    await tryTampering(scene, played);
  } finally {
    await site.stop();
  }
}

function optionsOf(words: string[]): Options | number {
  try {
    const { values } = parseArgs({
      args: words,
      options: {
        port: { type: "string", default: "0" },
        speed: { type: "string", default: "4" },
        fast: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const [port, speed] = [Number(values.port), Number(values.speed)];
    if (values.help) {
      process.stdout.write(help);
      return 0;
    }
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${values.port} is no port`);
    if (!(speed > 0 && speed <= speedMax)) throw new Error(`--speed is a number up to ${speedMax}`);
    return { fast: values.fast, port, betweenMs: 1_000 / speed };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${help}`);
    return 2;
  }
}
