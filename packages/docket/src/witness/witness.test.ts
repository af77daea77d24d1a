// SPDX-License-Identifier: Apache-2.0
// A witness among many requests at once, with a clock that goes back, and on disks that fail.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { cosignatureTime, parseCheckpoint, parseNote } from "@docket/tlog";
import { openWitnessFiles } from "../stores/files/witness-files.ts";
import { clockBehindSecondsMax } from "./cosigner.ts";
import { nameOfOrigin } from "./directory.ts";
import { waitingMax } from "./limits.ts";
import { testKey, TestLog } from "./testing/log.ts";
import {
  logKey,
  readText,
  temporaryDirectory,
  testName,
  testSeconds,
  testWitness,
} from "./testing/witness.ts";
import type { Answered, TestWitness } from "./testing/witness.ts";

const log = new TestLog("log.example/a");
const other = new TestLog("log.example/b");
const keys = [logKey(log.key.vkey), logKey(other.key.vkey)];

function times({ body }: Answered): number[] {
  return parseNote(Buffer.from(`x\n\n${body}`)).signatures.map(({ signature }) => cosignatureTime(signature));
}

async function sizeOf(witness: TestWitness, { origin }: TestLog): Promise<number> {
  return parseCheckpoint(parseNote(Buffer.from((await witness.latest(origin)).body)).text).size;
}

describe("many requests at once", () => {
  test("of one log: exactly one wins each step, the others are told its size", async (t) => {
    const witness = await testWitness(t, keys);
    let size = 0;
    for (let step = 0; step < 6; step++) {
      const from = size;
      const bodies = Array.from({ length: 24 }, (_, k) => log.request(from, from + 1 + k));
      const answers = await Promise.all(bodies.map((body) => witness.add(body)));
      const won = answers.flatMap(({ status }, k) => (status === 200 ? [k] : []));
      assert.equal(won.length, 1);
      size = from + 1 + (won[0] ?? 0);
      for (const { status, body } of answers.filter((answer) => answer.status !== 200)) {
        assert.deepEqual([status, body], [409, `${size}\n`]);
      }
      assert.equal(await sizeOf(witness, log), size);
    }
  });

  test("of one log, one checkpoint: all get a cosignature or the size, and the state is that", async (t) => {
    const witness = await testWitness(t, keys);
    const answers = await Promise.all(Array.from({ length: 24 }, () => witness.add(log.request(0, 5))));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const again = await Promise.all(Array.from({ length: 24 }, () => witness.add(log.request(5, 5))));
    assert.deepEqual(new Set(again.map(({ status }) => status)), new Set([200]));
    assert.deepEqual(new Set(again.map(({ body }) => body)).size, 1);
  });

  test("of two forks: the first that came in is the log, the other is refused for good", async (t) => {
    const witness = await testWitness(t, keys);
    await witness.add(log.request(0, 4));
    const fork = new TestLog(log.origin, 4);
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, (_, k) => witness.add(log.request(4, 5 + k))),
      ...Array.from({ length: 10 }, (_, k) => witness.add(fork.request(4, 5 + k))),
    ]);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const size = await sizeOf(witness, log);
    const winner = answers.findIndex(({ status }) => status === 200) < 10 ? log : fork;
    const loser = winner === log ? fork : log;
    assert.equal((await witness.add(loser.request(size, size + 3))).status, 422);
    assert.equal((await witness.add(winner.request(size, size + 3))).status, 200);
  });

  test("of two logs: they don't wait for each other", async (t) => {
    const gate = Promise.withResolvers<void>();
    const witness = await testWitness(t, keys, {
      store: (store) => ({
        ...store,
        replace: async (name, note) => {
          if (name === nameOfOrigin(log.origin)) await gate.promise;
          return store.replace(name, note);
        },
      }),
    });
    const held = witness.add(log.request(0, 3));
    assert.equal((await witness.add(other.request(0, 3))).status, 200);
    gate.resolve();
    assert.equal((await held).status, 200);
  });

  test("more than may wait are told to come back", async (t) => {
    const gate = Promise.withResolvers<void>();
    const witness = await testWitness(t, keys, {
      store: (store) => ({
        ...store,
        replace: async (...note) => {
          await gate.promise;
          return store.replace(...note);
        },
      }),
    });
    const asked = Array.from({ length: waitingMax + 10 }, () => witness.add(log.request(0, 3)));
    // Whoever is told to come back is told so before the disk answers.
    let told = 0;
    await new Promise<void>((resolve) => {
      for (const one of asked) void one.then(() => (++told === 9 ? resolve() : undefined));
    });
    gate.resolve();
    const statuses = (await Promise.all(asked)).map(({ status }) => status).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [200, ...Array<number>(waitingMax).fill(409), ...Array<number>(9).fill(503)]);
  });

  test("a monitor sees nothing that is not durable yet", async (t) => {
    const written = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const witness = await testWitness(t, keys, {
      store: (store) => ({
        ...store,
        replace: async (...note) => {
          const kept = await store.replace(...note);
          written.resolve();
          await gate.promise;
          return kept;
        },
      }),
    });
    const held = witness.add(log.request(0, 3));
    await written.promise;
    assert.equal(readText(witness.stateFile(log.origin)).split("\n")[1], "3");
    assert.equal((await witness.latest(log.origin)).status, 404);
    gate.resolve();
    assert.equal((await held).status, 200);
    assert.equal(await sizeOf(witness, log), 3);
  });
});

