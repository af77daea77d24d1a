// SPDX-License-Identifier: Apache-2.0
// Mistakes in what policies declare besides rules: types of events, lists, limits, exemptions, tests; and in
// how rules are rolled out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PolicyError } from "../errors.ts";
import { mistakesOf, withCondition, withKeys, withRule, withStrike } from "../testing/mistakes.ts";
import type { MistakeCase } from "../testing/mistakes.ts";
import { loadPolicies } from "./load.ts";

/** A policy on log-ins with one rule; its condition begins at line 5, column 11. */
function onLogin(when: string, more = ""): string {
  return `policy: p\non: [login]\nrules:\n  - id: r\n    when: ${when}\n    points: 1\n${more}`;
}

const events: readonly MistakeCase[] = [
  [
    "an event type that nothing declares",
    withKeys("").replace("[comment]", "[coment]"),
    '2:6: no event type is called "coment"; did you mean "comment"? (unknown-name)',
  ],
  [
    "an event type that is like nothing",
    withKeys("").replace("[comment]", "[listing]"),
    '2:6: no event type is called "listing"; declare it: events: { listing: { like: comment } } ' +
      "(unknown-name)",
  ],
  [
    "what log-ins lack",
    onLogin("signals.linkCount > 1 || content.text == 'a'"),
    '5:19: events of type login have no "signals.linkCount"; comment, email, message, signup events ' +
      "have it " +
      "(absent-field)",
    '5:44: events of type login have no "content.text"; comment, email, message, signup events have it ' +
      "(absent-field)",
  ],
  [
    "a field of other events",
    withCondition("fields.success").replace("[comment]", "[comment, message]"),
    '5:18: events of the types comment, message have no "fields.success"; login events have it ' +
      "(absent-field)",
  ],
  [
    "a field that is nearly right",
    onLogin("fields.sucess"),
    '5:18: nothing is called "fields.sucess"; did you mean "fields.success"? (unknown-name)',
  ],
  [
    "a field that no event has",
    onLogin("fields.captchaScore > 1"),
    '5:18: nothing is called "fields.captchaScore"; ' +
      "declare it: events: { login: { fields: { captchaScore: string } } } (unknown-name)",
  ],
  [
    "a counter by what events lack",
    onLogin("counters.c > 1", "counters: { c: { count: events, by: content.group, over: 1h } }\n"),
    '7:37: events of type login have no "content.group"; comment, message events have it (absent-field)',
  ],
  [
    "declarations of events",
    withKeys(
      "events:\n  Bad: {}\n  a: { like: coment, fields: { x-y: int, b: text, c: { type: list<int> }, " +
        "d: { type: int, personal: maybe } } }\n  comment: {}\n  message: { like: comment, fields: " +
        "{ recipients: string } }\n  b: { kind: x }",
    ),
    '6:3: "Bad" can\'t be an event type; begin with a letter, and use a-z, 0-9 and -, at most 32 of ' +
      "them (bad-id)",
    '7:14: like can\'t be "coment"; did you mean "comment"? (bad-value)',
    '7:32: "x-y" can\'t name a field; use letters, digits and _ (bad-id)',
    '7:45: the type of a field can\'t be "text"; there are int, bool, string, timestamp, ' +
      "list<string> (bad-value)",
    '7:62: the type of a field can\'t be "list<int>"; there are int, bool, string, timestamp, list<string> ' +
      "(bad-value)",
    "7:101: personal must be true or false, and this is text (wrong-kind)",
    '8:12: the event type "comment" is built in; here it gets no field; ' +
      "give the fields that it has besides, or leave it out (missing-key)",
    "9:14: a built-in event type is like no other; leave it out (conflict)",
    '9:39: events of type message have the field "recipients" already: it is list<string>; ' +
      "leave it out, or give yours another name (conflict)",
    '10:8: event type b has no key "kind"; event type b may have like, fields (unknown-key)',
  ],
  [
    "fields of one name and two types",
    withKeys("events:\n  a: { fields: { x: int } }\n  b: { fields: { x: string } }").replace(
      "[comment]",
      "[a, b, comment]",
    ),
    "2:5: fields.x is int in a events, and string in b events; write a policy for each (conflict)",
  ],
];

