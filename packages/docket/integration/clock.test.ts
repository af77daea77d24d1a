// SPDX-License-Identifier: Apache-2.0
// The clock of a real server, set forward and back while real servers of time look on, one of them lying:
// whatever it does, each record's interval holds the true time, or the record says that nobody knows.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { DocketRecord } from "@docket/protocol";
import {
  faketimeLibrary,
  hasChrony,
  recordOf,
  SetClock,
  startChronyd,
  wrongTime,
} from "./testing/clock-world.ts";
import type { Chronyd } from "./testing/clock-world.ts";
import { docket, postEvent, startServing } from "./testing/docket.ts";
import type { RunningServer } from "./testing/docket.ts";

type World = {
  data: string;
  clock: SetClock;
  servers: Chronyd[];
  server: RunningServer;
  /** Sends an event; the record if it was sealed. Its time is checked. */
  seal: () => Promise<DocketRecord | undefined>;
  /** Sends events until one is sealed of which this holds. */
  sealUntil: (isSo: (record: DocketRecord) => boolean) => Promise<DocketRecord>;
};

const needed = faketimeLibrary() === undefined ? "libfaketime" : hasChrony() ? undefined : "chrony";
const required = process.env["DOCKET_REQUIRE_ENGINES"] === "1";

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-clock-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function startWorld(t: TestContext, configuration: string, offs: readonly string[]): Promise<World> {
  const directory = temporaryDirectory(t);
  const servers = await Promise.all(
    offs.map((off, place) => startChronyd({ directory, name: `s${place}`, ...(off !== "" && { off }) })),
  );
  t.after(() => servers.forEach(({ child }) => child.kill("SIGKILL")));
  const data = join(directory, "data");
  assert.equal((await docket(["init", data])).code, 0);
  const sources = servers.map(({ port }) => `{ server: "127.0.0.1:${port}" }`).join(", ");
  writeFileSync(join(data, "docket.yaml"), `clock: { sources: [${sources}], every: 1s, ${configuration} }\n`);
  const clock = new SetClock(directory);
  const isReady = (output: string): boolean => output.includes("Bearer dk_");
  const serving = await startServing(t, ["serve", "--listen", "127.0.0.1:0", "--data", data], {
    env: clock.env,
    isReady,
  });
  const server = { ...serving, key: /dk_[A-Za-z0-9_-]{43}/.exec(serving.output())?.[0] ?? "" };
  let events = 0;
  const seal = async (): Promise<DocketRecord | undefined> => {
    const event = { id: `e${events++}`, type: "comment", actor: { id: "a" }, content: { text: "hello" } };
    const beforeMs = Date.now();
    const { status, body } = await postEvent(server, event);
    const afterMs = Date.now();
    assert.ok(afterMs - beforeMs < 2000, "answered within two seconds");
    if (status !== 200) {
      assert.equal((body as { error: { code: string } }).error.code, "sealing_failed");
      return undefined;
    }
    const record = recordOf(body);
    assert.equal(wrongTime(record, beforeMs, afterMs), undefined);
    return record;
  };
  const sealUntil = async (isSo: (record: DocketRecord) => boolean): Promise<DocketRecord> => {
    for (let attempt = 0; attempt < 100; attempt++) {
      const record = await seal();
      if (record !== undefined && isSo(record)) return record;
      await sleep(100);
    }
    throw new Error(`it never became so:\n${server.output()}`);
  };
  return { data, clock, servers, server, seal, sealUntil };
}

const isExact = ({ uncertaintyMs }: DocketRecord): boolean => uncertaintyMs !== null && uncertaintyMs < 500;

async function verified({ data, server }: World): Promise<string> {
  await server.stop();
  const { code, stdout, stderr } = await docket(["verify", data, "--key", join(data, "log.vkey")]);
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

if (needed !== undefined) {
  test("clocks are set", (t) => {
    if (required) assert.fail(`${needed} is not installed`);
    t.skip(`${needed} is not installed`);
  });
} else {
  test("jumps and drift, two honest servers and a liar: each interval is true or absent", async (t) => {
    const world = await startWorld(t, "onStep: null, stepOver: 900ms", ["", "", "+1000s"]);
    const { clock, seal, sealUntil, server } = world;
    await sealUntil(isExact);
    for (const off of ["+1", "-1", "+3600", "-3600", "+315576000", "-315576000", "+0 x1.05", "+0 x1"]) {
      clock.set(off);
      for (let i = 0; i < 3; i++) {
        await seal();
        await sleep(400);
      }
    }
    await sealUntil(isExact);
    const output = await verified(world);
    assert.match(output, /\d+ clock\b/);
    assert.match(output, /\d+ clock-correction/);
    assert.match(server.output(), /The clock jumped by/);
  });

  test("a step stops sealing until the clock is set back or its sources say that it is right", async (t) => {
    const world = await startWorld(t, "onStep: stop", ["", "", ""]);
    const { clock, seal, sealUntil } = world;
    await sealUntil(isExact);
    clock.set("+86400");
    for (let i = 0; i < 8; i++) {
      assert.equal(await seal(), undefined, "nothing is sealed under a clock that is wrong");
      await sleep(200);
    }
    clock.set("+0 x1");
    await sealUntil(isExact);
    const output = await verified(world);
    assert.match(output, /1 gap/);
    assert.match(output, /\d+ clock\b/);
  });

  test("without a source nothing is said; with one a clock that went back is corrected", async (t) => {
    const world = await startWorld(t, "onStep: null", [""]);
    const { clock, servers, sealUntil, data } = world;
    await sealUntil(isExact);
    const paused = servers[0]?.child;
    paused?.kill("SIGSTOP");
    const silent = await sealUntil(({ uncertaintyMs }) => uncertaintyMs === null);
    clock.set("+3600");
    const ahead = await sealUntil(({ time }) => time > silent.time);
    assert.equal(ahead.uncertaintyMs, null);
    clock.set("+0 x1");
    paused?.kill("SIGCONT");
    const back = await sealUntil((record) => isExact(record) && record.time < ahead.time);
    assert.ok(back.index > ahead.index);
    const shown = await docket(["clock", "--data", data, "--check", "--json"]);
    assert.equal(shown.code, 0, shown.stdout);
    const output = await verified(world);
    assert.match(output, /1 clock-correction/);
  });
}