describe("the time of cosignatures", () => {
  test("is the clock's, and never earlier than the one before", async (t) => {
    const witness = await testWitness(t, keys);
    assert.deepEqual(times(await witness.add(log.request(0, 1))), [testSeconds, testSeconds]);
    witness.now.ms += 10_500;
    assert.deepEqual(times(await witness.add(log.request(1, 2))), Array(2).fill(testSeconds + 10));
    witness.now.ms -= 8000;
    assert.deepEqual(times(await witness.add(log.request(2, 3))), Array(2).fill(testSeconds + 10));
    // Nor after a start, when all that is known of the time is what was kept.
    await witness.close();
    const again = await testWitness(t, keys, { directory: witness.directory });
    again.now.ms -= 100_000;
    assert.deepEqual(times(await again.add(log.request(3, 3))), Array(2).fill(testSeconds + 10));
    assert.deepEqual(times(await again.add(other.request(0, 1))), Array(2).fill(testSeconds - 100));
  });

  test("a clock that is far behind the last cosignature, or the keys, is not believed", async (t) => {
    const witness = await testWitness(t, keys, { createdSeconds: testSeconds });
    await witness.add(log.request(0, 1));
    witness.now.ms -= (clockBehindSecondsMax + 1) * 1000;
    assert.equal((await witness.add(log.request(1, 2))).status, 503);
    assert.equal((await witness.add(other.request(0, 2))).status, 503);
    assert.match(witness.faults[0] ?? "", /clock/);
    assert.equal(await sizeOf(witness, log), 1);
    witness.now.ms += 1000;
    assert.deepEqual(times(await witness.add(log.request(1, 2))), Array(2).fill(testSeconds));
  });

  test("is never zero, nor before 1970, nor no number", async (t) => {
    const witness = await testWitness(t, keys, { createdSeconds: 0 });
    for (const ms of [0, 999, -5000, Number.NaN, Infinity]) {
      witness.now.ms = ms;
      assert.equal((await witness.add(log.request(0, 1))).status, 503, `${ms}`);
    }
    witness.now.ms = 1000;
    assert.deepEqual(times(await witness.add(log.request(0, 1))), [1, 1]);
  });
});