const lists: readonly MistakeCase[] = [
  [
    "declarations of lists",
    withKeys(
      "lists:\n  a-b: { kind: domain }\n  c: { kind: domains }\n  d: { file: x }\n" +
        "  e: { kind: term, file: ../x.txt, brake: { share: 0% } }",
    ),
    '6:3: "a-b" can\'t name a list; use letters, digits and _ (bad-id)',
    '6:3: no rule reads the list "a-b"; leave it out, or use it (unused-list)',
    '7:14: the kind of a list can\'t be "domains"; did you mean "domain"? (bad-value)',
    '8:6: list d needs the key "kind" (missing-key)',
    '9:3: no rule reads the list "e"; leave it out, or use it (unused-list)',
    '9:26: file can\'t be "../x.txt"; write a path within the policy directory, such as lists/domains.txt ' +
      "(bad-path)",
    "9:52: share must be from 0.01% to 100%, and this is 0% (bad-share)",
  ],
  [
    "a list of persons in a file",
    withCondition("actor.id in lists.staff", "lists: { staff: { kind: actor, file: staff.txt } }\n"),
    "7:32: a list of actors has no file: account ids would stand in every release; " +
      "import them: docket list import staff FILE (conflict)",
  ],
  [
    "a list that isn't declared",
    withCondition("actor.ip in lists.nets"),
    '5:29: nothing is called "lists.nets"; declare it: lists: { nets: { kind: domain } } (unknown-name)',
  ],
  [
    "a list that is nearly right",
    withCondition("actor.ip in lists.net && actor.ip in lists.nets", "lists: { nets: { kind: network } }\n"),
    '5:29: nothing is called "lists.net"; did you mean "lists.nets"? (unknown-name)',
  ],
  [
    "a list as a value",
    withCondition("lists.nets == lists.nets", "lists: { nets: { kind: network } }\n"),
    '5:11: "lists.nets" is a list of entries, not a value; write x in lists.nets, or lists.nets.hits(x) ' +
      "(wrong-type)",
    '5:25: "lists.nets" is a list of entries, not a value; write x in lists.nets, or lists.nets.hits(x) ' +
      "(wrong-type)",
  ],
  [
    "has() of a list",
    withCondition("has(lists.nets)", "lists: { nets: { kind: network } }\n"),
    '5:15: "lists.nets" is a list of entries, not a value; write x in lists.nets, or lists.nets.hits(x) ' +
      "(wrong-type)",
  ],
  [
    "a text in a list of terms",
    withCondition("content.text in lists.words", "lists: { words: { kind: term } }\n"),
    '5:24: "lists.words" is a list of terms, which are looked for in a text; ' +
      "write lists.words.hits(signals.normalised).size() > 0 (wrong-type)",
  ],
  [
    "a list in a list",
    withCondition("signals.domains in lists.bad", "lists: { bad: { kind: domain } }\n"),
    '5:11: only a string can be in "lists.bad", and this is list<string>; use exists(x, x in lists.bad) ' +
      "(wrong-type)",
  ],
  [
    "hits of no text",
    withCondition("lists.bad.hits(signals.words, 1).size() > 0", "lists: { bad: { kind: domain } }\n"),
    "5:21: hits() takes one argument, and here it has 2 (wrong-type)",
  ],
  [
    "hits of a number",
    withCondition("lists.bad.hits(signals.words).size() > 0", "lists: { bad: { kind: domain } }\n"),
    "5:26: the argument of hits() must be string or list<string>, but this is int (wrong-type)",
  ],
  [
    "a list of actors asked for somebody else",
    withCondition("actor.name in lists.staff", "lists: { staff: { kind: actor } }\n"),
    '5:11: "lists.staff" is a list of actors, which is asked for actor.id only; write actor.id in ' +
      "lists.staff " +
      "(wrong-type)",
  ],
  [
    "a list that is disclosed",
    withCondition(
      "\"'a.example' in lists.bad\"",
      "    disclose: [lists.bad]\nlists: { bad: { kind: domain } }\n",
    ),
    '7:16: "lists.bad" can\'t be disclosed; disclose a field, a signal or a counter (bad-path)',
  ],
];

