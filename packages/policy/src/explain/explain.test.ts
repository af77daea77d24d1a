// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { concludeDecision } from "../enforcement/conclusion.ts";
import { enforce } from "../enforcement/enforce.ts";
import type { StandingRead } from "../enforcement/standing.ts";
import { evaluate, factsOf } from "../evaluate.ts";
import { loadPolicies } from "../loading/load.ts";
import type { PolicySet } from "../program.ts";
import type { EvaluationInput } from "../types.ts";
import { explainDecision } from "./explain.ts";
import type { ExplanationInput } from "./explain.ts";
import type { Explanation } from "./explanation.ts";
import { explanationText, userExplanationText } from "./text.ts";
import { explainToUser } from "./user.ts";

const policies = loadPolicies([
  {
    path: "p.yaml",
    text: `
policy: comments
on: [comment]
counters:
  posts: { count: events, by: actor.id, over: 10m }
rules:
  - id: links
    when: signals.linkCount >= 3 && actor.age < duration('24h')
    then: { outcome: reject, strike: 1 }
    strikeEvery: 1h
    reason: { en: No links from new accounts., de: Keine Links von neuen Konten. }
    disclose: [signals.linkCount, counters.posts]
  - { id: words, when: "signals.normalised.contains('casino')", then: { outcome: hold } }
  - id: burst
    when: counters.posts >= 3
    then: { outcome: hold, holdFor: 12h, otherwise: reject, throttle: { rate: 1/m, for: 30m } }
    mode: shadow
  - { id: many, when: counters.posts >= 4 && signals.linkCount >= 4, then: { outcome: flag } }
  - { id: in-german, when: content.language == 'de', then: { outcome: flag } }
  - { id: shouting, when: signals.capitals > 700, points: 200 }
  - { id: runs, when: signals.repeated > 3, points: 100 }
thresholds:
  - { points: 150, outcome: flag }
  - { points: 300, outcome: hold, holdFor: 1h, otherwise: allow }
ladder:
  - { strikes: 1, within: 7d, then: { throttle: { rate: 4/h, burst: 2, for: 12h } } }
  - { strikes: 3, within: 7d, then: { suspend: 24h } }
`,
  },
]);

const decidedAt = Date.UTC(2026, 10, 23, 12);

test("an analyst reads what fired and why, what nearly did, what was held back and what followed", () => {
  const explanation = explain({});
  assert.equal(explanationText(explanation), expectedEnglish);
});

test("an explanation is plain JSON and says the same in German", () => {
  const explanation = explain({}, "de");
  assert.deepEqual(JSON.parse(JSON.stringify(explanation)), explanation);
  const text = explanationText(explanation);
  for (const line of [
    "Eintrag 17: abgelehnt",
    "comments/links: lehnt ab, 1 Verwarnungspunkt",
    "+ die Zahl der Links ist mindestens 3 [signals.linkCount >= 3]: erfüllt; Wert: 5",
    "comments/burst: hält zurück für 12 Stunden, danach abgelehnt, " +
      "bremst auf 1/m, 1 auf einmal, für 30 Minuten (sie läuft im Schatten)",
    "Schwelle bei 150, zugelassen und zur Prüfung vorgemerkt: erreicht",
  ]) {
    assert.ok(text.includes(line), `${line}\n\nis not in\n\n${text}`);
  }
});

test("an actor who is suspended reads of that alone; a strike given lately is not given again", () => {
  const suspended = explain({
    standing: {
      strikes: 2,
      restrictions: [{ id: "r_a", kind: "suspend", until: "2026-11-24T00:00:00.000Z" }],
    },
  });
  assert.equal(suspended.refusedBy, "suspended until 2026-11-24T00:00:00.000Z");
  assert.deepEqual(suspended.strikes, []);
  const again = explain({ standing: { strikes: 1, restrictions: [], recent: ["comments/links"] } });
  assert.deepEqual(again.strikes, [
    { rule: "comments/links", count: 0, words: "no strike: it gave one within 1 hour" },
  ]);
});

test("values that were opened are shown in the place of personal ones", () => {
  const explanation = explain({
    text: "CASINO CASINO!!!!! casino",
    personal: { "signals.normalised": "casino" },
  });
  const rule = explanation.fired.find(({ rule: id }) => id === "words");
  assert.equal(rule?.clauses[0]?.values[0]?.words, "it was “casino”");
});

