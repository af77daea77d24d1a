// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { describe, test } from "node:test";
import { alignColumns } from "./columns.ts";
import { durationText, paceText, showProgress } from "./progress.ts";
import { onFirstSignal } from "./signals.ts";
import { whenGone, write } from "./terminal.ts";

describe("standard output", () => {
  test("that nobody reads any more is written to no further, and no error", async () => {
    const stdout = new PassThrough();
    const outputGone = whenGone(stdout, new PassThrough());
    stdout.emit("error", Object.assign(new Error("broken pipe"), { code: "EPIPE" }));
    assert.equal(outputGone.aborted, true);
    stdout.destroy();
    await write({ stdout, outputGone }, "more");
  });

  test("that is full is waited for, until it drains or nobody reads it", async () => {
    const held: (() => void)[] = [];
    const stdout = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => void held.push(done),
    });
    const gone = new AbortController();
    const writing = write({ stdout, outputGone: gone.signal }, "long enough");
    held.shift()?.();
    await writing;
    const another = write({ stdout, outputGone: gone.signal }, "long enough");
    gone.abort();
    await another;
  });

  test("with another error ends the program, as it would without us", () => {
    const stdout = new PassThrough();
    whenGone(stdout, new PassThrough());
    assert.throws(
      () => stdout.emit("error", Object.assign(new Error("input/output"), { code: "EIO" })),
      /input/,
    );
  });
});

test("the first signal is heard, one that follows at once is not, a later one is left alone", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const signals = new EventEmitter();
  const heard: string[] = [];
  onFirstSignal({ signals }, (signal) => heard.push(signal));
  signals.emit("SIGINT", "SIGINT");
  signals.emit("SIGINT", "SIGINT");
  assert.deepEqual(heard, ["SIGINT"]);
  t.mock.timers.tick(500);
  assert.equal(signals.listenerCount("SIGINT") + signals.listenerCount("SIGTERM"), 0);
});

test("without a terminal, progress is a line now and then, and none in the first two seconds", () => {
  const stderr = new PassThrough();
  let now = 0;
  const progress = showProgress({ stderr, nowMs: () => now });
  progress.step("Deciding");
  // A slow start says nothing of the rate that follows.
  now = 1500;
  progress.update(10, 10_000);
  now = 2000;
  progress.update(510, 10_000);
  assert.equal(stderr.read(), null);
  now = 2500;
  progress.update(1010, 10_000);
  now = 3000;
  progress.update(1510, 10_000);
  now = 8000;
  progress.update(6510, undefined);
  progress.end();
  assert.equal(
    String(stderr.read()),
    "Deciding: 1,010 of 10,000, 1,000/s, 9 s left\nDeciding: 6,510, 1,000/s\n",
  );
});

test("times and columns are set for people", () => {
  assert.equal(durationText(200), "1 s");
  assert.equal(durationText(200_000), "3 min 20 s");
  assert.equal(durationText(7_500_000), "2 h 5 min");
  assert.equal(paceText(10, 100, 0), "0/s");
  assert.equal(
    alignColumns(
      [
        ["a", "1"],
        ["bbb", "22", "x"],
      ],
      new Set([1]),
    ),
    "a     1\nbbb  22  x\n",
  );
});