const spamModel = "models: { spam: { kind: comment, use: general } }\n";

const models: readonly MistakeCase[] = [
  [
    "declarations of models",
    withKeys(
      "models:\n  a-b: { kind: comment, use: general }\n  c: { kind: comments, use: general }\n" +
        "  d: { use: general }\n  e: { kind: email, use: generall, file: ../x.model }",
    ),
    '6:3: "a-b" can\'t name a model; use letters, digits and _ (bad-id)',
    '6:3: no rule reads the model "a-b"; leave it out, or use it (unused-model)',
    '7:14: the kind of a model can\'t be "comments"; did you mean "comment"? (bad-value)',
    '8:6: model d needs the key "kind" (missing-key)',
    '9:26: what a model uses can\'t be "generall"; did you mean "general"? (bad-value)',
    "9:36: use and file both say where the model is from; leave one of them out (conflict)",
    '9:42: file can\'t be "../x.model"; write a path within the policy directory, such as models/e.model ' +
      "(bad-path)",
  ],
  [
    "a model from nowhere, and one too many",
    withKeys(
      "models:\n" +
        ["a", "b", "c", "d"].map((name) => `  ${name}: { kind: comment, use: general }\n`).join("") +
        "  e: { kind: comment }",
    ),
    "6:3: a policy has at most 4 models (too-large)",
    '6:3: no rule reads the model "a"; leave it out, or use it (unused-model)',
    '7:3: no rule reads the model "b"; leave it out, or use it (unused-model)',
    '8:3: no rule reads the model "c"; leave it out, or use it (unused-model)',
    '9:3: no rule reads the model "d"; leave it out, or use it (unused-model)',
    '10:6: model e needs the key "use" or "file"; write use: general, or file: models/e.model (missing-key)',
  ],
  [
    "a model that isn't declared",
    withCondition("models.spam.score > 900000"),
    '5:11: nothing is called "models"; declare it: models: { spam: { kind: comment, use: general } } ' +
      "(unknown-name)",
  ],
  [
    "a model that is nearly right",
    withCondition("models.span.score > 900000 && models.spam.score > 1", spamModel),
    '5:18: nothing is called "models.span"; did you mean "models.spam"? (unknown-name)',
  ],
  [
    "a part of a model that it lacks",
    withCondition("models.spam.scores > 900000 && models.spam.score > 1", spamModel),
    '5:23: nothing is called "models.spam.scores"; did you mean "score"? (unknown-name)',
  ],
  [
    "a score that can't be negative",
    withCondition("models.spam.score < 0", spamModel),
    "5:11: no value of models.spam.score makes this condition true, so the rule can never fire " +
      "(constant-condition)",
  ],
  [
    "a score that is a text",
    withCondition("models.spam.score == 'high'", spamModel),
    "5:29: == can't be used between int and string (wrong-type)",
  ],
  [
    "a score that is disclosed",
    withCondition("models.spam.score > 900000", `    disclose: [models.spam.score]\n${spamModel}`),
    '7:16: "models.spam.score" can\'t be disclosed; disclose a field, a signal or a counter (bad-path)',
  ],
  [
    "a score that is counted by",
    withCondition(
      "counters.c > 3 && models.spam.score > 1",
      "counters: { c: { count: events, by: actor.id, over: 1h, where: models.spam.score > 9 } }\n" +
        spamModel,
    ),
    '7:64: "models" can\'t be read here; ask for fields of the event and its signals only (absent-field)',
  ],
  [
    "events without a text",
    onLogin("models.spam.score > 9", spamModel),
    "7:9: events of type login have no text that a model could score; leave models out (absent-field)",
  ],
];

test("a name is one model in all policies", () => {
  const policy = (id: string, model: string): string =>
    `policy: ${id}\non: [comment]\nmodels: { spam: ${model} }\nrules:\n` +
    `  - { id: ${id}-r, when: models.spam.score > 900000, then: { outcome: flag } }\n`;
  const load = (one: string, other: string): unknown =>
    loadPolicies([
      { path: "a.yaml", text: policy("a", one) },
      { path: "b.yaml", text: policy("b", other) },
    ]);
  load("{ kind: comment, use: general }", "{ kind: comment, use: general }");
  assert.throws(
    () => load("{ kind: comment, use: general }", "{ kind: message, file: models/x.model }"),
    (error: PolicyError) => {
      assert.match(error.message, /has kind comment at a\.yaml:3, and message here/);
      assert.match(error.message, /has from use: general at a\.yaml:3, and models\/x\.model here/);
      return true;
    },
  );
});

