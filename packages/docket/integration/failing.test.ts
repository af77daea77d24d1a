// SPDX-License-Identifier: Apache-2.0
// While nothing can be sealed: a disk that is full, hangs or fails, under a real server. Each event is
// answered within two seconds as its interface was configured, and afterwards the log says what it missed.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parseLeaf } from "@docket/protocol";
import type { Decision, DocketRecord } from "@docket/protocol";
import { keyCaller } from "../src/access/caller.ts";
import type { Caller } from "../src/access/caller.ts";
import { createServer } from "../src/http/server.ts";
import { createInstallation, readInstallation } from "../src/installation.ts";
import type { Installation } from "../src/installation.ts";
import { openInstallation } from "../src/main.ts";
import type { OpenInstallation } from "../src/main.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import type { Fault } from "../src/testing/faulty-disk.ts";
import { docket } from "./testing/docket.ts";

type World = {
  installation: Installation;
  /** What the disk does wrong from now on. */
  faults: (...faults: Fault[]) => void;
  notices: string[];
};
type Run = {
  opened: OpenInstallation;
  decide: (id: string, path?: string) => Promise<{ status: number; body: Decision; tookMs: number }>;
  close: () => Promise<void>;
};

function makeWorld(t: TestContext, configuration: string): World {
  const directory = mkdtempSync(join(tmpdir(), "docket-failing-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const installation = createInstallation(disk, join(directory, "data"));
  writeFileSync(join(installation.data, "docket.yaml"), configuration);
  const path = join(directory, "faults.json");
  return {
    installation,
    faults: (...faults) => writeFileSync(path, JSON.stringify(faults)),
    notices: [],
  };
}

async function run(t: TestContext, { installation, notices }: World): Promise<Run> {
  const faults = join(installation.data, "..", "faults.json");
  const opened = await openInstallation(readInstallation(installation.data), {
    diskModule: `${new URL("../src/testing/faulty-disk.ts", import.meta.url).href}?faults=${faults}`,
    onNotice: (notice) => notices.push(notice),
  });
  const app: Caller = keyCaller("k_0000000000000000", "ingest");
  const server = createServer({
    ...opened,
    access: undefined,
    authenticator: {
      callerOf: () => app,
      callerOfUnknown: async () => app,
      isUnsealed: () => false,
      settle: async () => undefined,
      staleMs: 0,
    },
    clock: Date.now,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  const decide: Run["decide"] = async (id, path = "/v1/decisions") => {
    const event = { id, type: "comment", actor: { id: `actor of ${id}` }, content: { text: "hello" } };
    const isBatch = path.endsWith("batch");
    const beganMs = performance.now();
    const response = await server.inject({
      method: "POST",
      url: path,
      headers: {
        authorization: "Bearer x",
        "content-type": isBatch ? "application/x-ndjson" : "application/json",
      },
      body: JSON.stringify(event),
    });
    const tookMs = performance.now() - beganMs;
    const [first = "{}"] = response.body.split("\n");
    const parsed = JSON.parse(first) as Decision & { decision?: Decision };
    return { status: response.statusCode, body: parsed.decision ?? parsed, tookMs };
  };
  const close = async (): Promise<void> => {
    await server.close();
    await opened.close();
  };
  t.after(() => close().catch(() => undefined));
  await opened.site.announce();
  return { opened, decide, close };
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (isSo()) return;
    await sleep(50);
  }
  assert.fail(`${what} never came`);
}

async function recordsOf({ opened }: Run, kind: string): Promise<DocketRecord[]> {
  await opened.site.settled();
  const records: DocketRecord[] = [];
  for (let index = 0; index < opened.site.status().size; index++) {
    const { record } = await opened.site.recorded(index);
    if (record.kind === kind) records.push(record);
  }
  return records;
}

async function verify({ installation }: World): Promise<void> {
  const { data } = installation;
  const { code, stdout, stderr } = await docket(["verify", data, "--key", join(data, "log.vkey")]);
  assert.equal(code, 0, stdout + stderr);
}

const full: Fault = { call: "write", path: "journal", as: "ENOSPC" };
const hung: Fault = { call: "sync", path: "journal", as: "hang" };
const broken: Fault = { call: "sync", path: "journal", as: "EIO" };
const someOpen = "failing: { decisions: open, mail: closed }\n";

test("a full disk: open passes, closed refuses; afterwards both are sealed and decided", async (t) => {
  const world = makeWorld(t, someOpen);
  const server = await run(t, world);
  assert.equal((await server.decide("before")).body.sealed, true);
  world.faults(full);
  for (let i = 0; i < 5; i++) {
    const { status, body, tookMs } = await server.decide(`passed ${i}`);
    assert.equal(status, 200);
    assert.equal(body.outcome, "allow");
    assert.equal(body.sealed, false);
    assert.equal(body.receipt, undefined);
    assert.ok(tookMs < 2000);
  }
  const refused = await server.decide("refused", "/v1/decisions/batch");
  assert.equal((refused.body as { error?: { code: string } }).error?.code, "sealing_failed");
  assert.equal(server.opened.gaps.figures().open, true);
  world.faults();
  await until("the end of the gap", () => !server.opened.gaps.figures().open);
  await until("late decisions", () => server.opened.gaps.figures().waiting === 0);
  const [gap, ...others] = await recordsOf(server, "gap");
  assert.ok(gap?.kind === "gap" && others.length === 0);
  assert.deepEqual([gap.cause, gap.unsealed, gap.refused], ["disk", 5, 1]);
  assert.equal((await recordsOf(server, "decision")).length, 6);
  const again = await server.decide("passed 3");
  assert.equal(again.body.repeat, true);
  assert.equal(again.body.sealed, true);
  await server.close();
  assert.ok(world.notices.some((notice) => notice.startsWith("Nothing is sealed (disk)")));
  assert.ok(world.notices.some((notice) => notice.startsWith("Sealing works again")));
  await verify(world);
});

for (const failing of ["open", "closed"] as const) {
  test(`a hung disk: each of many events is answered within two seconds (${failing})`, async (t) => {
    const world = makeWorld(t, `failing: { decisions: ${failing} }\n`);
    const server = await run(t, world);
    assert.equal((await server.decide("before")).body.sealed, true);
    world.faults(hung);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => server.decide(`e${i}`)));
    for (const { status, body, tookMs } of answers) {
      assert.ok(tookMs < 2000, `${tookMs} ms`);
      if (failing === "open") assert.deepEqual([status, body.outcome, body.sealed], [200, "allow", false]);
      else assert.equal((body as { error?: { code: string } }).error?.code, "sealing_unknown");
    }
    world.faults();
    await until("the end of the gap", () => !server.opened.gaps.figures().open);
    await until("late decisions", () => server.opened.gaps.figures().waiting === 0);
    const [gap] = await recordsOf(server, "gap");
    assert.ok(gap?.kind === "gap");
    assert.equal(gap.cause, "hung");
    assert.deepEqual([gap.unsealed, gap.refused], failing === "open" ? [20, 0] : [0, 20]);
    // They did become durable, each once.
    assert.equal((await recordsOf(server, "decision")).length, 21);
    assert.equal((await server.decide("e3")).body.repeat, true);
    await server.close();
    await verify(world);
  });
}

test("a failed sync ends the log; the next start seals the gap and decides what passed, once", async (t) => {
  const world = makeWorld(t, someOpen);
  const first = await run(t, world);
  assert.equal((await first.decide("before")).body.sealed, true);
  world.faults(broken);
  for (let i = 0; i < 3; i++) assert.equal((await first.decide(`e${i}`)).body.sealed, false);
  await until("the file aside", () => asideFiles(world).length > 0);
  await first.close();
  world.faults();
  assert.equal(asideFiles(world).length, 1);
  const second = await run(t, world);
  await until("late decisions", () => asideFiles(world).length === 0);
  const gaps = await recordsOf(second, "gap");
  assert.equal(gaps.length, 1);
  assert.ok(gaps[0]?.kind === "gap" && gaps[0].unsealed === 3);
  const decisions = await recordsOf(second, "decision");
  assert.equal(decisions.length, 4);
  assert.equal((await second.decide("e1")).body.repeat, true);
  await second.close();
  await verify(world);
});

test("without failures nothing is kept aside", async (t) => {
  const world = makeWorld(t, someOpen);
  const server = await run(t, world);
  const answer = await server.decide("1");
  assert.equal(parseLeaf(answer.body.receipt?.leaf ?? "").kind, "decision");
  await server.close();
  assert.deepEqual(asideFiles(world), []);
});

function asideFiles({ installation }: World): string[] {
  try {
    return readdirSync(join(installation.paths.site, "aside"));
  } catch {
    return [];
  }
}
