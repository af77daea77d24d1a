// SPDX-License-Identifier: Apache-2.0
// What whoever approves a change has to see: which lines and which rules differ, what the policies' own tests
// gave, and what the candidate would have hit over the last week. It is sealed with the proposal, in the part
// `change`.
import { runPolicyTests } from "@docket/policy";
import type { Outcome, Policy } from "@docket/policy";
import type { Comparable, PolicyChange } from "./compare.ts";
import type { ModelCheck } from "./contract.ts";
import { comparePolicies, restrictsMore } from "./compare.ts";
import { modelsOf } from "./release.ts";
import type { KeptRelease, Release } from "./release.ts";
import type { FileChange } from "./text-diff.ts";
import { compareFiles } from "./text-diff.ts";

/** Longest text of differences that is sealed, in characters; longer ones are named and left out. */
export const sealedDiffLengthMax = 262_144;
/** Most things that differ that are sealed one by one. */
export const sealedChangesMax = 1000;
/** Longest reason for a change, in characters. */
export const whyLengthMax = 4000;

/** What the tests that stand in the policies gave. */
export type TestReport = {
  readonly run: number;
  readonly failed: readonly {
    readonly policy: string;
    readonly name: string;
    readonly place: string;
    readonly why: string;
  }[];
};

/** Runs the tests of all policies of a release. */
export type TestRunner = (release: Release) => TestReport;

/** How often a rule fired, under the release in force and under the candidate. */
export type PreviewedRule = {
  readonly policy: string;
  readonly rule: string;
  readonly before: number;
  readonly after: number;
};

/** How many decisions there are of each outcome. */
export type OutcomeCounts = Readonly<Record<Outcome, number>>;

/** What the candidate would have done with recent events. */
export type Preview =
  | { readonly ran: false; readonly why: string }
  | {
      readonly ran: true;
      /** The first and the last event's `decidedAt`. */
      readonly from: string;
      readonly to: string;
      readonly events: number;
      /** Decisions that come out otherwise. */
      readonly changed: number;
      /** Decisions by outcome: as they were recorded, and as the candidate has them. */
      readonly outcomes?: { readonly before: OutcomeCounts; readonly after: OutcomeCounts };
      readonly rules: readonly PreviewedRule[];
      readonly notes?: readonly string[];
    };

/**
 * Has a candidate decide recent history. Stops when the signal says so.
 *
 * `unkept` is a change of a list that the candidate names and that is kept nowhere.
 */
export type Previewer = (
  candidate: Release,
  signal: AbortSignal,
  unkept?: { readonly name: string; readonly version: string; readonly bytes: Uint8Array },
) => Promise<Preview>;

/** The plaintext of the part `change` of a change of policy. */
export type ChangePart = {
  readonly v: 1;
  readonly why: string | null;
  /** The candidate's manifest. */
  readonly manifest?: string;
  readonly files?: readonly FileChange[];
  readonly changes?: readonly PolicyChange[];
  /** How many differences were too long to be sealed. */
  readonly leftOut?: number;
  readonly tests?: TestReport;
  readonly preview?: Preview;
  /** The model that is wished, and how it did beside the one in force. */
  readonly model?: {
    readonly name: string;
    readonly sha256: string;
    readonly check?: ModelCheck | undefined;
  };
  /** Of a list alone: the change, and what takes it back, as docs/formats/lists.md says. */
  readonly change?: string;
  readonly undo?: string;
};

/** What differs between the release in force and a candidate. */
export type Review = {
  readonly files: readonly FileChange[];
  readonly changes: readonly PolicyChange[];
  readonly restrictsMore: boolean;
  readonly leftOut: number;
};

/** Runs the tests that stand in a release's policies, with the release's lists. */
export function runReleaseTests({ policies, lists }: Release): TestReport {
  const results = runPolicyTests(policies, { lists });
  const failed = results
    .filter(({ passed }) => !passed)
    .map(({ policy, name, place, failures }) => ({ policy, name, place, why: failures.join("; ") }));
  return { run: results.length, failed };
}

/** Compares a candidate with the release in force, if there is one. */
export function reviewCandidate(inForce: Release | undefined, candidate: Release): Review {
  const others = otherModels(inForce, candidate);
  const changes = [...comparePolicies(inForce?.policies ?? nothing, candidate.policies), ...others];
  const files = compareFiles(inForce?.files ?? [], candidate.files);
  let length = 0;
  let leftOut = Math.max(0, changes.length - sealedChangesMax);
  const short = files.map((file) => {
    length += file.diff.length;
    if (length <= sealedDiffLengthMax) return file;
    leftOut += 1;
    return { ...file, diff: "" };
  });
  return {
    files: short,
    changes: changes.slice(0, sealedChangesMax),
    restrictsMore: restrictsMore(changes) || listsDiffer(inForce, candidate),
    leftOut,
  };
}

/** What is sealed with a change. */
export function changePart(
  why: string | undefined,
  { candidate, review, tests }: { candidate: Release; review: Review; tests?: TestReport },
  preview?: Preview,
): ChangePart {
  const { files, changes, leftOut } = review;
  return {
    v: 1,
    why: why ?? null,
    manifest: candidate.manifest,
    files,
    changes,
    ...(leftOut === 0 ? {} : { leftOut }),
    ...(tests === undefined ? {} : { tests }),
    ...(preview === undefined ? {} : { preview }),
  };
}

/** The plaintext of a part. */
export function encodeChangePart(part: ChangePart): string {
  return JSON.stringify(part);
}

const nothing: Comparable = { policies: [], events: new Map() };

// Other entries may catch others: which, only the lists know.
function listsDiffer(inForce: Release | undefined, candidate: Release): boolean {
  const before = new Map(listsOf(inForce).map(({ name, version }) => [name, version]));
  return listsOf(candidate).some(({ name, version }) => before.has(name) && before.get(name) !== version);
}

// Another model under the same name may catch others, where a rule that reads it does more than mark.
function otherModels(inForce: Release | undefined, candidate: Release): PolicyChange[] {
  const named = (release: Release | undefined): Map<string, string> =>
    new Map(release === undefined ? [] : modelsOf(release).map(({ name, sha256 }) => [name, sha256]));
  const [before, after] = [named(inForce), named(candidate)];
  return [...after].flatMap(([name, sha256]): PolicyChange[] => {
    const earlier = before.get(name);
    if (earlier === undefined || earlier === sha256) return [];
    const fields = [{ field: "sha256", before: earlier, after: sha256 }];
    const restricts = candidate.policies.policies.some((policy) => leansOn(policy, name)) ? "more" : "same";
    return [{ what: "model", policy: "", id: name, change: "changed", fields, restricts }];
  });
}

/** Whether what a model says can do more than mark, by a rule or through an exemption. */
function leansOn({ rules, exempt }: Policy, model: string): boolean {
  const reads = (paths: readonly string[]): boolean =>
    paths.some((path) => path.startsWith(`models.${model}.`));
  const marks = ({ then, points }: Policy["rules"][number]): boolean => {
    const { outcome = "allow", strike = 0 } = then ?? {};
    return (outcome === "allow" || outcome === "flag") && strike === 0 && points === 0;
  };
  return exempt.some((each) => reads(each.reads)) || rules.some((rule) => reads(rule.reads) && !marks(rule));
}

function listsOf(release: Release | undefined): NonNullable<KeptRelease["manifest"]["lists"]> {
  if (release === undefined) return [];
  return (JSON.parse(release.manifest) as KeptRelease["manifest"]).lists ?? [];
}