const counted: readonly MistakeCase[] = [
  [
    "kinds of counters",
    withCondition(
      "counters.a + counters.b + counters.c + counters.d > 1 && counters.e > duration('1h')",
      "events: { comment: { fields: { price: int } } }\ncounters:\n" +
        "  a: { by: actor.id, over: 1h }\n  b: { count: events, sum: fields.price, by: actor.id, " +
        "over: 1h }\n" +
        "  c: { sum: actor.name, by: actor.id, over: 1h }\n  d: { sum: fields.prise, by: actor.id, " +
        "over: 1h }\n" +
        "  e: { first: comments, by: actor.id, over: 1h }\n",
    ),
    '9:6: counter a needs one of the keys "count", "sum" and "first" (missing-key)',
    "10:23: counter b has count already, and a counter is of one kind; declare two counters (conflict)",
    '11:13: only whole numbers can be added, and "actor.name" is string; ' +
      "count its different values: count: distinct … (wrong-type)",
    '12:13: nothing is called "fields.prise"; did you mean "fields.price"? (unknown-name)',
    '13:15: first can\'t be "comments"; there are events (bad-value)',
  ],
  [
    "where that asks what isn't the event's",
    withCondition(
      "counters.a > 1",
      "counters:\n  a: { count: events, by: actor.id, over: 1h, where: counters.a > 1 || " +
        "standing.restricted }\n",
    ),
    '8:63: "counters.a" can\'t be read here; ask for fields of the event and its signals only (absent-field)',
    '8:81: "standing.restricted" can\'t be read here; ask for fields of the event and its signals only ' +
      "(absent-field)",
  ],
  [
    "where that is always true, and never",
    withCondition(
      "counters.a > 1 && limits.b.exceeded",
      "counters: { a: { count: events, by: actor.id, over: 1h, where: 1 < 2 } }\n" +
        "limits: { b: { rate: 1/m, by: actor.id, where: signals.words < 0 } }\n",
    ),
    "7:64: this condition is always true, so the counter counts all: leave where out (constant-condition)",
    "8:48: no value of signals.words makes this condition true, so the limit counts nothing " +
      "(constant-condition)",
  ],
  [
    "declarations of limits",
    withCondition(
      "limits.c.exceeded || limits.d.exceded",
      "limits:\n  a-b: { rate: 1/m, by: actor.id }\n  c: { rate: 10, by: [] }\n  d: { rate: 1/m, by: " +
        "actor.age, " +
        "burst: 0 }\n  e: { rate: 1/m, by: [signals.links, signals.domains] }\n",
    ),
    '5:41: nothing is called "limits.d.exceded"; did you mean "limits.d.exceeded"? (unknown-name)',
    '8:3: "a-b" can\'t name a limit; use letters, digits and _ (bad-id)',
    '8:3: no rule reads the limit "a-b"; leave it out, or use it (unused-limit)',
    "9:14: rate must be text, and this is the number 10 (wrong-kind)",
    "9:22: by names at least one field (bad-value)",
    '10:23: a counter can\'t count by "actor.age"; count by a field of the event or a signal (bad-path)',
    "10:41: burst must be from 1 to 100000, and this is 0 (bad-value)",
    "11:23: only one field of a counter may be a list: signals.domains, signals.links (conflict)",
  ],
  [
    "a limit that isn't declared",
    withCondition("limits.posts.exceeded"),
    '5:18: nothing is called "limits.posts"; declare it under limits: (unknown-name)',
  ],
  [
    "a limit as a value",
    withCondition("limits.a", "limits: { a: { rate: 1/m, by: actor.id } }\n"),
    '5:11: "limits.a" is a group of names, not a value; write limits.a.NAME: exceeded, wait (wrong-type)',
  ],
  [
    "a sum that is compared with a time",
    withCondition(
      "counters.a > duration('1h')",
      "counters: { a: { count: events, by: actor.id, over: 1h } }\n",
    ),
    "5:22: > can't be used between int and duration; write a time as duration('24h') (wrong-type)",
  ],
];

