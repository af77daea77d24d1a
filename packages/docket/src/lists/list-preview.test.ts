// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import type { Preview, PreviewedRule } from "../releases/review.ts";
import { ListPreviews, listPreviewMsMax, listPreviewsWaitingMax } from "./list-preview.ts";
import type { ListPreviewer } from "./list-preview.ts";
import { listNowMs, ListWorld } from "./testing/list-world.ts";

const week = { from: "2026-11-16T12:00:00.000Z", to: "2026-11-23T11:59:00.000Z", events: 12 };
const none = { challenge: 0, delay: 0, flag: 0, hold: 0 };
/** What the recent events come to, with so many hits of the rule `bad`, which is beside one that is lost. */
function found(hits: number, lost: number): Preview {
  const outcomes = {
    before: { ...none, allow: 12, reject: 0 },
    after: { ...none, allow: 12 - hits, reject: hits },
  };
  const rule = (name: string, after: number): PreviewedRule => ({
    policy: "p",
    rule: name,
    before: 7,
    after,
  });
  return {
    ran: true,
    ...week,
    changed: 5,
    outcomes,
    rules: [rule("bad", hits), ...(lost > 0 ? [rule("lost", lost)] : [])],
  };
}

type World = { world: ListWorld; previews: ListPreviews; timers: { ms: number; run: () => void }[] };

async function open(preview: ListPreviewer | undefined): Promise<World> {
  const world = new ListWorld();
  const { lists } = await world.open();
  const timers: World["timers"] = [];
  const previews = new ListPreviews({
    lists,
    preview,
    restrictsMore: (_list, undo) => undo.remove.length > 0,
    clock: () => listNowMs,
    timer: (ms, run) => {
      const timer = { ms, run };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  });
  return { world, previews, timers };
}

const wish = (...values: string[]): { add: { value: string }[]; remove: string[] } => ({
  add: values.map((value) => ({ value })),
  remove: [],
});

test("a change is previewed with the list as it would be; nothing is kept or sealed", async () => {
  const asked: unknown[] = [];
  const { world, previews, timers } = await open(async (_signal, changed) => {
    assert.equal(timers[0]?.ms, listPreviewMsMax);
    if (changed === undefined) return found(1, 2);
    const { lists, change } = changed;
    assert.equal(lists.views.get("bad")?.find("www.evil.example", listNowMs), "evil.example");
    const named = lists.versions.find(({ name }) => name === "bad")?.version;
    asked.push([change.name, named === change.version, change.bytes.length > 0]);
    return found(3, 0);
  });
  const { length } = world.leaves;
  const kept = world.disk.list("/data/sites/main/lists/bad");
  const previewed = await previews.preview("bad", wish("Evil.example"));
  assert.deepEqual(asked, [["bad", true, true]]);
  const outcomes = { before: { ...none, allow: 11, reject: 1 }, after: { ...none, allow: 9, reject: 3 } };
  const rules = [
    { rule: "p/bad", before: 1, after: 3 },
    { rule: "p/lost", before: 2, after: 0 },
  ];
  const impact = { ran: true, ...week, outcomes, rules, notes: [] };
  assert.deepEqual(
    [previewed.list, previewed.added, previewed.removed, previewed.restrictsMore, previewed.preview],
    ["bad", 1, 0, true, impact],
  );
  assert.deepEqual([world.leaves.length, world.disk.list("/data/sites/main/lists/bad")], [length, kept]);
  assert.equal(timers.length, 0);
});

test("what changes nothing is not previewed; what can't be read or isn't there is refused", async () => {
  const { previews } = await open(() => Promise.reject(new Error("asked")));
  const { added, preview } = await previews.preview("bad", { add: [], remove: ["never.example"] });
  assert.deepEqual([added, preview], [0, null]);
  await assert.rejects(previews.preview("bad", wish("not a domain")), { code: "schema_mismatch" });
  await assert.rejects(previews.preview("gone", wish("a.example")), { code: "not_found" });
});

test("a preview that takes too long is ended, one at a time, and few wait", async () => {
  let running = 0;
  const { previews, timers } = await open((signal) => {
    running += 1;
    assert.equal(running, 1);
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        running -= 1;
        reject(signal.reason as Error);
      });
    });
  });
  const all = Array.from({ length: listPreviewsWaitingMax }, (_, at) =>
    previews.preview("bad", wish(`a${at}.example`)),
  );
  await assert.rejects(previews.preview("bad", wish("b.example")), { code: "overloaded" });
  const [first, ...others] = all;
  await new Promise((resolve) => setImmediate(resolve));
  timers[0]?.run();
  assert.deepEqual((await first)?.preview, { ran: false, why: "it was not done after 60 s" });
  const refused = others.map((each) => assert.rejects(each, { code: "log_closed" }));
  await previews.close();
  await Promise.all(refused);
});

test("without anything that previews, that is what is said", async () => {
  const { previews } = await open(undefined);
  const { preview } = await previews.preview("bad", wish("a.example"));
  assert.deepEqual(preview, { ran: false, why: "nothing is wired that could preview" });
});
