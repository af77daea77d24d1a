// SPDX-License-Identifier: Apache-2.0
// What a check of policy files finds: mistakes, what is worth a thought, what the tests in them gave, and
// what they declare. Pure; the page has it done in a worker (check.worker.ts).
import {
  builtinEventTypes,
  createList,
  loadPolicies,
  PolicyError,
  policyNotes,
  runPolicyTests,
  signalDefinitions,
} from "@docket/policy";
import type { Exemption, ListView, PolicyFile, PolicySet, PolicyTest, Rule } from "@docket/policy";
import type { Construct } from "./constructs.ts";
import type { DeclaredList, GivenList } from "./test-lists.ts";

/** Something about a line of a file. Lines and columns count from 1. */
export type Finding = {
  readonly kind: "error" | "warning" | "test";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
};

/** How one test of a file went. */
export type TestOutcome = {
  readonly policy: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly passed: boolean;
  readonly failures: readonly string[];
  /** Lists that it may read and ran without, if it doesn't pass: it may do so where they are. */
  readonly without: readonly string[];
};

/** An exemption as the page shows it. */
export type ShownExemption = Pick<Exemption, "id" | "policy" | "when" | "from" | "owner"> & {
  /** Ms since 1970; `null` for one without an end. */
  readonly untilMs: number | null;
};

/** A rule as the page shows it. */
export type ShownRule = Pick<Rule, "id" | "policy" | "mode" | "when"> & {
  /** Of how many actors, in basis points. */
  readonly rollout: number;
  readonly outcome: string | null;
  readonly points: number;
};

/** What was found. */
export type Checked = {
  readonly findings: readonly Finding[];
  readonly tests: readonly TestOutcome[];
  readonly rules: readonly ShownRule[];
  readonly exemptions: readonly ShownExemption[];
  readonly lists: readonly DeclaredList[];
  readonly models: readonly { readonly name: string; readonly kind: string; readonly file: string | null }[];
  /** Conditions, as policies have them, that read each list and model: ids of rules and exemptions. */
  readonly readers: Readonly<Record<string, readonly string[]>>;
};

const nothing: Omit<Checked, "findings"> = {
  tests: [],
  rules: [],
  exemptions: [],
  lists: [],
  models: [],
  readers: {},
};

/** Lists as they are looked up, by name. */
export type ListViews = ReadonlyMap<string, ListView>;

/** Makes lists of their entries. Takes a moment for long ones: once, and not for each check. */
export function viewsOf(lists: readonly GivenList[]): ListViews {
  return new Map(lists.map(({ name, kind, entries }) => [name, createList(kind, entries).view]));
}

/**
 * Checks policy files and runs their tests. A list that is neither among `views` nor given by a test is empty
 * there, and what then doesn't pass is a thought, and no failure.
 *
 * @param nowMs which exemptions have ended, in ms since 1970
 */
export function checkFiles(
  files: readonly PolicyFile[],
  nowMs: number,
  views: ListViews = new Map(),
): Checked {
  let set: PolicySet;
  try {
    set = loadPolicies(files);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const findings = error.problems.map(({ file, line, column, message, hint }): Finding => {
      return {
        kind: "error",
        file,
        line,
        column,
        message: hint === undefined ? message : `${message}; ${hint}`,
      };
    });
    return { ...nothing, findings };
  }
  const tests = outcomesOf(set, views);
  return {
    findings: [
      ...tests.filter(({ passed }) => !passed).map(unpassed),
      ...policyNotes(set, nowMs).map(({ place, message }) => warning(place, message)),
      ...set.policies.flatMap(thoughts),
    ],
    tests,
    ...declaredBy(set),
  };
}

/** What every condition may read, with a sentence each: for completion. What files declare comes on top. */
export function vocabulary(): Construct[] {
  const found = new Map<string, Construct>();
  for (const { name, type, doc } of signalDefinitions) {
    found.set(`signals.${name}`, { name: `signals.${name}`, says: doc.replaceAll("`", ""), type });
  }
  for (const { fields } of builtinEventTypes.values()) {
    for (const [name, { type, doc }] of fields) {
      found.set(`fields.${name}`, { name: `fields.${name}`, says: doc, type });
    }
  }
  return [...alwaysRead, ...found.values()];
}

const alwaysRead: readonly Construct[] = (
  [
    ["actor.id", "string", "The account's id. Personal."],
    ["actor.name", "string", "The account's name. Personal."],
    ["actor.ip", "string", "The address that it came from. Personal."],
    ["actor.email", "string", "The account's e-mail address. Personal."],
    ["actor.age", "duration", "How old the account is; missing without actor.createdAt."],
    ["content.text", "string", "The text. Personal."],
    ["content.title", "string", "Its title. Personal."],
    ["content.url", "string", "The address of the page. Personal."],
    ["content.parent", "string", "What it answers. Personal."],
    ["content.language", "string", "Its language."],
    ["content.group", "string", "Where it was posted."],
    ["content.revision", "int", "Which edit it is."],
    ["event.type", "string", "comment, message, signup, login, email, or one of your own."],
    ["event.op", "string", "create, edit, delete, challengePassed or challengeFailed."],
    ["campaign.size", "int", "How many events the campaign has, this one not counted."],
    ["campaign.actors", "int", "How many accounts the campaign has."],
    ["campaign.id", "string", "Which campaign it is."],
    ["reports.actor", "int", "What users' reports against the actor weigh that nobody has looked at."],
    ["reports.reporters", "int", "How many users reported the actor."],
    ["reports.content", "int", "What the reports of this very content weigh."],
    ["standing.strikes", "int", "The actor's strikes in force before this event."],
    ["standing.restricted", "bool", "Whether a restriction is in force."],
    ["standing.limited", "list<string>", "Abilities that are taken away."],
  ] as const
).map(([name, type, says]) => ({ name, type, says }));