const rules: readonly MistakeCase[] = [
  [
    "a rollout in shadow",
    withRule("points: 1\n    mode: shadow\n    rollout: 5%"),
    "8:5: a rule in shadow is enforced for nobody, so a rollout has no meaning; leave mode or rollout out " +
      "(conflict)",
  ],
  [
    "a rollout that is no share",
    withRule("points: 1\n    rollout: 0.255%"),
    '7:14: rollout can\'t be "0.255%"; write a share of the whole, such as 25% or 0.5% (bad-share)',
  ],
  [
    "a rollout of nothing",
    withRule("points: 1\n    rollout: 0%"),
    "7:14: rollout must be from 0.01% to 100%, and this is 0% (bad-share)",
  ],
  [
    "a rollout without a sign",
    withRule("points: 1\n    rollout: 25"),
    "7:14: rollout must be text, and this is the number 25 (wrong-kind)",
  ],
  [
    "always: false",
    withRule("points: 1\n    always: false"),
    "7:13: always can only be true; leave it out instead (bad-value)",
  ],
  [
    "a brake of nothing",
    withRule("points: 1\n    brake: { share: 0%, least: 0 }"),
    "7:21: share must be from 0.01% to 100%, and this is 0% (bad-share)",
    "7:32: least must be from 1 to 1000000, and this is 0 (bad-value)",
  ],
  [
    "an empty brake",
    withRule("points: 1\n    brake: {}"),
    "7:12: brake says nothing; give share, least or both (missing-key)",
  ],
  [
    "a brake of a threshold",
    withKeys("thresholds: [{ points: 5, outcome: flag, brake: { shar: 1% } }]"),
    '5:51: brake has no key "shar"; did you mean "share"? (unknown-key)',
  ],
  [
    "a cap on what restricts nobody",
    withRule("points: 1\n    restrictsAtMost: 5/h"),
    '7:5: "restrictsAtMost" has a meaning only with a restriction or a strike; leave it out (conflict)',
  ],
  [
    "a cap that is no rate",
    withRule("then: { suspend: 1d }\n    restrictsAtMost: 5"),
    "7:22: restrictsAtMost must be text, and this is the number 5 (wrong-kind)",
  ],
  [
    "a cap in other words",
    withRule("then: { suspend: 1d }\n    restrictsAtMost: 5 per hour"),
    '7:22: restrictsAtMost can\'t be "5 per hour"; write events per s, m, h or d, such as 1/m or ' +
      "20/h (bad-rate)",
  ],
  [
    "a ban with an end",
    withRule("then: { ban: true, suspend: 1d }"),
    "6:24: a ban has no end, so a suspension adds nothing to it; leave one of them out (conflict)",
  ],
  [
    "a limit of no ability",
    withRule("then: { limit: { abilities: [], for: 7d } }"),
    "6:33: abilities names at least one; such as links (bad-value)",
  ],
  [
    "abilities",
    withRule("then: { limit: { abilities: [Links, links, links], for: 7d } }"),
    '6:34: "Links" can\'t name an ability; begin with a small letter, and use letters, digits and -, ' +
      "at most 32 " +
      "of them (bad-id)",
    '6:48: "links" stands in abilities twice (conflict)',
  ],
  [
    "a limit without an end",
    withRule("then: { limit: { abilities: [links] } }"),
    '6:20: limit needs the key "for" (missing-key)',
  ],
  [
    "a threshold that delays",
    withKeys("thresholds: [{ points: 5, outcome: delay }]"),
    '5:36: a threshold with outcome: delay needs the key "retryAfter" (missing-key)',
  ],
  [
    "a threshold that does nothing",
    withKeys("thresholds: [{ points: 5, outcome: allow }]"),
    "5:36: a threshold that comes to allow does nothing; leave it out (conflict)",
  ],
  [
    "a ladder that nothing climbs",
    withKeys("ladder: [{ strikes: 2, within: 1d, then: { warn: true } }]"),
    "5:9: no rule of this policy gives a strike, so the ladder is never climbed; " +
      "give a rule a strike, or leave the ladder out (unreachable)",
  ],
  [
    "a step that can't be reached",
    withStrike("ladder: [{ strikes: 5, within: 1d, then: { warn: true } }]").replace(
      "strike: 1 } }",
      "strike: 2 }, strikeEvery: 12h }",
    ),
    "5:10: 5 strikes within 1d can't be reached: the rules give at most 4; lower it, or a rule's " +
      "strikeEvery " +
      "(unreachable)",
  ],
  [
    "what a step needs",
    withStrike("ladder: [{ strikes: 2, within: 1d, then: { ban: true }, needs: reviews }]"),
    '5:64: needs can\'t be "reviews"; did you mean "review"? (bad-value)',
  ],
  [
    "two rules that do the same",
    withKeys("  - { id: s, when: signals.linkCount>1 // again, points: 10 }").replace(" // again", ""),
    '5:5: "s" does what "r" does, under the same condition; leave one of them out (redundant)',
  ],
  [
    "a rule that does less often what another does",
    withStrike(
      "  - { id: s, when: signals.words > 5 && signals.linkCount > 1, then: { outcome: reject } }",
    ).replace("reject, strike: 1", "reject"),
    '5:5: "s" does what "r" does, under a wider condition; leave one of them out (redundant)',
  ],
];