test("what held a rule back, a limit, a list and a first sight are said too", () => {
  const set = loadPolicies([
    {
      path: "q.yaml",
      text: `
policy: q
on: [comment]
counters:
  known: { first: events, by: actor.id, over: 30d }
  letters: { sum: signals.letters, by: [actor.id, content.group], over: 1h, where: signals.letters > 3 }
limits:
  pace: { rate: 2/m, burst: 3, by: actor.id }
lists:
  phrases: { kind: term }
exempt:
  - { id: regulars, when: counters.known > duration('1h'), from: [phrase], owner: moderation }
rules:
  - { id: phrase, when: lists.phrases.hits(signals.normalised).size() > 0, then: { outcome: reject } }
  - { id: fast, when: limits.pace.exceeded, then: { outcome: delay } }
  - { id: many, when: counters.letters > 100, then: { outcome: hold }, rollout: 10% }
`,
    },
  ]);
  const [letters, known] = ["letters", "known"].map(
    (name) => set.policies[0]?.counters.get(name)?.id ?? "",
  ) as [string, string];
  const [limit] = set.limits;
  assert.ok(limit !== undefined);
  const input: EvaluationInput = {
    type: "comment",
    op: "create",
    decidedAt,
    actor: { id: "u1" },
    signals: { normalised: "free money" },
    counters: new Map([
      [letters, 200],
      [known, 7_200_000],
    ]),
    limits: new Map([[limit.id, 90_000]]),
    lists: new Map([["phrases", { kind: "term", find: () => undefined, hits: () => ["free money"] }]]),
    held: new Map([["q/many", "rollout"]]),
    standing: { strikes: 0, restricted: false },
  };
  const evaluation = evaluate(set, input);
  const standing = { strikes: 0, restrictions: [] };
  const enforcement = enforce(evaluation, set.policies, standing, decidedAt, new Set(), () => "r_0");
  const conclusion = concludeDecision(evaluation, enforcement);
  const explanation = explainDecision(
    {
      set,
      record: { ...decided({}).record, outcome: conclusion.outcome, restrictions: [] },
      event: { type: "comment", op: "create" },
      facts: factsOf(set, input, evaluation.clauses),
      standing,
      concluded: conclusion.facts,
      hits: ["phrases:AAAA"],
    },
    "en",
  );
  const text = explanationText(explanation);
  for (const line of [
    "Record 17: delayed",
    "q/phrase: rejects (exempt by regulars (owner: moderation))",
    "q/many: holds until reviewed (it is being rolled out, and not to this account yet)",
    "q/fast: delays\n    + the limit pace is exceeded [limits.pace.exceeded]: so",
    "counters.known: the time since the first event by this account (forgotten after 30 days without one); " +
      "it was 2 hours",
    "counters.letters: the sum of the number of letters over earlier events by this account " +
      "with the same place of the content within 1 hour (those that meet its condition); it was 200",
    "limits.pace: 2/m, 3 at once: exceeded, the event would have had to wait 1 minute 30 seconds",
    "lists.phrases: 1 entry",
    "You can try again after 1 minute 30 seconds.",
  ]) {
    assert.ok(text.includes(line), `${line}\n\nis not in\n\n${text}`);
  }
  const rules = [...explanation.fired, ...explanation.held, ...explanation.near, ...explanation.missing];
  const values = rules.flatMap(({ clauses }) => clauses.flatMap((clause) => clause.values));
  assert.ok(values.length > 0 && !values.some(({ path }) => path.startsWith("lists.")));
});

test("the affected user reads reasons, disclosed facts and what follows, and nothing else", () => {
  const { record, concluded } = decided({});
  const explanation = explainToUser(
    {
      index: 17,
      origin: "docket-0123456789abcdef/main",
      outcome: record.outcome,
      decidedAt: "2026-11-23T12:00:00.000Z",
      reasons: [{ rule: "links", text: { en: "No links from new accounts.", de: "Keine Links." } }],
      disclosed: { "signals.linkCount": 5, "counters.posts": 3 },
      restrictions: record.restrictions,
      next: concluded,
      set: policies,
    },
    "en",
  );
  const text = userExplanationText(explanation);
  assert.equal(
    text,
    `Your post was rejected.

Why
  - No links from new accounts.

What it was based on
  - the number of links: 5
  - the number of earlier events by this account within 10 minutes: 3

What follows for your account
  - throttled to 4/h, 2 at once, until 2026-11-24T00:00:00.000Z

You can object to this decision. Name record 17 of the log docket-0123456789abcdef/main; whoever \
reviews it finds everything that it was decided by.
A receipt for this record proves that what is said here was not changed afterwards.
`,
  );
  for (const secret of ["burst", "shadow", "shouting", "points", "threshold", "casino"]) {
    assert.ok(!JSON.stringify(explanation).includes(secret), secret);
  }
});

