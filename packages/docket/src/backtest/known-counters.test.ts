// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeKeptRelease, releaseOf } from "../releases/release.ts";
import type { Release } from "../releases/release.ts";
import { logPaths } from "../log/paths.ts";
import type { LogDisk } from "../log/disk.ts";
import { disk } from "../stores/files/node-disk.ts";
import { countedBesides, countersHeldBy, knownCounters, scanLeaves } from "./known-counters.ts";
import { declaredIn } from "../intake/counting.ts";

const paths = logPaths("/nowhere", "main");
const policy = (counters: string, reads: string): Release =>
  releaseOf([{ path: "p.yaml", text: `policy: p\non: [comment]\ncounters:\n${counters}rules:\n${reads}` }]);
const posts = "  posts: { count: events, by: actor.id, over: 10m }\n";
const others = "  others: { count: events, by: content.group, over: 1h }\n";
const readsPosts = "  - { id: a, when: counters.posts > 3, then: { outcome: flag } }\n";
const readsOthers = "  - { id: b, when: counters.others > 3, then: { outcome: flag } }\n";

test("counters that every release of the log declares needn't be counted", () => {
  const [both, one] = [policy(posts + others, readsPosts + readsOthers), policy(posts, readsPosts)];
  const kept = new Map([both, one].map((release) => [release.id, encodeKeptRelease(release)]));
  const source = {
    paths,
    disk: {
      ...disk,
      readFile: (path: string) => [...kept].find(([id]) => path.includes(id))?.[1],
    },
  };
  const held = (...releases: string[]): string[] => {
    const names = knownCounters(
      declaredIn(both.policies),
      countersHeldBy(source, both, new Set(releases)),
    ).keys();
    return [...names].map((id) => id.replace(/ over.*/, "")).sort();
  };
  assert.deepEqual(held(both.id), ["count events by actor.id", "count events by content.group"]);
  assert.deepEqual(held(both.id, one.id), ["count events by actor.id"]);
  assert.deepEqual(held(both.id, "a release that isn't kept"), []);
  assert.deepEqual(held(), [], "nothing is known of a log that names none");
  const declared = declaredIn(both.policies);
  const besides = countedBesides(declared, countersHeldBy(source, both, new Set([one.id, both.id])));
  assert.deepEqual(
    besides.counters.map(({ counter }) => counter.by),
    [["content.group"]],
  );
});

test("releases and brakes are found in the bytes of the leaves", () => {
  const [first, second] = ["r".repeat(43), "s".repeat(43)];
  const bundles = new Map([
    ["000", `{"kind":"release","release":"${first}"}{"kind":"decision","release":"${first}","rules":[]}`],
    ["001.p/9", `{"kind":"decision","release":"${second}"}{"kind":"brake","release":"${first}"}`],
  ]);
  const read: LogDisk["readFile"] = (path) => {
    const text = bundles.get(path.slice(path.lastIndexOf("entries/") + "entries/".length));
    return text === undefined ? undefined : Buffer.from(text);
  };
  const source = { disk: { ...disk, readFile: read }, paths, size: 265 };
  assert.deepEqual(scanLeaves(source, 265), { brakedFrom: 256, releases: new Set([first, second]) });
  assert.deepEqual(scanLeaves(source, 256), {
    brakedFrom: Number.POSITIVE_INFINITY,
    releases: new Set([first]),
  });
});