const exemptions: readonly MistakeCase[] = [
  [
    "declarations of exemptions",
    withKeys(
      "exempt:\n  - { id: A, when: signals.words > 1, from: [r], owner: me }\n" +
        "  - { id: b, when: 1 < 2, from: [], owner: '' }\n  - { id: c, when: signals.word > 1, from: " +
        "[rr, r, r], " +
        "owner: me, until: tomorrow }\n  - { id: b, when: 1 > 2, from: r }",
    ),
    "6:11: \"A\" can't be an exemption's id; begin with a letter, and use a-z, 0-9 and -, at most 64 " +
      "of them " +
      "(bad-id)",
    "7:20: this condition is always true, so the exemption always applies: remove the rules instead " +
      "(constant-condition)",
    "7:33: from names at least one rule (bad-value)",
    "7:44: owner must not be empty (bad-value)",
    '8:28: nothing is called "signals.word"; did you mean "signals.words"? (unknown-name)',
    '8:45: no rule of this policy is called "rr"; did you mean "r"? (unknown-name)',
    '8:52: "r" stands in from twice (conflict)',
    '8:74: until can\'t be "tomorrow"; write a day such as 2026-12-31, or a time such as ' +
      "2026-12-31T12:00:00Z " +
      "(bad-time)",
    '9:5: an exemption needs the key "owner" (missing-key)',
    '9:11: the exemption "b" stands at p.yaml:7 already; records name exemptions by id alone (duplicate-id)',
    "9:20: this condition is never true, so the exemption can never apply (constant-condition)",
    "9:33: from must be a list, and this is text (wrong-kind)",
  ],
  [
    "an exemption from what always applies",
    withKeys("exempt: [{ id: a, when: signals.words > 1, from: [r], owner: me }]").replace(
      "points: 10",
      "points: 10, always: true",
    ),
    '5:51: the rule "r" is marked always: nothing is exempt from it; leave it out, or take always ' +
      "from the rule " +
      "(conflict)",
  ],
];

