// SPDX-License-Identifier: Apache-2.0
// What each construct of a policy file is, in a sentence, and where it belongs: for completion, and for
// whoever wonders at it. docs/reference/policy.md has all of it at length.

/** A key or word of the policy language. */
export type Construct = { readonly name: string; readonly says: string; readonly type?: string };

/** A kind of mapping in a policy file. */
export type Place =
  | "policy"
  | "rule"
  | "then"
  | "throttle"
  | "limitMeasure"
  | "brake"
  | "threshold"
  | "step"
  | "exemption"
  | "counter"
  | "limit"
  | "list"
  | "model"
  | "lookup"
  | "campaigns"
  | "event"
  | "test"
  | "given"
  | "givenActor"
  | "givenContent"
  | "expect";

const brake = [
  "brake",
  "Its emergency brake: { share: 2%, least: 20 }. It stops what hits too much.",
] as const;
const until = ["for", "For how long, such as 24h or 7d."] as const;
const hold = [
  ["holdFor", "How long it is held, up to 30d; with otherwise."],
  ["otherwise", "The outcome after that time: allow, flag or reject."],
  ["retryAfter", "With delay: when the actor may try again, up to 24h."],
] as const;
const measures = [
  ["warn", "true: the actor is warned."],
  ["throttle", "{ rate: 1/m, for: 30m }: the actor may post at this pace for this time."],
  ["limit", "{ abilities: [links], for: 7d }: the actor may not do these things for this time."],
  ["suspend", "The actor's next events are rejected for this time, such as 24h."],
  ["ban", "true: the actor's events are rejected for good."],
] as const;
const by = ["by", "What it counts by: a field, or up to four that are taken together."] as const;
const where = ["where", "A condition on the event: only those are counted for which it is true."] as const;