describe("a disk that fails", () => {
  test("when it is full: 503, nothing signed, and the log goes on once there is room", async (t) => {
    const witness = await testWitness(t, keys);
    await witness.add(log.request(0, 3));
    const before = readText(witness.stateFile(log.origin));
    // Every write to this device fails for want of space.
    const temporary = `${witness.stateFile(log.origin)}.tmp`;
    symlinkSync("/dev/full", temporary);
    const answered = await witness.add(log.request(3, 5));
    assert.equal(answered.status, 503);
    assert.equal(answered.headers.get("retry-after"), "2");
    assert.ok(!answered.body.includes("\u{2014}"));
    assert.match(witness.faults[0] ?? "", /ENOSPC/);
    assert.equal(readText(witness.stateFile(log.origin)), before);
    assert.equal((await witness.latest(log.origin)).body, before);
    assert.equal((await witness.get("/readyz")).status, 200);
    rmSync(temporary);
    assert.equal((await witness.add(log.request(3, 5))).status, 200);
  });

  test("a directory that cannot be synced ends signing until the next start", async (t) => {
    const directory = temporaryDirectory(t);
    let fails = false;
    const store = await openWitnessFiles(directory, {
      readFile,
      rename,
      open: async (path, ...rest) => {
        const handle = await open(path, ...rest);
        if (path !== directory) return handle;
        const sync = handle.sync.bind(handle);
        handle.sync = async () => {
          if (fails) throw new Error("EIO");
          await sync();
        };
        return handle;
      },
    });
    const witness = await testWitness(t, keys, { store: () => store });
    await witness.add(log.request(0, 3));
    fails = true;
    assert.equal((await witness.add(log.request(3, 5))).status, 503);
    fails = false;
    // The file may be the new one; nobody has seen what it says.
    assert.equal(await sizeOf(witness, log), 3);
    for (const body of [log.request(3, 5), log.request(5, 6), other.request(0, 3)]) {
      assert.equal((await witness.add(body)).status, 503);
    }
    assert.equal((await witness.get("/healthz")).status, 200);
    assert.equal((await witness.get("/readyz")).status, 503);
    const again = await testWitness(t, keys, { directory });
    const size = await sizeOf(again, log);
    assert.ok(size === 3 || size === 5);
    assert.equal((await again.add(log.request(size, 9))).status, 200);
  });

  test("one that hangs is not waited for, and what waited behind it is not done late", async (t) => {
    const gate = Promise.withResolvers<void>();
    let writes = 0;
    const witness = await testWitness(t, keys, {
      answerWithinMs: 50,
      store: (store) => ({
        ...store,
        replace: async (...note) => {
          writes++;
          await gate.promise;
          return store.replace(...note);
        },
      }),
    });
    const answers = await Promise.all([witness.add(log.request(0, 3)), witness.add(log.request(0, 4))]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [503, 503],
    );
    gate.resolve();
    // The write that hung was done in the end, so the log learns of it by the next answer.
    const next = await witness.add(log.request(0, 4));
    assert.equal(next.status, 409);
    assert.equal(writes, 1);
    const size = Number(next.body);
    assert.ok(size === 3 || size === 4);
    assert.equal((await witness.add(log.request(size, 9))).status, 200);
  });

  for (const [what, damage] of [
    ["cut", (note: string) => note.slice(0, note.length - 40)],
    ["empty", () => ""],
    ["of another size", (note: string) => note.replace("\n3\n", "\n2\n")],
    ["of another log", () => undefined],
    ["of another witness", () => log.checkpoint(3)],
  ] as const) {
    test(`a state that is ${what} is not begun anew`, async (t) => {
      const witness = await testWitness(t, keys);
      await witness.add(log.request(0, 3));
      await witness.add(other.request(0, 2));
      await witness.close();
      const path = witness.stateFile(log.origin);
      writeFileSync(path, damage(readText(path)) ?? readText(witness.stateFile(other.origin)));
      const again = await testWitness(t, keys, { directory: witness.directory });
      for (const body of [log.request(0, 3), log.request(3, 5), log.request(2, 5)]) {
        assert.equal((await again.add(body)).status, 503);
      }
      assert.match(again.faults[0] ?? "", /cannot be read/);
      assert.equal((await again.add(other.request(2, 3))).status, 200);
    });
  }

  test("a file half written by a crash is written over", async (t) => {
    const witness = await testWitness(t, keys);
    writeFileSync(`${witness.stateFile(log.origin)}.tmp`, "half a no");
    assert.equal((await witness.add(log.request(0, 3))).status, 200);
    assert.equal(await sizeOf(witness, log), 3);
  });

  test("a state that cannot be read is no state of its own", async (t) => {
    const witness = await testWitness(t, keys);
    mkdirSync(join(witness.directory, nameOfOrigin(log.origin)));
    assert.equal((await witness.add(log.request(0, 3))).status, 503);
    assert.equal((await witness.latest(log.origin)).status, 500);
  });
});

describe("a list of logs that changes", () => {
  test("forgets a log, and its state is there when it comes back", async (t) => {
    const witness = await testWitness(t, keys);
    await witness.add(log.request(0, 3));
    witness.witness.setLogs(new Map());
    assert.equal((await witness.add(log.request(3, 5))).status, 404);
    assert.equal(await sizeOf(witness, log), 3);
    const successor = testKey(log.origin, "successor");
    const { verifier } = logKey(successor.vkey);
    witness.witness.setLogs(new Map([[log.origin, { origin: log.origin, verifiers: [verifier] }]]));
    assert.equal((await witness.add(log.request(3, 5))).status, 403);
    const note = log.checkpoint(5, { signers: [successor.signer] });
    assert.equal((await witness.add(log.request(0, 5, note))).body, "3\n");
    assert.equal((await witness.add(log.request(3, 5, note))).status, 200);
  });

  test("the witness's name is in its lines", async (t) => {
    const witness = await testWitness(t, keys);
    const { body } = await witness.add(log.request(0, 3));
    const names = parseNote(Buffer.from(`x\n\n${body}`)).signatures.map(({ name }) => name);
    assert.deepEqual(names, [testName, testName]);
  });
});