test("what an app sent cannot move a terminal's cursor", () => {
  const explanation = explain({
    personal: { "signals.normalised": "\u001b[2J\u202ecasino\nx" },
    text: "casino",
  });
  const text = explanationText(explanation);
  assert.ok(!text.includes("\u001b") && !text.includes("\u202e"));
});

const expectedEnglish = `Record 17: rejected
  decided at  2026-11-23T12:00:00.000Z
  sealed at   2026-11-23T12:00:00.500Z
  event       comment, create
  actor       a_x
  release     RELEASE

Rules that fired
  comments/links: rejects, 1 strike
    + the number of links is at least 3 [signals.linkCount >= 3]: so; it was 5
    + the age of the account is less than 1 day [actor.age < duration('24h')]: so; it was 2 hours
  comments/shouting: 200 points
    + the share of capitals in thousandths is more than 700 [signals.capitals > 700]: so; it was 1000

Rules that fired and were held back, without effect
  comments/burst: holds for 12 hours, then rejected, throttles to 1/m, 1 at once, for 30 minutes \
(it runs in shadow)
    + the number of earlier events by this account within 10 minutes is at least 3 \
[counters.posts >= 3]: so; it was 3

Rules that nearly fired: one clause kept them from it
  comments/many: puts in the review queue
    - the number of earlier events by this account within 10 minutes is at least 4 \
[counters.posts >= 4]: not so; it was 3; this kept it from firing
    + the number of links is at least 4 [signals.linkCount >= 4]: so; it was 5

Rules that could not be decided, because a value was missing
  comments/in-german: missing: the language

Points
  comments: 200 in all (shouting 200)
    threshold at 150, allowed, and put in the review queue: reached
    threshold at 300, held: not reached

Strikes and ladder
  comments/links: 1 strike
  comments: step of 1 strike within 7 days: throttles to 4/h, 2 at once, for 12 hours

Restrictions that follow
  throttled to 4/h, 2 at once, until 2026-11-24T00:00:00.000Z (r_0)

The account before this event
  strikes in force: 0

Counters that were read
  counters.posts: the number of earlier events by this account within 10 minutes; it was 3
`;

type Given = {
  text?: string;
  standing?: StandingRead;
  personal?: ExplanationInput["personal"];
};

function explain(given: Given, language: "en" | "de" = "en"): Explanation {
  return explainDecision({ ...decided(given), personal: given.personal }, language);
}

function decided({
  text = "BUY",
  standing = { strikes: 0, restrictions: [] },
}: Given): ExplanationInput & { set: PolicySet } {
  const [counter] = policies.counters;
  assert.ok(counter !== undefined);
  const input: EvaluationInput = {
    type: "comment",
    op: "create",
    decidedAt,
    actor: { id: "u1", createdAt: decidedAt - 7_200_000 },
    signals: { linkCount: 5, capitals: 1000, repeated: 2, normalised: text.toLowerCase() },
    counters: new Map([[counter.id, 3]]),
    standing: { strikes: standing.strikes, restricted: standing.restrictions.length > 0 },
  };
  const evaluation = evaluate(policies, input);
  let ids = 0;
  const about = policies.policies;
  const enforcement = enforce(evaluation, about, standing, decidedAt, new Set(), () => `r_${ids++}`);
  const conclusion = concludeDecision(evaluation, enforcement);
  return {
    set: policies,
    record: {
      index: 17,
      time: "2026-11-23T12:00:00.500Z",
      actor: "a_x",
      release: "RELEASE",
      outcome: conclusion.outcome,
      restrictions: conclusion.restrictions,
    },
    event: { type: "comment", op: "create" },
    facts: factsOf(policies, input, evaluation.clauses),
    standing,
    concluded: conclusion.facts,
  };
}
