// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchWriter, itemsOf } from "./batch.ts";
import type { Item } from "./batch.ts";
import { backtestPage } from "./page.ts";
import { drawnDays } from "./plots.ts";
import type { BacktestReport } from "./report.ts";
import { wilson } from "../share.ts";
import { readSample, SampleTally } from "./sample.ts";
import { Tally } from "./tally.ts";
import type { Side } from "./tally.ts";
import { backtestText } from "./text.ts";

const side = (outcome: Side["outcome"], rules: readonly string[] = [], more: Partial<Side> = {}): Side => ({
  outcome,
  fired: rules.map((rule) => ({ policy: "p", rule, mode: "enforce", outcome })),
  strikes: [],
  restrictions: [],
  ...more,
});
const at = "2026-11-23T10:00:00.000Z";

test("a batch gives back what was packed, whatever is absent", () => {
  const ids = ["c1", "c2", "l1"];
  const decision = {
    kind: "decision",
    index: 7,
    decidedAtMs: Date.parse(at),
    decidedAt: at,
    type: "comment",
    actor: "a_x",
    release: "r",
    outcome: "allow",
    effects: "",
    eventHash: "",
    covered: "facts",
    keys: { keys: {}, uncounted: [] },
    prepared: undefined,
    event: undefined,
  } as const satisfies Item;
  const items: Item[] = [
    {
      ...decision,
      keys: {
        keys: {
          c1: [["@"]],
          l1: [
            ["k", "1"],
            ["@|k", "2"],
          ],
        },
        uncounted: ["l1"],
      },
    },
    { kind: "change", index: 8, leaf: "{}", part: undefined },
    {
      ...decision,
      index: 9,
      covered: "evidence",
      prepared: {
        results: Uint8Array.of(1, 0, 2),
        values: ["é", 3],
        hits: [{ place: 1, list: "l", entry: "e" }],
      },
      event: "{}",
    },
    { kind: "lost", index: 10, why: "gone" },
    {
      ...decision,
      index: 11,
      prepared: { results: Uint8Array.of(2), values: [], hits: [] },
      covered: "gone",
    },
  ];
  const writer = new BatchWriter(ids);
  for (const item of items) writer.add(item);
  const [first, ...rest] = [...itemsOf(writer.finish(5, 1), ids)];
  // The actor's mark is replaced, since whoever counts wants the pseudonym.
  assert.deepEqual(first, {
    ...items[0],
    keys: {
      keys: {
        c1: [["a_x"]],
        l1: [
          ["k", "1"],
          ["a_x|k", "2"],
        ],
      },
      uncounted: ["l1"],
    },
  });
  assert.deepEqual(
    rest.map((item) =>
      item.kind === "decision" && item.prepared ? { ...item, prepared: copy(item.prepared) } : item,
    ),
    items.slice(1),
  );
});

test("what is counted: changes, rules, overlap, strikes, restrictions, accounts", () => {
  const tally = new Tally({ policies: [] });
  const add = (index: number, before: Side, after: Side): void =>
    tally.add({ index, decidedAt: at, actor: `a_${index % 2}`, before, after });
  add(
    1,
    side("allow"),
    side("reject", ["one"], { strikes: [{ count: 2 }], restrictions: [{ kind: "ban" }] }),
  );
  add(2, side("hold", ["one", "two"]), side("allow"));
  add(3, side("flag", ["two"]), side("flag", ["two"], { shadowed: ["p/two"] }));
  const report = tally.report();
  assert.deepEqual(report.changed, { decisions: 2, stricter: 1, milder: 1, actors: 2 });
  assert.equal(report.outcomes.matrix.allow.reject, 1);
  assert.deepEqual(
    report.rules.map(({ rule, before, after, changed }) => [rule, before.hits, after.hits, changed]),
    [
      ["one", 1, 1, { gained: 1, lost: 1 }],
      ["two", 2, 1, { gained: 0, lost: 1 }],
    ],
  );
  assert.deepEqual(report.strikes, { before: 0, after: 2, caused: 2, avoided: 0 });
  assert.deepEqual(report.restrictions.actors, { before: 0, after: 1, caused: 1, avoided: 0 });
  assert.deepEqual(
    report.restrictions.kinds.map(({ kind, caused }) => [kind, caused]),
    [
      ["ban", 1],
      ["in shadow", 1],
    ],
  );
  assert.equal(report.examples.milder[0]?.index, 2);
});

