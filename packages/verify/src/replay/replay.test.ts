// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Facts } from "@docket/protocol";
import { encodeFacts } from "@docket/protocol";
import type { Event } from "@docket/protocol/events";
import { readFacts, replayDecision } from "./decision.ts";
import { replayEvidence } from "./evidence.ts";
import type { ReplayFinding } from "./finding.ts";
import { openRelease, isReleaseFault } from "./release.ts";
import { StateReplay } from "./state.ts";
import { createSite, keptRelease, ports, releaseOf } from "./testing/site.ts";
import type { Decided } from "./testing/site.ts";

const policy = `
policy: p
on: [comment]
counters:
  posts: { count: events, by: actor.id, over: 10m }
  texts: { count: distinct actor.id, by: signals.fingerprint, over: 1h }
  letters: { sum: signals.letters, by: actor.id, over: 30m }
  long_posts: { count: events, by: actor.id, over: 1h, where: signals.letters >= 12 }
rules:
  - id: copied
    when: counters.texts >= 2 && signals.letters >= 8
    then: { outcome: reject, strike: 1 }
    strikeEvery: 5m
    reason: { en: Copied. }
    disclose: [counters.texts, signals.domains]
  - { id: burst, when: counters.posts >= 3, then: { outcome: hold, holdFor: 1h, otherwise: reject } }
  - { id: chatty, when: counters.letters > 40 || counters.long_posts >= 3, then: { outcome: flag } }
  - { id: casino, when: "signals.normalised.contains('casino')", then: { outcome: hold }, mode: shadow }
  - { id: linked, when: signals.linkCount >= 1, points: 100 }
  - { id: loud, when: signals.capitals > 500, points: 100 }
thresholds: [ { points: 150, outcome: flag } ]
ladder:
  - { strikes: 1, within: 7d, then: { throttle: { rate: 2/m, for: 1h } } }
  - { strikes: 2, within: 7d, then: { suspend: 1h } }
`;
const release = releaseOf(policy);
const start = Date.UTC(2026, 10, 23, 9);

const texts = ["Hello", "Buy at http://a.example", "CASINO CASINO", "see www.b.example and c", "x y", ""];
const streams = fc.array(
  fc.record({
    actor: fc.nat(3),
    text: fc.nat(texts.length - 1),
    // Mostly on, sometimes a little back.
    after: fc.integer({ min: -120_000, max: 400_000 }),
  }),
  { minLength: 1, maxLength: 60 },
);

test("decisions of random streams come out again: from facts, from evidence, and from the log before", () => {
  fc.assert(
    fc.property(streams, (stream) => {
      const decided = decide(stream);
      assert.deepEqual(findingsOf(decided), []);
    }),
    { numRuns: 60 },
  );
});

test("what is changed in any way that replay can see is found, at the record where it shows first", () => {
  const stream = Array.from({ length: 60 }, (_, place) => ({
    actor: (place + Math.floor(place / texts.length)) % 4,
    text: place % texts.length,
    after: 20_000,
  }));
  for (const [name, change] of changes) {
    const decided = decide(stream);
    const place = decided.findIndex((each) => change(each));
    assert.notEqual(place, -1, name);
    const findings = findingsOf(decided);
    assert.ok(findings.length > 0, name);
    assert.ok(
      findings.every(({ index }) => index >= place),
      `${name}: ${JSON.stringify(findings[0])}`,
    );
  }
});

test("a finding names the rule and the clause that made the difference", () => {
  const decided = decide([{ actor: 0, text: 1, after: 0 }]);
  const [{ record, facts }] = decided as [Decided];
  facts.values["signals.linkCount"] = 0;
  const [finding] = replayDecision(release, record, facts);
  assert.deepEqual(finding?.clause, {
    rule: "p/linked",
    clause: "signals.linkCount >= 1",
    recorded: "t",
    replayed: "f",
  });
});

test("evidence that is not there is asked for by nobody; facts that are not canonical are none", () => {
  const [{ facts }] = decide([{ actor: 0, text: 0, after: 0 }]) as [Decided];
  const text = encodeFacts(facts);
  assert.deepEqual(readFacts(text), facts);
  for (const broken of [`${text} `, text.slice(1), "null", "{}", text.replace('"v":1', '"v":2')]) {
    assert.equal(readFacts(broken), undefined, broken.slice(0, 20));
  }
});

test("a counter that is new with a release is warming until its window has passed", () => {
  const other = releaseOf(
    `${policy.trimEnd()}
`
      .replace("counters.posts >= 3", "counters.posts >= 4")
      .replace("over: 10m", "over: 20m"),
  );
  const state = new StateReplay();
  const site = createSite(release);
  const later = createSite(other);
  const follow = (decided: Decided, under: typeof release): ReplayFinding[] =>
    state.follow(decided.record, under, decided.facts, true);
  assert.deepEqual(follow(site(eventOf(0, 0, 0), start), release), []);
  // The other site begins empty, as a counter that was warmed from nothing: nobody can tell.
  assert.deepEqual(follow(later(eventOf(1, 1, 1), start + 1000), other), []);
  assert.ok(state.summary.counters.warming > 0);
});

test("a decision under another release than the log says is in force is found", () => {
  const [{ record, facts }] = decide([{ actor: 0, text: 0, after: 0 }]) as [Decided];
  const state = new StateReplay();
  state.adopt(releaseOf(policy.replace("strikeEvery: 5m", "strikeEvery: 6m")));
  const [finding] = state.follow(record, release, facts, true);
  assert.equal(finding?.kind, "release");
  assert.equal(finding?.recorded, release.id);
  const right = new StateReplay();
  right.adopt(release);
  assert.deepEqual(right.follow(record, release, facts, true), []);
});

