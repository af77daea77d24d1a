// SPDX-License-Identifier: Apache-2.0
// A policy of 200 rules with 20 counters and 5 lists, such as a community has after some years: counters and
// their levels, words and patterns on normalised text, links, account age, lists, and a few expensive ones.
// Half of the rules give points; a tenth are in shadow; some conditions share parts, as people write them.

/** How many of each the policy has. */
export const policySize = { rules: 200, counters: 20, lists: 5 } as const;

const windows = ["1m", "10m", "1h", "1d"] as const;
const counted = [
  ["posts", "count: events, by: actor.id"],
  ["texts", "count: distinct actor.id, by: signals.fingerprint"],
  ["repeats", "count: events, by: [actor.id, signals.fingerprint]"],
  ["groups", "count: distinct content.group, by: actor.id"],
  ["spread", "count: distinct actor.id, by: signals.domains"],
] as const;

const products =
  "casino bitcoin viagra loan jackpot forex crypto pills replica followers lottery escort".split(" ");
const verbs = "buy win earn claim click visit subscribe order invest download".split(" ");

/** The policy's text. */
export function generatedPolicy(): string {
  const counters = counted.flatMap(([name, what]) =>
    windows.map((window) => `  ${name}_${window}: { ${what}, over: ${window} }`),
  );
  return [
    "policy: generated",
    "on: [comment]",
    "attributes: { approvedPosts: int, verified: bool }",
    "lists:",
    "  bad_terms: { kind: term }",
    "  bad_patterns: { kind: pattern }",
    "  bad_domains: { kind: domain }",
    "  bad_networks: { kind: network }",
    "  throwaway: { kind: emailHost }",
    "counters:",
    ...counters,
    "rules:",
    ...conditions().map(ruleLine),
    "thresholds:",
    "  - { points: 300, outcome: flag }",
    "  - { points: 600, outcome: hold, holdFor: 12h, otherwise: allow }",
    "ladder:",
    "  - { strikes: 3, within: 7d, then: { suspend: 1d } }",
    "",
  ].join("\n");
}

function ruleLine(when: string, index: number): string {
  const effects = [
    "then: { outcome: reject, strike: 1 }",
    "points: 100",
    "then: { outcome: flag }",
    "points: 150",
    "then: { outcome: hold }",
    "points: 50",
  ];
  const mode = index % 10 === 9 ? ", mode: shadow" : "";
  const effect = `${effects[index % effects.length]}${mode}`;
  return `  - { id: rule-${index}, when: ${JSON.stringify(when)}, ${effect} }`;
}

function conditions(): string[] {
  const found: string[] = [];
  for (const [name] of counted) {
    for (const [index, window] of windows.entries()) {
      const counter = `counters.${name}_${window}`;
      found.push(`${counter} >= ${5 * (index + 2)} && signals.letters >= 30`);
      found.push(`${counter} >= ${3 * (index + 2)} && signals.linkCount > 0 && !actor.attributes.verified`);
    }
  }
  for (const product of products) {
    found.push(`signals.normalised.contains('${product}') && signals.linkCount > 0`);
    found.push(`signals.normalised.matches(r'\\b${product}s?\\b') && counters.posts_1h >= 2`);
    found.push(`content.text.contains('${product.toUpperCase()}')`);
    found.push(
      `signals.normalised.matches(r'(best|cheap|free) +${product}') || actor.name.contains('${product}')`,
    );
  }
  for (const verb of verbs) {
    found.push(`signals.normalised.startsWith('${verb}') && signals.length < 60`);
    found.push(
      `signals.normalised.matches(r'${verb} (now|here|today)\\b.{0,40}(link|site|channel|profile)')`,
    );
    found.push(`signals.normalised.matches(r'\\b${verb}[^a-z]+[0-9]{2,}%') && actor.age < duration('48h')`);
  }
  for (let level = 1; level <= 12; level++) {
    found.push(`signals.capitals > ${400 + level * 50} && signals.letters >= ${10 * level}`);
    found.push(`signals.repeated >= ${6 + level} && signals.words < ${20 * level}`);
    found.push(`signals.words < ${level} && signals.linkCount >= 1 && counters.groups_1h > ${level}`);
  }
  found.push("actor.ip in lists.bad_networks && signals.linkCount > 0", "actor.email in lists.throwaway");
  found.push("signals.links.exists(link, link in lists.bad_domains)");
  found.push("signals.domains.exists(domain, domain in lists.bad_domains) && actor.age < duration('168h')");
  found.push(
    "lists.bad_terms.hits(signals.normalised).size() >= 2",
    "lists.bad_patterns.hits(signals.normalised).size() > 0",
  );
  found.push("lists.bad_terms.hits(signals.normalised).size() >= 1 && signals.linkCount > 0");
  found.push("signals.normalised.matches(r'[0-9]{3}[- .]?[0-9]{3}[- .]?[0-9]{4}')");
  found.push("signals.normalised.matches(r'^\\W*$') && signals.length > 10");
  found.push("content.text.matches(r'(?i)check +(out|my) +(channel|video|page)')");
  found.push("signals.links.all(link, link.startsWith('http:')) && signals.links.size() > 1");
  for (let step = 1; found.length < policySize.rules; step++) {
    found.push(
      `signals.linkCount * ${step} + counters.posts_10m * 2 > ${20 + step} && standing.strikes < ${step}`,
    );
  }
  return found.slice(0, policySize.rules);
}