test("a sample is read line by line, and judged with Wilson's intervals", () => {
  const sample = readSample('{"index":3,"label":"spam"}\n\n{"eventId":"e","label":"notSpam"}\n', "s");
  assert.equal(sample.byIndex.get(3), "spam");
  assert.equal(sample.byEvent.get("e"), "notSpam");
  for (const [line, message] of [
    ["{", /s:1: this is no JSON/],
    ['{"index":1,"label":"ham"}', /"label" is/],
    ['{"index":1.5,"label":"spam"}', /either "index"/],
    ['{"index":1,"eventId":"e","label":"spam"}', /either "index"/],
    ["[]", /"label" is/],
    ["3", /expected an object/],
  ] as const) {
    assert.throws(() => readSample(line, "s"), message);
  }
  // R: prop.test(8, 10, correct = FALSE)
  const { low, high } = wilson(8, 10);
  assert.ok(Math.abs((low ?? 0) - 0.490_162) < 1e-5 && Math.abs((high ?? 0) - 0.943_318) < 1e-5);
  assert.equal(wilson(0, 0).share, null);
  const tally = new SampleTally();
  tally.add("spam", side("allow"), side("reject", ["one"]), "stricter");
  tally.add("notSpam", side("allow"), side("reject", ["one"]), "stricter");
  tally.add("spam", side("allow"), side("allow"), undefined);
  const { whole, rules, changed, unmatched } = tally.report(5);
  assert.deepEqual([whole.before.recall.share, whole.after.recall.share], [0, 0.5]);
  assert.equal(rules[0]?.after.precision.share, 0.5);
  assert.deepEqual(changed.stricter, { spam: 1, notSpam: 1 });
  assert.equal(unmatched, 2);
});

test("page and text carry hostile names as text, and the page stands by itself", () => {
  const tally = new Tally({ policies: [] });
  const name = '<img src=x onerror="1">\u001b[2J';
  tally.add({ index: 1, decidedAt: at, actor: "a", before: side("allow"), after: side("reject", [name]) });
  const speed = { elapsedMs: 1, decideMs: 1, decidedPerSecond: 1, threads: 0, readMs: 1, readPerSecond: 1 };
  const report: BacktestReport = {
    format: "docket-backtest/v1",
    origin: "o",
    candidate: { release: "r", name },
    memory: "cold",
    from: 0,
    to: 1,
    size: 1,
    times: { first: at, last: at },
    decisions: 1,
    coverage: { facts: 1, evidence: 0, unasked: 0, gone: 0, unreadable: 0 },
    ...tally.report(),
    brakes: [{ index: 1, key: name, cap: false, hits: 1, events: 2 }],
    sample: null,
    speed,
    notes: [name],
  };
  const page = backtestPage(report);
  assert.ok(!page.includes("<img"), "names are escaped");
  assert.ok(!/<script|https?:|url\(/.test(page), "nothing runs, nothing is fetched");
  for (const text of [page, backtestText(report)])
    assert.ok(!text.includes("\u001b["), "nothing steers a terminal");
});

test("many days are joined for the plots", () => {
  const tally = new Tally({ policies: [] });
  for (let day = 0; day < 400; day++) {
    const decidedAt = new Date(Date.UTC(2026, 0, 1 + day)).toISOString();
    tally.add({ index: day, decidedAt, actor: "a", before: side("allow"), after: side("flag") });
  }
  const drawn = drawnDays(tally.report().days);
  assert.ok(drawn.length <= 120);
  assert.equal(
    drawn.reduce((sum, { changed }) => sum + changed, 0),
    400,
  );
});

function copy<T extends { results: Uint8Array }>(prepared: T): T {
  return { ...prepared, results: Uint8Array.from(prepared.results) };
}
