// SPDX-License-Identifier: Apache-2.0
// What brakes do on real comments: a bad rule is stopped within some hundred events, a spam wave stops a good
// rule until a person confirms it, and ordinary rules are let be.
import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import type { BrakeFacts, Outcome } from "@docket/protocol";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { Counters } from "../counters/counters.ts";
import { Limits } from "../counters/limits.ts";
import { keyedHash } from "../evidence/keys.ts";
import { counterKinds, declaredIn, limitKinds } from "../intake/counting.ts";
import { Engine } from "../intake/engine.ts";
import { siteSignals } from "../intake/site-signals.ts";
import { releaseOf } from "../releases/release.ts";
import { at } from "../testing/at.ts";
import { declarationsOf } from "./declarations.ts";
import { RuleModes } from "./rule-modes.ts";

const dataName = "data/comments-youtube-stream/data.jsonl.gz";
/** The newest of the stream: one week's comments on 45 videos. */
const commentsRead = 4000;
const hashing = createSecretKey(Buffer.alloc(32, 7));
const noneWarming: ReadonlySet<string> = new Set();

const ordinary = `policy: comments
on: [comment]
counters:
  same_text: { count: distinct actor.id, by: signals.fingerprint, over: 1d }
  posts_minute: { count: events, by: actor.id, over: 1m }
rules:
  - id: copied
    when: counters.same_text >= 3 && signals.letters >= 30
    then: { outcome: reject, strike: 1 }
    strikeEvery: 1h
  - { id: fast, when: counters.posts_minute >= 5, then: { outcome: delay, retryAfter: 1m } }
  - { id: links, when: signals.linkCount >= 3, then: { outcome: reject, strike: 1 } }
  - { id: shouting, when: signals.capitals > 700 && signals.letters > 20, points: 200 }
  - { id: linked, when: signals.linkCount >= 1, points: 300 }
thresholds: [{ points: 500, outcome: hold, holdFor: 12h, otherwise: allow }]
ladder: [{ strikes: 3, within: 7d, then: { suspend: 1d } }]
`;
const wave = "  - { id: wave, when: signals.normalised.contains('freecoins'), then: { outcome: reject } }\n";
/** About a third of the comments. */
const bad = "  - { id: bad, when: signals.words >= 15, then: { outcome: reject, strike: 1 } }\n";

test("ordinary rules, all new, aren't stopped by a week of ordinary comments", (t) => {
  const comments = readComments(t);
  if (comments === undefined) return;
  const site = new Simulation(ordinary);
  const outcomes = comments.map((comment) => site.decide(comment));
  assert.deepEqual(site.trips, []);
  assert.ok(outcomes.filter((outcome) => outcome !== "allow").length > 20, "though they do something");
});

test("a rule that hits a third of them is stopped within 250 comments", (t) => {
  const comments = readComments(t);
  if (comments === undefined) return;
  const site = new Simulation(withRule(ordinary, bad));
  const hit = comments.filter((comment, i) => site.decide(comment) === "reject" && i < 3000).length;
  const [trip] = site.trips;
  assert.deepEqual([site.trips.length, trip?.key, trip?.hits], [1, "comments/bad", 50]);
  assert.ok((trip?.events ?? 0) <= 250, `after ${trip?.events} events`);
  const share = site.modes.inForce()[0]?.hitsSince ?? 0;
  assert.ok(share > 0.25 * (comments.length - 250), `it would have hit ${share} more`);
  assert.ok(hit < 150, `${hit} were rejected by all rules together`);
});

test("a spam wave stops the rule that catches it too; confirmed, it is never stopped again", (t) => {
  const comments = readComments(t);
  if (comments === undefined) return;
  const site = new Simulation(withRule(ordinary, wave));
  for (const comment of comments.slice(0, 1000)) site.decide(comment);
  assert.deepEqual(site.trips, [], "before the wave it hits nothing");
  const mixed = comments.slice(1000, 2000).flatMap((comment, i) => [comment, spam(comment, i)]);
  const before = mixed.map((comment) => site.decide(comment));
  assert.deepEqual(
    site.trips.map(({ key }) => key),
    ["comments/wave"],
  );
  const caught = before.filter((outcome, i) => i % 2 === 1 && outcome === "reject").length;
  // What other rules see of the wave (copies of a text) is theirs.
  assert.ok(caught >= 50, `${caught} were caught`);
  const [brake] = site.modes.inForce();
  assert.ok((brake?.hitsSince ?? 0) > 700, "and the rest waited for a person");
  site.modes.confirm(brake?.index ?? -1);
  const after = comments.slice(2000, 3000).flatMap((comment, i) => [comment, spam(comment, 1000 + i)]);
  const outcomes = after.map((comment) => site.decide(comment));
  assert.ok(outcomes.every((outcome, i) => i % 2 === 0 || outcome === "reject"));
  assert.equal(site.trips.length, 1);
});