const keys: Readonly<Record<Place, readonly (readonly [string, string])[]>> = {
  policy: [
    ["policy", "The policy's id, unique among all files."],
    ["on", "The types of events that it is about, such as [comment]."],
    ["rules", "Its rules. All are evaluated, always; the strictest outcome counts."],
    ["events", "Types of events besides the built-in ones, and fields that they have besides."],
    ["attributes", "What the app tells of an actor: NAME: int, bool, string or timestamp."],
    ["lists", "Named sets of values, which conditions ask."],
    ["lookups", "Lists in the DNS that are asked about an event before it is decided."],
    ["models", "Models that score the text of an event."],
    ["campaigns", "Texts that are nearly the same, and links to the same place, whoever posts them."],
    ["counters", "Facts over a window of events, such as how many came from one account within an hour."],
    ["limits", "Rates that are measured: how often something may happen."],
    ["exempt", "Who is exempt from which rules, and who answers for that."],
    ["thresholds", "Outcomes that follow from the sum of points."],
    ["ladder", "Restrictions that follow from strikes, step by step."],
    ["restrictions", "shadow: what its rules would do to accounts is recorded, and not done."],
    ["tests", "Events, and what is expected of them. They run as you type, and before each proposal."],
  ],
  rule: [
    ["id", "Its name in records; unique among all files."],
    ["when", "The condition: a rule fires if it comes to true."],
    ["then", "What it does: an outcome, strikes, measures."],
    ["points", "What it adds to the policy's sum of points, which thresholds look at."],
    ["reason", "Why, for the affected user: a text, or one for each language."],
    ["disclose", "Paths whose values may be shown to the affected user."],
    ["mode", "enforce, or shadow: decided and recorded, without any effect."],
    ["rollout", "25%: enforced for a quarter of the actors, always the same ones."],
    ["always", "true: no exemption applies."],
    ["strikeEvery", "At most one strike of this rule for an actor in this time."],
    brake,
    ["restrictsAtMost", "20/h: how many actors it may restrict in that time."],
  ],
  then: [
    ["outcome", "What becomes of the event: allow, flag, challenge, delay, hold or reject."],
    ["strike", "How many strikes the actor gets, 1 to 100. The ladder counts them."],
    ...measures,
    ...hold,
  ],
  throttle: [
    ["rate", "N/s, N/m, N/h or N/d."],
    ["burst", "How many may come at once; 1 if left out."],
    until,
  ],
  limitMeasure: [["abilities", "What the actor may not do, in words that your app knows."], until],
  brake: [
    ["share", "The share of events that it may hit, such as 2%."],
    ["least", "Below so many hits it is never stopped."],
  ],
  threshold: [["points", "From so many points on."], ["outcome", "The outcome then."], ...hold, brake],
  step: [
    ["strikes", "From so many strikes on."],
    ["within", "That the actor got within this time, such as 7d."],
    ["then", "What follows: warn, throttle, limit, suspend or ban."],
    ["needs", "review: it is proposed to a reviewer, and does not apply by itself."],
  ],
  exemption: [
    ["id", "Its name in records."],
    ["when", "The condition: to whom it applies."],
    ["from", "The rules that it suppresses, of this policy."],
    ["owner", "Who answers for it."],
    ["until", "A day or a time after which it does not apply. Give one, so that it is looked at again."],
  ],
  counter: [
    ["count", "events, or distinct FIELD: how many different values."],
    ["sum", "A whole number that is added up, such as fields.price."],
    ["first", "events: how long ago the first of them came."],
    by,
    ["over", "The window, from 3s to 90d; it has sixty buckets."],
    where,
  ],
  limit: [
    ["rate", "N/s, N/m, N/h or N/d."],
    ["burst", "How many may come at once; 1 if left out."],
    by,
    where,
  ],
  list: [
    ["kind", "What its entries are: term, pattern, domain, network, emailHost, hash or actor."],
    ["file", "A file beside the policy; without it, entries are changed in Settings or over the API."],
    ["brake", "The emergency brake of each entry: { share: 1%, least: 20 }."],
  ],
  model: [
    ["kind", "Of what it scores the text: comment, message or email."],
    ["use", "general: the model that comes with Docket, until another is published."],
    ["file", "A model beside the policy."],
  ],
  lookup: [
    ["zone", "The name of the list in the DNS."],
    ["of", "What is asked: signals.domains, signals.emailHosts, actor.email or actor.ip."],
    ["timeout", "How long an answer may take, 20ms to 1s."],
    ["codes", "The answers that count, such as [127.0.0.2]."],
  ],
  campaigns: [["over", "How far back, from 10m to 30d; 24h if left out."]],
  event: [
    ["like", "A built-in type whose fields it has, too."],
    ["fields", "Its own fields: NAME: int, bool, string, timestamp or list<string>."],
  ],
  test: [
    ["name", "What it shows."],
    ["given", "The event, and what counters, lists and standing say. What is left out is missing."],
    ["expect", "What has to come out."],
  ],
  given: [
    ["type", "The event's type."],
    ["op", "create, edit, delete, challengePassed or challengeFailed."],
    ["at", "When it is decided."],
    ["actor", "Who: { age: 1h, ip: …, attributes: … }."],
    ["content", "What: { text: … }."],
    ["fields", "The event's fields."],
    ["counters", "Values of counters; 0 if left out."],
    ["limits", "How long limits have to be waited for."],
    ["lists", "Entries of lists."],
    ["lookups", "Answers of look-ups, or missing."],
    ["campaign", "{ size: 9, actors: 5 }."],
    ["reports", "What reports weigh."],
    ["standing", "Strikes and restrictions in force."],
  ],
  givenActor: [
    ["id", "The account's id."],
    ["name", "The account's name."],
    ["ip", "Its address."],
    ["email", "Its e-mail address."],
    ["age", "How old it is, such as 1h."],
    ["createdAt", "Or when it was made."],
    ["attributes", "What the app tells of it."],
  ],
  givenContent: [
    ["text", "The text."],
    ["title", "Its title."],
    ["url", "The address of the page."],
    ["language", "Its language."],
    ["group", "Where it was posted."],
    ["parent", "What it answers."],
  ],
  expect: [
    ["outcome", "The outcome."],
    ["rules", "Rules that have to fire."],
    ["not", "Rules that must not fire."],
    ["points", "The sum of points."],
  ],
};

