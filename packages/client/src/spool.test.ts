// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import * as fc from "fast-check";
import type { SpooledEvent } from "./client.ts";
import { drainedAtOnce, openFileSpool } from "./spool.ts";

function folder(t?: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-spool-"));
  t?.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function spooled(id: string): SpooledEvent {
  return {
    event: { id, type: "comment", actor: { id: "u" }, content: { text: `line\n${id}\u2028` } },
    fallback: "allow",
    atMs: 17,
  };
}

async function drained(spool: Awaited<ReturnType<typeof openFileSpool>>): Promise<string[]> {
  const ids: string[] = [];
  await spool.drain(async (events) => void ids.push(...events.map(({ event }) => event.id)));
  return ids;
}

test("what was kept is handed over in order, once, by whoever comes next", async (t) => {
  const directory = folder(t);
  const first = await openFileSpool({ directory, clock: () => 5 });
  const ids = Array.from({ length: drainedAtOnce + 3 }, (_, place) => `e${place}`);
  for (const id of ids) await first.append(spooled(id));
  assert.equal(statSync(join(directory, readdirSync(directory)[0] ?? "")).mode & 0o777, 0o600);
  // This process goes on, as if another one had begun: the first was never closed.
  const second = await openFileSpool({ directory });
  const sizes: number[] = [];
  const seen: SpooledEvent[] = [];
  await second.drain(async (events) => {
    sizes.push(events.length);
    seen.push(...events);
  });
  assert.deepEqual(sizes, [drainedAtOnce, 3]);
  assert.deepEqual(
    seen,
    ids.map((id) => spooled(id)),
  );
  assert.deepEqual(readdirSync(directory), []);
  assert.deepEqual(await drained(second), []);
  await first.close();
});

test("what was not taken stays, from where it was taken on", async (t) => {
  const directory = folder(t);
  const spool = await openFileSpool({ directory });
  for (let place = 0; place < drainedAtOnce + 5; place++) await spool.append(spooled(`e${place}`));
  let calls = 0;
  await assert.rejects(
    spool.drain(async () => {
      if (++calls === 2) throw new Error("away again");
    }),
    /away again/,
  );
  await spool.append(spooled("later"));
  assert.deepEqual(await drained(spool), ["e200", "e201", "e202", "e203", "e204", "later"]);
  await spool.close();
});

test("files of a process that runs are left to it; those of one that is gone are taken over", async (t) => {
  const directory = folder(t);
  const other = await openFileSpool({ directory, clock: () => 1 });
  await other.append(spooled("theirs"));
  await other.close();
  const [name = ""] = readdirSync(directory);
  renameSync(join(directory, name), join(directory, name.replace(String(process.pid), "99999999")));
  const running = await openFileSpool({ directory, isRunning: () => true });
  assert.deepEqual(await drained(running), []);
  const alone = await openFileSpool({ directory, isRunning: () => false });
  assert.deepEqual(await drained(alone), ["theirs"]);
});

test("a line that was cut short is nobody's; what stands before it is kept", async (t) => {
  const directory = folder(t);
  const spool = await openFileSpool({ directory });
  await spool.append(spooled("whole"));
  const [name = ""] = readdirSync(directory);
  appendFileSync(join(directory, name), '{"v":1,"atMs":3,"fallb');
  assert.deepEqual(await drained(spool), ["whole"]);
  await spool.close();
});

test("a spool has an end", async (t) => {
  const directory = folder(t);
  const spool = await openFileSpool({ directory, bytesMax: 300 });
  await spool.append(spooled("a"));
  await spool.append(spooled("b"));
  await assert.rejects(spool.append(spooled("c")), { name: "DocketUsageError", message: /may hold 300/ });
  assert.deepEqual(await drained(spool), ["a", "b"]);
  await spool.append(spooled("d"));
  await spool.close();
});

test("however it is written, drained and opened again, nothing is lost and the order stands", async () => {
  const act = fc.oneof(
    { weight: 5, arbitrary: fc.constant("append" as const) },
    fc.constant("drain" as const),
    fc.constant("failing" as const),
    fc.constant("reopen" as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
      const directory = folder();
      let nowMs = 1;
      const open = (): ReturnType<typeof openFileSpool> => openFileSpool({ directory, clock: () => nowMs++ });
      let spool = await open();
      const kept: string[] = [];
      const taken: string[] = [];
      for (const [place, each] of acts.entries()) {
        if (each === "append") {
          await spool.append(spooled(`e${place}`));
          kept.push(`e${place}`);
        } else if (each === "drain") taken.push(...(await drained(spool)));
        else if (each === "reopen") spool = await open();
        else await spool.drain(() => Promise.reject(new Error("no"))).catch(() => undefined);
      }
      taken.push(...(await drained(spool)));
      assert.deepEqual(taken, kept);
      rmSync(directory, { recursive: true, force: true });
    }),
    { numRuns: 30 },
  );
});
