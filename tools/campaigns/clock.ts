// SPDX-License-Identifier: Apache-2.0
// The campaign of the clock: a real server whose clock is set, sped up and slowed down by chance, between
// servers of time of which a minority lies, some of them with NTS behind a chronyd; sources fall silent and
// come back. Whatever happens, each record's interval holds the true time or the record says that nobody
// knows; with too few sources none says anything; and the log verifies.
//
//   npm run campaign:clock -- [--steps N | --short] [--seed S] [--on-step null|stop] [--keep]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  faketimeLibrary,
  freePort,
  hasChrony,
  ntsLines,
  recordOf,
  SetClock,
  startChronyd,
  wrongTime,
} from "../../packages/docket/integration/testing/clock-world.ts";
import type { Chronyd } from "../../packages/docket/integration/testing/clock-world.ts";
import { docket, postEvent, startServing } from "../../packages/docket/integration/testing/docket.ts";
import type { RunningServer } from "../../packages/docket/integration/testing/docket.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Random } from "./seeded-random.ts";

const stepsLong = 300;
const stepsShort = 12;
/** Events sent after each step, and the pause between them in ms. */
const eventsAStep = 10;
const pauseMs = 600;
/** What the clock is set to: off by so many seconds, or running at another rate. */
const jumps: readonly number[] = [0.5, 1, 2, 10, 60, 3600, 86_400, 31_557_600, 315_576_000];
const settings: readonly string[] = [
  ...jumps.flatMap((seconds) => [`+${seconds} x1`, `-${seconds} x1`]),
  ...jumps.map(() => "+0 x1"),
  ..."1.0005 0.9995 1.01 0.9".split(" ").map((rate) => `+0 x${rate}`),
];
const lies: readonly string[] = ["+1000s", "-1000s", "+2s", "-86400s", "+31557600s"];

type Counts = { exact: number; unknown: number; refused: number; wrong: string[] };
type World = { server: RunningServer; clock: SetClock; sources: Chronyd[]; data: string };

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      steps: { type: "string" },
      short: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      "on-step": { type: "string" },
      keep: { type: "boolean", default: false },
    },
  });
  if (faketimeLibrary() === undefined || !hasChrony()) {
    console.error("this takes chrony and libfaketime (Debian: chrony, faketime)");
    return 1;
  }
  const steps = Number(values.steps ?? (values.short ? stepsShort : stepsLong));
  const random = seededRandom(values.seed);
  let failed = false;
  for (const onStep of values["on-step"] === undefined ? ["null", "stop"] : [values["on-step"]]) {
    const directory = mkdtempSync(join(tmpdir(), "docket-clock-campaign-"));
    const ends: (() => unknown)[] = [];
    try {
      const world = await startWorld(directory, onStep, random, ends);
      const counts = await run(world, steps, random);
      const verified = await verify(world);
      const { exact, unknown, refused, wrong } = counts;
      console.log(
        `onStep ${onStep}, seed ${values.seed}: ${steps} steps; ${exact} records with a true interval, ` +
          `${unknown} with none, ${refused} events refused, ${wrong.length} wrong; ${verified}`,
      );
      for (const each of wrong) console.log(`  ${each}`);
      failed ||= wrong.length > 0 || exact === 0 || !verified.startsWith("verified");
    } finally {
      for (const end of ends.reverse()) end();
      if (!values.keep) rmSync(directory, { recursive: true, force: true });
    }
  }
  return failed ? 1 : 0;
}

/** Three sources: an honest server, a liar, and a chronyd with three servers of NTS, one of them a liar. */
async function startWorld(
  directory: string,
  onStep: string,
  random: Random,
  ends: (() => unknown)[],
): Promise<World> {
  const started = async (options: Parameters<typeof startChronyd>[0]): Promise<Chronyd> => {
    const chronyd = await startChronyd(options);
    ends.push(() => chronyd.child.kill("SIGKILL"));
    return chronyd;
  };
  const lie = (): string => lies[random.below(lies.length)] ?? "+1000s";
  const nts = ntsLines(directory);
  const behind: string[] = [];
  for (const [place, off] of [undefined, undefined, lie()].entries()) {
    const ntsPort = await freePort();
    const address = `127.0.0.${place + 1}`;
    const lines = nts.server(ntsPort);
    const name = `nts${place}`;
    const { port } = await started({ directory, name, address, lines, ...(off !== undefined && { off }) });
    behind.push(`server ${address} nts port ${port} ntsport ${ntsPort} iburst minpoll -2 maxpoll 0`);
  }
  // The chronyd of a machine reads the same clock as everybody on it.
  const clock = new SetClock(directory);
  const client = await started({
    env: clock.env,
    directory,
    name: "client",
    role: "client",
    lines: [...behind, ...nts.client],
  });
  const honest = await started({ directory, name: "honest" });
  const liar = await started({ directory, name: "liar", off: lie() });
  const data = join(directory, "data");
  const made = await docket(["init", data]);
  if (made.code !== 0) throw new Error(made.stderr);
  const sources = [
    `{ chrony: "127.0.0.1:${client.commandPort}" }`,
    ...[honest, liar].map(({ port }) => `{ server: "127.0.0.1:${port}" }`),
  ];
  const rest = `every: 1s, onStep: ${onStep}`;
  writeFileSync(join(data, "docket.yaml"), `clock: { sources: [${sources.join(", ")}], ${rest} }\n`);
  const after = (end: () => unknown): void => void ends.push(end);
  const serving = await startServing({ after }, ["serve", "--listen", "127.0.0.1:0", "--data", data], {
    env: clock.env,
    isReady: (output) => output.includes("Bearer dk_"),
  });
  const key = /dk_[A-Za-z0-9_-]{43}/.exec(serving.output())?.[0] ?? "";
  return { server: { ...serving, key }, clock, sources: [client, honest], data };
}

async function run({ server, clock, sources }: World, steps: number, random: Random): Promise<Counts> {
  const counts: Counts = { exact: 0, unknown: 0, refused: 0, wrong: [] };
  let events = 0;
  for (let step = 0; step < steps; step++) {
    const setting = settings[random.below(settings.length)] ?? "+0 x1";
    clock.set(setting);
    // An honest source falls silent now and then; then only the liar and one honest source are left.
    const silent = random.below(7) === 0 ? sources[random.below(sources.length)] : undefined;
    silent?.child.kill("SIGSTOP");
    for (let i = 0; i < eventsAStep; i++) {
      const event = { id: `e${events++}`, type: "comment", actor: { id: "a" }, content: { text: "hello" } };
      const beforeMs = Date.now();
      const { status, body } = await postEvent(server, event);
      if (status === 200) {
        const record = recordOf(body);
        const wrong = wrongTime(record, beforeMs, Date.now());
        if (wrong !== undefined) counts.wrong.push(`step ${step} (${setting}): ${wrong}`);
        else if (record.uncertaintyMs === null) counts.unknown += 1;
        else counts.exact += 1;
      } else counts.refused += 1;
      if (Date.now() - beforeMs > 2000) counts.wrong.push(`step ${step} (${setting}): answered too late`);
      await sleep(pauseMs);
    }
    silent?.child.kill("SIGCONT");
  }
  clock.set("+0 x1");
  await sleep(5000);
  return counts;
}

async function verify({ server, data }: World): Promise<string> {
  await server.stop();
  const { code, stdout, stderr } = await docket(["verify", data, "--key", join(data, "log.vkey")]);
  const kinds = /records: (.*); from/.exec(stdout)?.[1] ?? "";
  return code === 0 ? `verified: ${kinds}` : `not verified: ${stdout}${stderr}`;
}