function outcomesOf(set: PolicySet, views: ListViews): TestOutcome[] {
  const lists = new Map([...views].filter(([name, { kind }]) => set.lists.get(name)?.kind === kind));
  const results = runPolicyTests(set, { lists });
  const tests = set.policies.flatMap((policy) => policy.tests.map((test) => ({ policy, test })));
  return results.map(({ policy: id, name, place, passed, failures }): TestOutcome => {
    const own = passed
      ? undefined
      : tests.find(({ policy, test }) => policy.id === id && test.place === place);
    const read = own === undefined ? [] : listsReadBy(own.policy, own.test);
    const without = read.filter((list) => !lists.has(list));
    return { policy: id, name, ...lineOf(place), passed, failures, without };
  });
}

/** Lists that a test of a policy may read beside those that it gives. */
function listsReadBy({ rules, exempt }: PolicySet["policies"][number], { given }: PolicyTest): string[] {
  const reads = [...rules, ...exempt].flatMap((each) => each.reads.map((path) => path.split(".")));
  const names = new Set(reads.flatMap(([kind, name = ""]) => (kind === "lists" ? [name] : [])));
  return [...names].filter((name) => !given.lists.has(name));
}

function unpassed({ file, line, name, failures, without }: TestOutcome): Finding {
  const why = failures.join("; ");
  if (without.length === 0) {
    return { kind: "test", file, line, column: 1, message: `the test "${name}" fails: ${why}` };
  }
  const message = `the test "${name}" is not told here, without ${without.join(", ")}: ${why}`;
  return { kind: "warning", file, line, column: 1, message };
}

function declaredBy(set: PolicySet): Omit<Checked, "findings" | "tests"> {
  const rules = set.policies.flatMap((policy) => policy.rules);
  const exemptions = set.policies.flatMap(({ exempt }) => exempt);
  const readers: Record<string, string[]> = {};
  for (const { id, reads } of [...rules, ...exemptions]) {
    for (const path of new Set(reads.map((each) => each.split(".").slice(0, 2).join(".")))) {
      if (/^(lists|models)\./.test(path)) (readers[path] ??= []).push(id);
    }
  }
  const tested = new Set(
    set.policies.flatMap((policy) => policy.tests.flatMap((test) => listsReadBy(policy, test))),
  );
  return {
    rules: rules.map(({ id, policy, mode, when, rollout, then, points }) => {
      return { id, policy, mode, when, rollout, points, outcome: then?.outcome ?? null };
    }),
    exemptions: exemptions.map(({ id, policy, when, from, owner, untilMs = null }) => {
      return { id, policy, when, from, owner, untilMs };
    }),
    lists: [...set.lists.values()].map(({ name, kind, file = null }) => {
      return { name, kind, file, tested: tested.has(name) };
    }),
    models: [...set.models.values()].map(({ name, kind, file = null }) => ({ name, kind, file })),
    readers,
  };
}

// As `docket policy check` says it.
function thoughts({ id, file, rules, tests, exempt }: PolicySet["policies"][number]): Finding[] {
  const found: Finding[] = [];
  if (tests.length === 0) {
    found.push(warning(`${file}:1`, `the policy "${id}" has no tests: nothing shows what it is for`));
  }
  const expected = new Set(tests.flatMap(({ expect }) => expect.rules ?? []));
  for (const { id: rule, place, mode, then, reason } of rules) {
    const outcome = then?.outcome ?? "allow";
    if (mode !== "enforce" || outcome === "allow" || outcome === "flag") continue;
    if (tests.length > 0 && !expected.has(rule)) {
      found.push(warning(place, `no test expects the rule "${rule}" to fire`));
    }
    if (Object.keys(reason).length === 0) {
      found.push(warning(place, `the rule "${rule}" refuses events, and gives no reason to the actor`));
    }
  }
  for (const { id: exemption, untilMs, place } of exempt) {
    if (untilMs !== undefined) continue;
    found.push(warning(place, `the exemption "${exemption}" has no end; with until: it is looked at again`));
  }
  return found;
}

function warning(place: string, message: string): Finding {
  return { kind: "warning", ...lineOf(place), column: 1, message };
}

function lineOf(place: string): { file: string; line: number } {
  const at = place.lastIndexOf(":");
  return { file: place.slice(0, at), line: Number(place.slice(at + 1)) };
}