const outcomes = ["allow", "flag", "challenge", "delay", "hold", "reject"];
const outcomesSay = [
  "let through",
  "let through, and put in the review queue",
  "asked to prove itself",
].concat(["slowed down: try again later", "held until somebody reviews it, or for a time", "refused"]);
const values: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  outcome: outcomes.map((each, place) => [each, outcomesSay[place] ?? ""] as const),
  otherwise: [
    ["allow", "let through after that time"],
    ["flag", "let through, and put in the review queue"],
    ["reject", "refused after that time"],
  ],
  mode: [
    ["enforce", "it has its effect"],
    ["shadow", "decided and recorded, without any effect"],
  ],
  restrictions: [
    ["enforce", "they are put on accounts"],
    ["shadow", "they are recorded, and not put on anybody"],
  ],
  needs: [["review", "a person decides"]],
  on: [
    ["comment", "what many can read"],
    ["message", "what goes to some"],
    ["signup", "a new account"],
    ["login", "an attempt to log in"],
    ["email", "a mail"],
  ],
};
const listKindsSay = [
  ["term", "words and phrases"],
  ["pattern", "regular expressions"],
  ["domain", "host names, with all below them"],
  ["network", "addresses and CIDR blocks"],
  ["emailHost", "hosts of e-mail addresses"],
  ["hash", "fingerprints and other values"],
  ["actor", "account ids, kept as keyed hashes"],
] as const;

/** What conditions may call. */
export const functions: readonly Construct[] = (
  [
    ["exists", "exists(x, …): whether it is true of any element."],
    ["all", "all(x, …): whether it is true of all elements."],
    ["exists_one", "exists_one(x, …): whether it is true of exactly one element."],
    ["filter", "filter(x, …): the elements of which it is true."],
    ["map", "map(x, …): what comes of each element."],
    ["size", "size(): how many elements, or characters."],
    ["contains", "contains(part): whether the text has it somewhere."],
    ["startsWith", "startsWith(part): whether the text begins so."],
    ["endsWith", "endsWith(part): whether the text ends so."],
    ["matches", "matches('pattern'): whether a regular expression (RE2) is found in the text."],
    ["lowerAscii", "lowerAscii(): the text with A to Z as a to z."],
    ["hits", "lists.NAME.hits(text): the entries that were found in it."],
    ["has", "has(actor.age): whether it has a value."],
    ["duration", "duration('24h'): a time span."],
    ["timestamp", "timestamp('2026-01-31T12:00:00Z'): a point in time."],
  ] as const
).map(([name, says]) => ({ name, says }));

/** The keys of a mapping. */
export function keysOf(place: Place): readonly Construct[] {
  return keys[place].map(([name, says]) => ({ name, says }));
}

/** The words that a key's value may be, if they are few. */
export function valuesOf(place: Place, key: string): readonly Construct[] {
  const few = place === "list" && key === "kind" ? listKindsSay : values[key];
  return (few ?? []).map(([name, says]) => ({ name, says }));
}

/** The mapping that a path of keys leads into; a list's items stand in no key of their own. */
export function placeOf(path: readonly string[]): Place | undefined {
  const [first, second, third, fourth] = path;
  if (first === undefined) return "policy";
  const inThen = (name: string | undefined): Place =>
    name === undefined ? "then" : name === "throttle" ? "throttle" : "limitMeasure";
  if (first === "rules") {
    if (second === "then") return inThen(third);
    return second === "brake" ? "brake" : second === undefined ? "rule" : undefined;
  }
  if (first === "ladder") return second === "then" ? inThen(third) : "step";
  if (first === "thresholds") return second === "brake" ? "brake" : "threshold";
  if (first === "exempt") return "exemption";
  if (first === "campaigns") return "campaigns";
  if (first === "tests") return placeInTest(second, third);
  return fourth === undefined && second !== undefined ? named[first] : undefined;
}

const named: Readonly<Record<string, Place>> = {
  counters: "counter",
  limits: "limit",
  lists: "list",
  models: "model",
  lookups: "lookup",
  events: "event",
};

function placeInTest(second: string | undefined, third: string | undefined): Place | undefined {
  if (second === undefined) return "test";
  if (second === "expect") return "expect";
  if (second !== "given") return undefined;
  if (third === undefined) return "given";
  return third === "actor" ? "givenActor" : third === "content" ? "givenContent" : undefined;
}