test("one account's flood doesn't stop the rule that catches it", (t) => {
  const comments = readComments(t);
  if (comments === undefined) return;
  const site = new Simulation(withRule(ordinary, wave));
  const flood = comments
    .slice(0, 2000)
    .flatMap((comment, i) => [comment, { ...spam(comment, i), author: "one" }]);
  const outcomes = flood.map((comment) => site.decide(comment));
  assert.deepEqual(site.trips, []);
  assert.ok(outcomes.every((outcome, i) => i % 2 === 0 || outcome !== "allow"));
});

test("with restarts on the way everything is the same", (t) => {
  const comments = readComments(t)?.slice(0, 2500);
  if (comments === undefined) return;
  const text = withRule(withRule(ordinary, bad), wave);
  const [plain, restarted] = [new Simulation(text), new Simulation(text)];
  const mixed = comments.flatMap((comment, i) => (i % 2 === 0 ? [comment] : [comment, spam(comment, i)]));
  for (const [i, comment] of mixed.entries()) {
    if (i % 700 === 130) restarted.restart();
    assert.equal(restarted.decide(comment), plain.decide(comment), `comment ${i}`);
  }
  assert.deepEqual(restarted.trips, plain.trips);
  assert.deepEqual(restarted.modes.state(), plain.modes.state());
});

type Comment = { id: string; atMs: number; author: string; text: string };

/** A site without a log: trips take effect at once, as they do behind a decision. */
class Simulation {
  modes: RuleModes;
  readonly trips: BrakeFacts[] = [];
  readonly #engine: Engine;
  readonly #release: ReturnType<typeof releaseOf>;

  constructor(text: string) {
    const release = releaseOf([{ path: "comments.yaml", text }]);
    this.#release = release;
    this.modes = this.#openModes();
    const declared = declaredIn(release.policies);
    const counters = new Counters(counterKinds(declared.counters));
    const limits = new Limits(limitKinds(declared.limits));
    let restrictions = 0;
    this.#engine = new Engine(
      release,
      { counters, limits, standings: new Map() },
      {
        hashing,
        entryHash: (_list, entry) => entry,
        // The modes may be others after a restart.
        effects: {
          effectsFor: (actor, type, atMs) => this.modes.effectsFor(actor, type, atMs),
          listsFor: (lists) => this.modes.listsFor(lists),
          observe: (actor, facts) => this.modes.observe(actor, facts),
        },
        newRestrictionId: () => `r_${String(restrictions++).padStart(16, "0")}`,
      },
    );
  }

  decide({ id, atMs, author, text }: Comment): Outcome {
    const event = { id, type: "comment", actor: { id: author }, content: { text } };
    const { decided } = this.#engine.decide({
      event,
      eventHash: "",
      bodyHash: "",
      actor: `a_${author}`,
      source: "file",
      decidedAtMs: atMs,
      clock: "event",
      signals: siteSignals(event, hashing),
    });
    for (const trip of this.modes.takeTrips()) {
      this.modes.brake(trip);
      this.modes.sealed(trip, this.trips.push(trip));
    }
    return decided.conclusion.outcome;
  }

  restart(): void {
    this.modes = this.#openModes(this.modes);
  }

  #openModes(before?: RuleModes): RuleModes {
    const ports = {
      hash: (purpose: string, value: string) => keyedHash(hashing, purpose, value),
      entryHash: (_list: string, entry: string) => entry,
      warming: () => noneWarming,
    };
    const state = before && (JSON.parse(JSON.stringify(before.state())) as ReturnType<RuleModes["state"]>);
    const modes = new RuleModes(ports, state);
    modes.adopt(declarationsOf(this.#release.policies.policies), {
      release: this.#release.id,
      by: "operator",
    });
    return modes;
  }
}

function withRule(policy: string, rule: string): string {
  return policy.replace("rules:\n", `rules:\n${rule}`);
}

/** A comment of the wave, right behind an ordinary one, by an account of its own. */
function spam({ atMs }: Comment, i: number): Comment {
  return { id: `spam-${i}`, atMs, author: `spammer-${i}`, text: `Get your freecoins ${i} now` };
}

let read: Comment[] | undefined;

function readComments(t: TestContext): Comment[] | undefined {
  const path = sharedPath(dataName);
  if (path === undefined) {
    t.skip(skipReason(dataName));
    return undefined;
  }
  if (read === undefined) {
    const lines = gunzipSync(readFileSync(path)).toString("utf8").trimEnd().split("\n");
    const rows = lines.map(
      (line) => JSON.parse(line) as { id: string; ts: string; author: string; text: string },
    );
    const comments = rows.map(({ id, ts, author, text }) => ({ id, atMs: Date.parse(ts), author, text }));
    read = comments.sort((a, b) => a.atMs - b.atMs).slice(-commentsRead);
  }
  at(read, commentsRead - 1);
  return read;
}
