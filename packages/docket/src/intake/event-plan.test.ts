// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { test } from "node:test";
import type { Standing } from "@docket/policy";
import { Counters } from "../counters/counters.ts";
import { Limits } from "../counters/limits.ts";
import { releaseOf } from "../releases/release.ts";
import { EventPlan } from "./event-plan.ts";
import { KeyPlans } from "./key-plan.ts";
import { KeyPacker } from "./packed-keys.ts";
import type { RecordedKeys } from "./counting.ts";
import {
  countDecision,
  counterKinds,
  declaredIn,
  eventKeys,
  isRefusal,
  limitKinds,
  readCounters,
} from "./counting.ts";
import { Engine } from "./engine.ts";
import type { EngineMemory, Subject } from "./engine.ts";

const policy = `policy: all
on: [comment]
attributes: { level: int, verified: bool }
counters:
  a: { count: events, by: actor.id, over: 1m }
  b: { count: distinct content.group, by: actor.id, over: 1h }
  c: { count: distinct actor.id, by: [content.group, signals.domains], over: 1h }
  d: { count: distinct signals.domains, by: actor.ip, over: 1d }
  e: { count: events, by: signals.domains, over: 1d, where: "signals.linkCount > 1" }
  f: { sum: actor.attributes.level, by: [content.group, actor.id], over: 10m }
  g: { first: events, by: [actor.id, content.group], over: 1d }
limits:
  l: { by: actor.id, rate: 2/h, burst: 2 }
  m: { by: [content.group, actor.id], rate: 5/d, burst: 3, where: actor.attributes.verified }
rules:
  - { id: r1, when: "counters.a > 1 || counters.b > 2 || counters.c > 1", then: { outcome: flag } }
  - { id: r2, when: "counters.d > 1 || counters.e > 2 || counters.f > 9", then: { outcome: hold } }
  - { id: r3, when: "counters.g > duration('1h')", then: { outcome: flag } }
  - { id: r4, when: limits.l.exceeded, then: { outcome: delay } }
  - { id: r5, when: "limits.m.wait > duration('5m')", mode: shadow, then: { outcome: delay } }
`;
const hashing = createSecretKey(Buffer.alloc(32, 7));
const release = releaseOf([{ path: "all.yaml", text: policy }], () => ({ versions: [], views: new Map() }));
const declared = declaredIn(release.policies);

function memoryOf(): EngineMemory {
  const counters = new Counters(counterKinds(declared.counters));
  const limits = new Limits(limitKinds(declared.limits));
  return { counters, limits, standings: new Map<string, Standing>() };
}

function subjectOf(number: number): Subject {
  const atMs = 1_700_000_000_000 + number * 17_000 - (number % 5) * 40_000;
  const domains = ["a.example", "b.example", "c.example"].slice(0, number % 4);
  const id = `u${number % 7}`;
  const actor = {
    id,
    ...(number % 3 > 0 && { ip: `192.0.2.${number % 4}` }),
    attributes: { level: number % 5, verified: number % 2 === 0 },
  };
  return {
    event: { id: `e${number}`, type: "comment", actor, content: { text: "", group: `g${number % 3}` } },
    eventHash: "",
    bodyHash: "",
    actor: `a_${id}`,
    source: "http",
    decidedAtMs: atMs,
    clock: "event",
    signals: { domains, linkCount: domains.length },
  };
}

function plainOf({ counters, limits }: EngineMemory): unknown {
  const shards = Array.from({ length: 8 }, (_, shard) => shard);
  const walked = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (key, each: unknown) =>
        key === "keys" ? [...(each as Iterable<unknown>)] : each,
      ),
    );
  return [
    ...declared.counters.flatMap(({ id }) => shards.map((shard) => counters.plainShard(id, shard) ?? null)),
    ...declared.limits.flatMap(({ id }) =>
      [undefined, ...limits.copies(id)].flatMap((rule) =>
        shards.map((shard) => limits.plainShard(id, shard, rule) ?? null),
      ),
    ),
  ].map(walked);
}

test("what is read and counted live is what the facts say, and is taken back whole", () => {
  const live = memoryOf();
  const again = memoryOf();
  const handedOn = memoryOf();
  const packer = new KeyPacker(new KeyPlans(declared, release.policies).of("comment"));
  const plan = new EventPlan("comment", release.policies, declared, handedOn);
  let restrictions = 0;
  const engine = new Engine(release, live, {
    hashing,
    entryHash: (_list, entry) => entry,
    effects: {
      effectsFor: () => ({ held: new Map(), caps: { has: () => false } }),
      listsFor: (lists) => lists,
      observe: () => () => undefined,
    },
    newRestrictionId: () => `r_${restrictions++}`,
  });
  for (let number = 0; number < 300; number++) {
    if (number % 10 === 0) {
      const undos = [0, 1, 2].map((later) => engine.decide(subjectOf(number + later)).undo);
      for (const undo of undos.toReversed()) undo();
    }
    const subject = subjectOf(number);
    const { actor, event, decidedAtMs: decidedAt, signals } = subject;
    const { facts, conclusion } = engine.decide(subject).decided;
    const standing = { strikes: 0, restricted: false };
    const input = { ...event, op: "create", decidedAt, signals, counters: new Map(), standing };
    const { keys, uncounted } = eventKeys(declared, release.policies, input, hashing);
    assert.deepEqual(facts.keys, keys);
    assert.deepEqual(facts.uncounted ?? [], uncounted);
    const read = readCounters(declared.counters, again.counters, keys, actor, decidedAt);
    const named = declared.counters.flatMap(({ counter, id }) =>
      read.has(counter.id) ? [[id, read.get(counter.id)] as const] : [],
    );
    assert.deepEqual(facts.counters, Object.fromEntries(named));
    countDecision(again, { actor, outcome: conclusion.outcome }, facts);
    const recorded: RecordedKeys = facts.keys;
    const numbers: number[] = [0.5];
    assert.ok(packer.fits(recorded));
    packer.pack(recorded, actor, (each) => numbers.push(each));
    plan.take({ numbers: Float64Array.from(numbers), at: 1, uncounted });
    assert.deepEqual(new Map(plan.readTaken(decidedAt, new Map()).counters), read);
    plan.count(!isRefusal(conclusion.outcome), facts, decidedAt, undefined);
  }
  assert.deepEqual(plainOf(live), plainOf(again));
  assert.deepEqual(plainOf(handedOn), plainOf(again), "keys that were handed on as numbers, nothing kept");
});

test("keys that aren't those of one whole event stay text", () => {
  const packer = new KeyPacker(new KeyPlans(declared, release.policies).of("comment"));
  const { event, signals, decidedAtMs: decidedAt } = subjectOf(7);
  const standing = { strikes: 0, restricted: false };
  const input = { ...event, op: "create", decidedAt, signals, counters: new Map(), standing };
  const { keys } = eventKeys(declared, release.policies, input, hashing);
  assert.ok(packer.fits(keys));
  for (const [id, own] of Object.entries(keys)) {
    const { [id]: _gone, ...others } = keys;
    const isShared = Object.values(others).some((each) => JSON.stringify(each) === JSON.stringify(own));
    if (isShared) assert.ok(!packer.fits(others), "one of several that count by the same");
    const more: RecordedKeys = { ...keys, [id]: [...own, ["another", "b", "c"] as unknown as ["another"]] };
    assert.ok(!packer.fits(more));
  }
});
