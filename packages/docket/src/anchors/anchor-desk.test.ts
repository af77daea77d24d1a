// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBody, encodeLeaf } from "@docket/protocol";
import type { AnchorBody } from "@docket/protocol";
import { asHash, encodeBase64Url, formatCheckpoint, utf8 } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { AnchorDesk } from "./anchor-desk.ts";
import { StampFault } from "./outside-clock.ts";
import type { CheckedStamp, OutsideClock } from "./outside-clock.ts";
import { restingMs } from "./schedule.ts";

const everyMs = 3_600_000;
const startMs = Date.UTC(2026, 10, 23);

/** A desk whose clocks, time and log are the test's. */
type Bench = {
  desk: AnchorDesk;
  sealed: AnchorBody[];
  leaves: string[];
  kept: number[];
  notices: string[];
  now: { ms: number };
  /** Adds records that are no anchors. */
  add: (count: number) => void;
};

function bench(clocks: readonly OutsideClock[], earlier: readonly string[] = [], size = 3): Bench {
  const now = { ms: startMs };
  const log = { size };
  const [sealed, leaves, kept, notices]: [AnchorBody[], string[], number[], string[]] = [[], [], [], []];
  const desk = new AnchorDesk(
    {
      clocks,
      everyMs,
      withinMs: 50,
      newest: () => Promise.resolve(noteOf(log.size)),
      keep: (note) => {
        kept.push(Number(Buffer.from(note).toString().split("\n")[1]));
        return Promise.resolve();
      },
      seal: (body) => {
        const index = log.size++;
        const leaf = leafOf(index, body);
        sealed.push(body);
        leaves.push(leaf);
        desk.takeRecord("anchor", index);
        return Promise.resolve({ index, leaf });
      },
      anchors: ({ from, limit, newestFirst = false }) => {
        const all = leaves.map((leaf) => ({ leaf, index: (JSON.parse(leaf) as { index: number }).index }));
        const found = newestFirst
          ? all.filter(({ index }) => index <= from).reverse()
          : all.filter(({ index }) => index >= from);
        return Promise.resolve(found.slice(0, limit).map(({ leaf }) => leaf));
      },
      clock: () => now.ms,
      timer: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      onNotice: (notice) => notices.push(notice),
    },
    earlier,
    size,
  );
  const add = (count: number): void => {
    for (let i = 0; i < count; i++) desk.takeRecord("decision", log.size++);
  };
  return { desk, sealed, leaves, kept, notices, now, add };
}

function noteOf(size: number): Uint8Array {
  const text = formatCheckpoint({ origin: "o", size, root: asHash(new Uint8Array(32)), extensions: [] });
  return utf8(`${text}\n— o ${Buffer.alloc(68, 1).toString("base64")}\n`);
}

function leafOf(index: number, body: AnchorBody, ms = startMs): string {
  const prev = encodeBase64Url(new Uint8Array(32));
  const time = new Date(ms).toISOString();
  return encodeLeaf({ v: 1, index, prev, time, uncertaintyMs: null }, encodeBody(body));
}

function stampAt(ms: number): CheckedStamp {
  const stampedAt = new Date(ms).toISOString();
  return {
    stampedAt,
    accuracyMs: 1000,
    stamp: "AAAA",
    request: "",
    earliestMs: ms - 1000,
    latestMs: ms + 1000,
  };
}

function clockOf(name: string, ask: OutsideClock["ask"]): OutsideClock {
  return { name, source: "rfc3161", ask };
}

void test("clocks are asked side by side; those that hang or fail cost their own stamp", async () => {
  const hangs = clockOf("hangs", () => new Promise(() => undefined));
  const fails = clockOf("fails", () => Promise.reject(new StampFault("it answered 500")));
  const stamps = clockOf("stamps", () => Promise.resolve(stampAt(startMs)));
  const { desk, sealed, kept, notices } = bench([hangs, fails, stamps]);
  const round = await desk.now(60_000);
  assert.deepEqual(
    round.outcomes.map(({ name, state, fault }) => [name, state, fault]),
    [
      ["hangs", "failed", "it did not answer in time"],
      ["fails", "failed", "it answered 500"],
      ["stamps", "anchored", null],
    ],
  );
  assert.equal(round.size, 3);
  assert.deepEqual(kept, [3]);
  assert.deepEqual(
    sealed.map(({ name, size }) => [name, size]),
    [["stamps", 3]],
  );
  assert.equal(notices.length, 2);
  assert.match(
    notices.join("\n"),
    /the outside clock fails gave no stamp: it answered 500; it is asked again in 10 s/,
  );
  const figures = desk.figures();
  assert.deepEqual(
    figures.map(({ failures, sealed: count, size }) => [failures, count, size]),
    [
      [1, 0, 0],
      [1, 0, 0],
      [0, 1, 3],
    ],
  );
});

