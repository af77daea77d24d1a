// SPDX-License-Identifier: Apache-2.0
// A record's decision explained, from the record, its facts, and the release that is kept under the hash that
// the record names.
import { join } from "node:path";
import { explainDecision, explainRules, explainToUser, PolicyError } from "@docket/policy";
import type { Explanation, ExplanationLanguage, FieldValue, UserExplanation } from "@docket/policy";
import type { Decision, DecisionBody, Disclosed, DocketRecord, Facts } from "@docket/protocol";
import {
  concludeFromFacts,
  filesOwner,
  isReleaseFault,
  openRelease,
  policyFactsOf,
} from "@docket/verify/replay";
import type { ReplayRelease } from "@docket/verify/replay";
import { DocketError } from "../error.ts";
import type { LogPaths } from "../log/paths.ts";

/** Most releases that are held in memory, opened. */
const releasesHeldMax = 8;

/** A recorded decision. */
export type ExplainedRecord = {
  record: DocketRecord & DecisionBody;
  facts: Facts;
  /** What the affected user is shown; `undefined` where nothing is, or it is erased. */
  disclosed: Disclosed | undefined;
  /** Personal values that were opened for this reader. */
  personal?: Readonly<Record<string, FieldValue>> | undefined;
};

/** Opens kept releases, each once. */
export type ReleaseShelf = (id: string) => Promise<ReplayRelease>;
/** Reads a file; `undefined` if there is none. */
export type ReadKept = (path: string) => Promise<Uint8Array | undefined>;

/**
 * The releases that a site keeps, opened when they are needed.
 *
 * @throws {DocketError} when asked: `not_found` if a release isn't kept, `directory_damaged` if any byte of
 *   it was changed
 */
export function releaseShelf(read: ReadKept, paths: Pick<LogPaths, "releases">): ReleaseShelf {
  const held = new Map<string, ReplayRelease>();
  return async (id) => {
    const known = held.get(id);
    if (known !== undefined) return known;
    const keptOf = async (name: string): Promise<string | undefined> => {
      const bytes = await read(join(paths.releases, `${name}.json`));
      return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
    };
    const kept = await keptOf(id);
    const owner = kept === undefined ? undefined : filesOwner(kept);
    const release = openRelease(id, kept, owner === undefined ? undefined : await keptOf(owner));
    if (isReleaseFault(release)) {
      const code = kept === undefined ? "not_found" : "directory_damaged";
      throw new DocketError(code, `the release ${id} cannot be read: ${release.fault}`);
    }
    const [oldest] = held.keys();
    if (held.size >= releasesHeldMax && oldest !== undefined) held.delete(oldest);
    held.set(id, release);
    return release;
  };
}

/**
 * Explains a decision to an analyst.
 *
 * @throws {DocketError} `not_found`, `directory_damaged` if its release cannot be read, or isn't the one that
 *   its facts were recorded under
 */
export async function explainRecord(
  { record, facts, personal }: ExplainedRecord,
  shelf: ReleaseShelf,
  language: ExplanationLanguage,
): Promise<Explanation> {
  const release = await shelf(record.release);
  const read = policyFactsOf(release, facts);
  if (typeof read === "string") throw new DocketError("directory_damaged", `record ${record.index}: ${read}`);
  return explainDecision(
    {
      set: release.policies,
      record,
      event: { type: facts.event.type, op: facts.event.op },
      facts: read,
      standing: facts.standing,
      concluded: facts,
      hits: facts.hits,
      personal,
    },
    language,
  );
}

/** What would be decided, and what that is read from. */
export type TrialParts = {
  readonly decision: Decision;
  readonly facts: Facts;
  readonly personal: Readonly<Record<string, FieldValue>>;
  readonly actor: string | null;
  readonly restrictions: DecisionBody["restrictions"];
};

/** A trial, explained: what the decision would be, and what all rules made of the event. */
export type TrialExplanation = Explanation & { readonly rules: ReturnType<typeof explainRules> };

/**
 * Explains what would be decided.
 *
 * @throws {DocketError} as {@link explainRecord}
 */
export async function explainTrial(
  { decision, facts, personal, actor, restrictions }: TrialParts,
  shelf: ReleaseShelf,
  language: ExplanationLanguage,
): Promise<TrialExplanation> {
  const release = await shelf(decision.release);
  const read = policyFactsOf(release, facts);
  if (typeof read === "string") throw new DocketError("directory_damaged", `a trial: ${read}`);
  const { decidedAt, outcome } = decision;
  const input = {
    set: release.policies,
    record: {
      index: -1,
      time: decidedAt,
      actor: actor ?? "",
      release: decision.release,
      outcome,
      restrictions,
    },
    event: { type: facts.event.type, op: facts.event.op },
    facts: read,
    standing: facts.standing,
    concluded: facts,
    hits: facts.hits,
    personal,
  };
  return { ...explainDecision(input, language), rules: explainRules(input, language) };
}

/**
 * Explains a decision to the affected user. Where what they are shown was erased, or cannot be opened, the
 * reasons and what isn't personal come out of the facts again.
 */
export async function explainRecordToUser(
  { record, facts, disclosed }: ExplainedRecord,
  shelf: ReleaseShelf,
  origin: string,
  language: ExplanationLanguage,
): Promise<UserExplanation> {
  const release = await releaseIfThere(shelf, record.release);
  const shown = disclosed ?? (release && disclosedAgain(release, record, facts));
  return explainToUser(
    {
      index: record.index,
      origin,
      outcome: record.outcome,
      decidedAt: facts.decidedAt,
      reasons: shown?.reasons ?? [],
      disclosed: shown?.facts ?? {},
      restrictions: record.restrictions,
      next: facts,
      set: release?.policies,
    },
    language,
  );
}

function disclosedAgain(
  release: ReplayRelease,
  record: ExplainedRecord["record"],
  facts: Facts,
): Omit<Disclosed, "v"> | undefined {
  const read = policyFactsOf(release, facts);
  if (typeof read === "string") return undefined;
  try {
    const { reasons, disclosed } = concludeFromFacts(release, record, facts, read);
    return { reasons, facts: disclosed };
  } catch (error) {
    if (error instanceof PolicyError) return undefined;
    throw error;
  }
}

async function releaseIfThere(shelf: ReleaseShelf, id: string): Promise<ReplayRelease | undefined> {
  try {
    return await shelf(id);
  } catch (error) {
    if (error instanceof DocketError) return undefined;
    throw error;
  }
}