const tests: readonly MistakeCase[] = [
  [
    "what tests give",
    withCondition(
      "counters.c > 1 && counters.f > duration('1h') && limits.l.exceeded && 'a.example' in lists.d",
      "attributes: { posts: int }\ncounters:\n  c: { count: events, by: actor.id, over: 1h }\n" +
        "  f: { first: events, by: actor.id, over: 1h }\nlimits: { l: { rate: 1/m, by: actor.id } }\n" +
        "lists: { d: { kind: domain } }\ntests:\n" +
        "  - given: { type: coment, op: remove, at: noon, acter: {} }\n    expect: { outcome: rejct }\n" +
        "  - given:\n      actor: { id: 1, age: 1h, createdAt: 2026-01-01, attributes: { post: 1, " +
        "posts: many } }\n" +
        "      content: { txt: a, revision: -1 }\n      fields: { price: 1, mentions: a }\n" +
        "      counters: { c: 1h, f: 3, d: 1 }\n      limits: { l: 1 }\n" +
        "      lists: { d: [not a host], e: [] }\n      standing: { strikes: no }\n    expect: {}\n" +
        "  - expect: { rules: [r, s], not: [r], points: few }\n",
    ),
    '14:20: type can\'t be "coment"; did you mean "comment"? (bad-value)',
    '14:32: op can\'t be "remove"; there are create, edit, delete, challengePassed, challengeFailed ' +
      "(bad-value)",
    '14:44: at can\'t be "noon"; write a day such as 2026-12-31, or a time such as ' +
      "2026-12-31T12:00:00Z (bad-time)",
    '14:50: given has no key "acter"; did you mean "actor"? (unknown-key)',
    '15:24: outcome can\'t be "rejct"; did you mean "reject"? (bad-value)',
    "17:20: actor.id must be text, and this is the number 1 (wrong-kind)",
    "17:23: age and createdAt say the same; leave one of them out (conflict)",
    '17:69: no attribute is called "post"; did you mean "posts"? (unknown-name)',
    "17:85: posts must be a whole number, and this is text (wrong-kind)",
    '18:18: content has no key "txt"; did you mean "text"? (unknown-key)',
    "18:36: content.revision must be from 0 to 9007199254740991, and this is -1 (bad-value)",
    '19:17: no field of comment events is called "price" (unknown-name)',
    "19:37: mentions must be a list, and this is text (wrong-kind)",
    "20:22: the counter c must be a whole number, and this is text (wrong-kind)",
    "20:29: the counter f must be text, and this is the number 3 (wrong-kind)",
    '20:32: this policy has no counter "d"; did you mean "c"? (unknown-name)',
    "21:20: the limit l must be text, and this is the number 1 (wrong-kind)",
    '22:20: expected a host name such as example.com ("not a host") (bad-value)',
    '22:33: this policy has no list "e"; did you mean "d"? (unknown-name)',
    "23:28: strikes must be a whole number, and this is text (wrong-kind)",
    "24:13: expect asks nothing; give outcome, rules, not or points (missing-key)",
    '25:5: a test needs the key "given" (missing-key)',
    '25:26: no rule of this policy is called "s"; did you mean "r"? (unknown-name)',
    '25:35: "r" stands in rules and in not (conflict)',
    "25:48: points must be a whole number, and this is text (wrong-kind)",
  ],
  [
    "a test that doesn't say of which type its event is",
    withKeys("tests: [{ given: {}, expect: { points: 0 } }]").replace("[comment]", "[comment, message]"),
    '5:18: given needs the key "type"; this policy is on comment, message (missing-key)',
  ],
  [
    "a test that gives content to a log-in",
    onLogin("fields.success", "tests: [{ given: { content: { text: a } }, expect: { points: 0 } }]\n"),
    '7:31: events of type login have no "content.text" (absent-field)',
  ],
];

const reported: readonly MistakeCase[] = [
  [
    "a rule that lets reports restrict",
    withRule("points: 1").replace("signals.linkCount > 1", "reports.actor > 3000"),
    '6:5: a rule that reads "reports.actor" can\'t give points; ' +
      "reports alone must not restrict anybody; flag or hold, and a person decides (conflict)",
  ],
  ...["outcome: reject", "outcome: flag, strike: 1", "outcome: hold, holdFor: 1h, otherwise: reject"].map(
    (then): MistakeCase => [
      `a rule that reads reports, and then ${then}`,
      withRule(`then: { ${then} }`).replace("signals.linkCount > 1", "reports.content > 1"),
      '6:5: a rule that reads "reports.content" may flag, or hold for a person, and do nothing else; ' +
        "reports alone must not restrict anybody; flag or hold, and a person decides (conflict)",
    ],
  ),
  [
    "reports under a counter",
    withKeys("counters: { c: { count: events, by: actor.id, over: 1h, where: reports.actor > 1 } }"),
    '5:72: "reports.actor" can\'t be read here; ask for fields of the event and its signals only ' +
      "(absent-field)",
  ],
  [
    "what a test gives of reports",
    withKeys("tests: [{ given: { reports: { actors: 1, content: -1 } }, expect: { points: 0 } }]"),
    '5:31: reports has no key "actors"; did you mean "actor"? (unknown-key)',
    "5:51: content must be from 0 to 1000000000, and this is -1 (bad-value)",
  ],
];