void test("what hasn't answered in the caller's time is asked for on, and its stamp is sealed", async () => {
  const answer = Promise.withResolvers<CheckedStamp>();
  const { desk, sealed } = bench([clockOf("slow", () => answer.promise)]);
  const round = await desk.now(5);
  assert.equal(round.outcomes[0]?.state, "asked");
  answer.resolve(stampAt(startMs));
  await desk.close();
  assert.equal(sealed.length, 1);
});

void test("on schedule a clock is asked if others were added; at rest once a day", async () => {
  let asked = 0;
  const clock = clockOf("one", () => {
    asked += 1;
    return Promise.resolve(stampAt(startMs));
  });
  const { desk, now, add } = bench([clock]);
  await desk.look();
  await desk.look();
  assert.equal(asked, 1);
  now.ms += everyMs;
  await desk.look();
  assert.equal(asked, 1, "its own record is no reason");
  add(1);
  await desk.look();
  assert.equal(asked, 2);
  now.ms += restingMs;
  await desk.look();
  assert.equal(asked, 3);
});

void test("after a start the log says when each clock stamped last", async () => {
  const body: AnchorBody = {
    kind: "anchor",
    by: "docket",
    size: 2,
    root: encodeBase64Url(new Uint8Array(32)),
    source: "rfc3161",
    name: "one",
    stampedAt: new Date(startMs).toISOString(),
    accuracyMs: null,
    stamp: "AAAA",
    request: "",
  };
  let asked = 0;
  const clock = clockOf("one", () => {
    asked += 1;
    return Promise.resolve(stampAt(startMs));
  });
  const { desk, now } = bench([clock], [leafOf(2, body)]);
  await desk.look();
  assert.equal(asked, 0);
  now.ms += everyMs;
  await desk.look();
  assert.equal(asked, 1);
});

void test("a clock that fails is left alone for a while, and told of once", async () => {
  let asked = 0;
  const clock = clockOf("one", () => {
    asked += 1;
    return asked === 3 ? Promise.resolve(stampAt(startMs)) : Promise.reject(new StampFault("no"));
  });
  const { desk, now, notices } = bench([clock]);
  for (const ms of [0, 9999, 1, 19_999, 1]) {
    now.ms += ms;
    await desk.look();
  }
  assert.equal(asked, 3);
  assert.equal(notices.length, 3);
  assert.match(notices[1] ?? "", /this machine's clock .* ahead of that of one/);
  assert.equal(notices[2], "one stamps the log again");
});

void test("stamps that contradict one another are told of", async () => {
  const times = [startMs, startMs - 86_400_000];
  const { desk, notices, add } = bench([clockOf("one", () => Promise.resolve(stampAt(times.shift() ?? 0)))]);
  await desk.now(1000);
  add(1);
  await desk.now(1000);
  assert.match(
    notices.join("\n"),
    /the stamp of one in record 5 is over one of one in record 3 and says an earlier/,
  );
});

void test("intervals of records, and pages of anchors", async () => {
  let ms = startMs;
  const { desk, add } = bench([clockOf("one", () => Promise.resolve(stampAt((ms += 60_000))))]);
  await desk.now(1000);
  add(2);
  await desk.now(1000);
  const between = await desk.interval(4);
  assert.equal(between.notBefore?.anchor, 3);
  assert.equal(between.notAfter?.anchor, 6);
  assert.equal(between.widthMs, 62_000);
  assert.equal((await desk.interval(1)).notBefore, null);
  assert.equal((await desk.interval(9)).notAfter, null);
  const page = await desk.list(0, 1);
  assert.deepEqual([page.anchors.map(({ index }) => index), page.next], [[3], 6]);
  assert.equal((await desk.list(4, 10)).next, null);
});

void test("without clocks there is nothing to ask", async () => {
  await assert.rejects(
    bench([]).desk.now(1000),
    (error) => error instanceof DocketError && error.code === "usage",
  );
});