test("after a decision that cannot be read nothing is said of the state", () => {
  const decided = decide(Array.from({ length: 5 }, () => ({ actor: 0, text: 0, after: 1000 })));
  const state = new StateReplay();
  state.lose(1, "its facts are gone");
  for (const { record, facts } of decided.slice(2)) {
    assert.deepEqual(state.follow(record, release, facts, true), []);
  }
  assert.deepEqual(state.summary.lostAt, { index: 1, reason: "its facts are gone" });
  assert.equal(state.summary.standings, 0);
});

test("a kept release opens by its id; with any byte changed it doesn't", () => {
  const kept = keptRelease([{ path: "p.yaml", text: policy }]);
  assert.ok(!isReleaseFault(openRelease(kept.id, kept.text)));
  assert.equal(isReleaseFault(openRelease(kept.id, undefined)), true);
  const reasons = new Set<string>();
  for (let place = 0; place < kept.text.length; place += 3) {
    const letter = kept.text[place] === "X" ? "Y" : "X";
    const opened = openRelease(kept.id, `${kept.text.slice(0, place)}${letter}${kept.text.slice(place + 1)}`);
    assert.ok(isReleaseFault(opened), `place ${place}`);
    reasons.add(opened.fault);
  }
  assert.ok(reasons.has("its file p.yaml is not what its manifest names"));
  assert.ok(reasons.has("it is not kept in the form of a release"));
});

test("a release of another language, or with another file, is not opened", () => {
  const kept = keptRelease([{ path: "p.yaml", text: policy }]);
  const { manifest, files } = JSON.parse(kept.text) as { manifest: string; files: object[] };
  const more = JSON.stringify({ manifest, files: [...files, { path: "q.yaml", text: "" }] });
  assert.match(faultOf(kept.id, more), /q\.yaml is not in its manifest/);
  assert.match(faultOf(kept.id, JSON.stringify({ manifest, files: [] })), /p\.yaml is missing/);
  assert.match(faultOf("other", kept.text), /another hash than its name/);
});

const changes: readonly (readonly [name: string, change: (decided: Decided) => boolean])[] = [
  ["a counter", ({ facts }) => bumpFirst(facts.counters)],
  ["the outcome", ({ record }) => record.outcome === "allow" && ((record.outcome = "flag"), true)],
  ["the rules of the record", ({ record }) => record.rules.length > 0 && ((record.rules = []), true)],
  ["a rule that fired", ({ facts }) => facts.fired.pop() !== undefined],
  ["the points", ({ facts }) => facts.points > 0 && ((facts.points -= 1), true)],
  ["a restriction", ({ record }) => record.restrictions.pop() !== undefined],
  ["a strike", ({ facts }) => facts.strikes.pop() !== undefined],
  ["strikes before", ({ facts }) => facts.standing.strikes > 0 && ((facts.standing.strikes += 1), true)],
  ["a restriction before", ({ facts }) => facts.standing.restrictions.pop() !== undefined],
  ["a clause", ({ facts }) => facts.clauses.includes("t") && ((facts.clauses = flipped(facts)), true)],
  ["a signal that nothing reads", ({ facts }) => bumpOne(facts, "signals.words")],
  ["decidedAt", ({ facts }) => ((facts.decidedAt = "2026-11-23T09:00:00.001Z"), true)],
  ["the type of the event", ({ facts }) => ((facts.event.type = "message"), true)],
  ["the id of the event", ({ facts }) => ((facts.event.id = "A".repeat(22)), true)],
  ["the event", (decided) => ((decided.evidence = { ...decided.evidence, content: "{}" }), true)],
  [
    "what was disclosed",
    (decided) =>
      decided.evidence.disclosed !== undefined &&
      ((decided.evidence = { ...decided.evidence, disclosed: undefined }), true),
  ],
];

function findingsOf(decided: readonly Decided[]): ReplayFinding[] {
  const state = new StateReplay();
  return decided.flatMap(({ record, facts, evidence }) => [
    ...replayDecision(release, record, facts),
    ...state.follow(record, release, facts, true),
    ...replayEvidence(release, { lists: new Map(), models: new Map() }, record, facts, evidence, ports),
  ]);
}

function decide(stream: readonly { actor: number; text: number; after: number }[]): Decided[] {
  const site = createSite(release);
  let atMs = start;
  return stream.map(({ actor, text, after }, place) => {
    atMs += after;
    return site(eventOf(place, actor, text, atMs), atMs);
  });
}

function eventOf(place: number, actor: number, text: number, atMs = start): Event {
  return {
    id: `e${place}`,
    type: "comment",
    time: new Date(atMs).toISOString(),
    actor: { id: `u${actor}` },
    content: { text: texts[text] ?? "" },
  };
}

function bumpFirst(counters: Record<string, number>): boolean {
  const [hash] = Object.keys(counters);
  if (hash === undefined) return false;
  counters[hash] = (counters[hash] ?? 0) + 1;
  return true;
}

function bumpOne(facts: Facts, path: string): boolean {
  facts.values[path] = Number(facts.values[path]) + 1;
  return true;
}

function flipped({ clauses }: Facts): string {
  return clauses.replace("t", "f");
}

function faultOf(id: string, text: string): string {
  const opened = openRelease(id, text);
  return isReleaseFault(opened) ? opened.fault : "";
}