for (const [name, text, ...expected] of [
  ...events,
  ...reported,
  ...lists,
  ...models,
  ...counted,
  ...rules,
  ...exemptions,
  ...tests,
]) {
  test(`mistake in a policy: ${name}`, () => assert.deepEqual(mistakesOf(text), expected));
}

test("policies that disagree", () => {
  const rule = (id: string): string => `rules: [{ id: ${id}, when: actor.ip in lists.nets, points: 1 }]`;
  const a =
    "policy: a\non: [listing]\nevents: { listing: { like: comment } }\n" +
    `lists: { nets: { kind: network, file: a.txt } }\n${rule("a")}`;
  const b =
    "policy: b\non: [listing]\nevents: { listing: {} }\n" +
    `lists: { nets: { kind: hash, file: b.txt, brake: { least: 3 } } }\n${rule("b")}\n` +
    "exempt: [{ id: x, when: signals.words > 1, from: [a], owner: me }]\n";
  assert.throws(
    () =>
      loadPolicies([
        { path: "a.yaml", text: a },
        { path: "b.yaml", text: b },
      ]),
    (error) => {
      assert.ok(error instanceof PolicyError);
      assert.deepEqual(error.message.split("\n"), [
        'b.yaml:3:11: the event type "listing" is declared at a.yaml:3 already; ' +
          "declare it once: all policies know it (duplicate-id)",
        'b.yaml:4:10: the list "nets" has kind network at a.yaml:4, and hash here; ' +
          "a name is one list in all policies: declare it alike (conflict)",
        'b.yaml:4:10: the list "nets" has file a.txt at a.yaml:4, and b.txt here; ' +
          "a name is one list in all policies: declare it alike (conflict)",
        'b.yaml:4:10: the list "nets" has brake 1% of at least 20 at a.yaml:4, and 1% of at least 3 here; ' +
          "a name is one list in all policies: declare it alike (conflict)",
        'b.yaml:6:51: no rule of this policy is called "a"; it stands at a.yaml:5: write the ' +
          "exemption there " +
          "(unknown-name)",
      ]);
      return true;
    },
  );
});

test("limits of size are told", () => {
  const many = (count: number, each: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => each(index)).join(", ");
  const fields = many(65, (index) => `f${index}: int`);
  const messages = mistakesOf(
    withKeys(
      [
        `lists: { ${many(51, (index) => `l${index}: { kind: hash }`)} }`,
        `limits: { ${many(51, (index) => `l${index}: { rate: 1/m, by: actor.id }`)} }`,
        `events: { ${many(21, (index) => `e${index}: {}`)}, x: { fields: { ${fields} } } }`,
        `exempt: [${many(101, () => "1")}]`,
        `tests: [${many(501, () => "1")}]`,
      ].join("\n"),
    ),
  );
  const large = messages.filter((message) => message.endsWith("(too-large)"));
  assert.deepEqual(large, [
    "5:8: a policy has at most 50 lists (too-large)",
    "6:9: a policy has at most 50 limits (too-large)",
    "7:9: a policy declares at most 20 event types (too-large)",
    "7:203: an event type declares at most 64 fields (too-large)",
    "8:9: exempt has 101 elements; the limit is 100 (too-large)",
    "9:8: tests has 501 elements; the limit is 500 (too-large)",
  ]);
});

test("rules of one condition that do different things are no mistake", () => {
  const keys = (rule: string): string => withKeys(`  - { id: s, when: signals.linkCount > 1, ${rule} }`);
  assert.deepEqual(mistakesOf(keys("points: 20")), []);
  assert.deepEqual(mistakesOf(keys("then: { outcome: flag }")), []);
  const narrower = "  - { id: s, when: signals.linkCount > 1 && signals.words > 3, points: 10 }";
  assert.deepEqual(mistakesOf(withKeys(narrower)), [], "points add up");
});
