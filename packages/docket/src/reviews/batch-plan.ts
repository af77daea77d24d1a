// SPDX-License-Identifier: Apache-2.0
// Which decisions a batch is about, and what it does to each of them. The same judgement is made again when a
// decision's turn comes: what changed since the preview is passed over.
import { formatTime, parseLeaf, parseTime } from "@docket/protocol";
import type { DocketRecord, Facts, Outcome, Verdict, VerdictBody } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { Release } from "../releases/release.ts";
import type { OutcomeInForce } from "../enforcement/contract.ts";
import type { DecisionQuery, DecisionRow } from "../views/decision-row.ts";
import type { SiteIndex } from "../views/site-index.ts";
import type { BatchWish, LeftOut } from "./batch-contract.ts";
import { followsFrom, verdictOf } from "./consequence.ts";
import type { Following } from "./consequence.ts";
import { rowOf } from "./load-state.ts";

/** Most decisions that one batch changes. */
export const batchDecisionsMax = 20_000;
/** Most decisions that are looked at for one batch. */
export const lookedMax = 200_000;
/** Rows, and records, that are asked for at once. */
const rowsAtOnce = 2_000;
/** Outcomes that somebody may have suffered. */
const refusals: readonly Outcome[] = ["flag", "challenge", "delay", "hold", "reject"];
const visible: readonly Outcome[] = ["allow", "flag", "hold"];
/** Outcomes by strictness. */
const strictness: readonly Outcome[] = ["allow", "flag", "challenge", "delay", "hold", "reject"];

/** A decision that the rule in force would refuse now. */
export type RefusedNow = { readonly index: number; readonly outcome: Outcome };

/** Decides a period again under a release, and finds what one of its rules would refuse now. */
export type RefusedNowFinder = (
  release: Release,
  /** `policy/rule` */
  rule: string,
  period: { readonly fromMs: number; readonly toMs: number },
  signal: AbortSignal,
) => Promise<{ refused: RefusedNow[]; notes: string[] }>;

/** What a plan is made from. */
export type PlanPorts = {
  readonly views: Pick<SiteIndex, "decisions" | "caseRecords" | "decisionCounts">;
  readonly outcomeOf: (index: number) => Promise<OutcomeInForce>;
  readonly facts: (index: number) => Promise<Facts | undefined>;
  /** Rules of the release in force, as `policy/rule`. */
  readonly rules: () => readonly string[];
  /** Releases that were ever in force. */
  readonly releases: () => readonly string[];
  /** The same under the release in force; absent where nothing can be decided again. */
  readonly refusedNow?:
    | ((
        ...asked: Parameters<RefusedNowFinder> extends [unknown, ...infer Rest] ? Rest : never
      ) => ReturnType<RefusedNowFinder>)
    | undefined;
};

/** What happens to one decision, or why nothing does. */
export type Judgement =
  | ({ readonly row: DecisionRow; readonly inForce: Outcome } & Following)
  | { readonly leftOut: LeftOut };

/** A selection: which decisions, in words and one after the other, and what is done to each. */
export type Selection = {
  readonly words: string;
  readonly notes: readonly string[];
  /** In the order of the log. */
  readonly indexes: () => AsyncIterable<number>;
  /** Judges a decision of which that is a row. */
  readonly judge: Judge;
};
/** Judges a decision as things stand now. */
export type Judge = (index: number) => Promise<Judgement>;

/** A batch as it is known when its decisions' turns come. */
export type SealedBatch = {
  readonly batch: "revert" | "sweep";
  readonly of: number | undefined;
  readonly selection: string;
  readonly reviewed: boolean;
};

/**
 * The selection of a revert or a sweep.
 *
 * @throws {DocketError} `usage` if it isn't said which, or contradicts itself; `not_found` if there is no
 *   such rule or release
 */
export async function selectionOf(
  ports: PlanPorts,
  wish: BatchWish,
  signal: AbortSignal,
): Promise<Selection> {
  const range = rangeOf(wish);
  const period = periodWords(wish);
  if (wish.batch === "revert") {
    if (wish.of !== undefined) return batchSelection(ports, wish.of);
    const { rule, release } = await revertTarget(ports, wish, range);
    const selection = rule === undefined ? `release ${release}${period}` : `rule ${rule}${period}`;
    const query = rule === undefined ? { outcomes: refusals, ...range } : { rule, ...range };
    const isMeant = (row: DecisionRow): boolean => release === undefined || row.release === release;
    return {
      words: selection,
      notes: [],
      indexes: () => indexesOf(ports, query, isMeant),
      judge: judgeOf(ports, { batch: "revert", of: undefined, selection, reviewed: wish.reviewed === true }),
    };
  }
  const sealed = { batch: "sweep", of: undefined, reviewed: wish.reviewed === true } as const;
  for (const field of ["campaign", "actor", "fingerprint"] as const) {
    const value = wish[field];
    if (value === undefined) continue;
    const selection = `${field} ${value}${period}`;
    const query = { [field]: value, outcomes: visible, ...range };
    const judge = judgeOf(ports, { ...sealed, selection });
    return { words: selection, notes: [], indexes: () => indexesOf(ports, query), judge };
  }
  if (wish.rule === undefined) {
    throw new DocketError("usage", "name what is to be swept: a rule, a campaign, an actor or a text");
  }
  const rule = ruleNamed(wish.rule, ports.rules());
  if (rule === undefined) throw noRule(wish.rule);
  if (ports.refusedNow === undefined) throw new DocketError("usage", "sweeping by rule is not possible here");
  const { refused, notes } = await ports.refusedNow(rule, fullRange(range), signal);
  const selection = `rule ${rule}${period}`;
  return {
    words: selection,
    notes,
    indexes: async function* () {
      for (const { index } of refused) yield index;
    },
    judge: judgeOf(ports, { ...sealed, selection }),
  };
}

/** What is done to each decision of a batch, from what was sealed of it. */
export function judgeOf(ports: PlanPorts, sealed: SealedBatch): Judge {
  if (sealed.of !== undefined) {
    const reverted = sealed.of;
    return (index) => judgeInverse(ports, reverted, index);
  }
  if (sealed.batch === "sweep") return (index) => judgeSweep(ports, index, sealed.reviewed);
  const [, rule] = /^rule (\S+)/.exec(sealed.selection) ?? [];
  return (index) => judgeRevert(ports, index, rule, sealed.reviewed);
}

async function judgeRevert(
  ports: PlanPorts,
  index: number,
  rule: string | undefined,
  reviewed: boolean,
): Promise<Judgement> {
  const row = await existing(ports, index);
  const { outcome, verdict } = await ports.outcomeOf(index);
  if (row.refusedBy !== undefined) return { leftOut: "restricted" };
  if (!reviewed && (await hasPersonSpoken(ports, index, verdict))) return { leftOut: "reviewed" };
  const hadEffects = row.strikes > 0 || row.restrictions > 0;
  const following = followsFrom("notSpam", { decided: row.outcome, inForce: outcome, hadEffects });
  if (following === undefined) return { leftOut: "unchanged" };
  // The end of a hold is no person's word, but what was taken back already has nothing more to take back.
  if (verdict !== undefined && following.verdict === "keep") return { leftOut: "unchanged" };
  if (rule !== undefined && (await hasOtherGround(ports, row, rule))) return { leftOut: "otherRule" };
  return { row, inForce: outcome, ...following };
}

// What another rule would have refused as strictly stays refused.
async function hasOtherGround({ facts }: PlanPorts, row: DecisionRow, rule: string): Promise<boolean> {
  const others = row.fired.filter((fired) => !fired.includes(":") && fired !== rule);
  if (others.length === 0) return false;
  const known = await facts(row.index);
  const decided = strictness.indexOf(row.outcome);
  return (known?.fired ?? []).some(
    (each) =>
      each.mode === "enforce" &&
      `${each.policy}/${each.rule}` !== rule &&
      each.outcome !== null &&
      strictness.indexOf(each.outcome) >= decided,
  );
}

async function judgeSweep(ports: PlanPorts, index: number, reviewed: boolean): Promise<Judgement> {
  const row = await existing(ports, index);
  const { outcome, verdict } = await ports.outcomeOf(index);
  if (!visible.includes(outcome)) return { leftOut: "unchanged" };
  if (!reviewed && (await hasPersonSpoken(ports, index, verdict))) return { leftOut: "reviewed" };
  return { row, inForce: outcome, ...verdictOf("remove", { decided: row.outcome }) };
}

async function judgeInverse(ports: PlanPorts, batch: number, index: number): Promise<Judgement> {
  const row = await existing(ports, index);
  const { outcome, verdict } = await ports.outcomeOf(index);
  const made = await verdictOfBatch(ports, batch, index);
  if (made === undefined || verdict === undefined || verdict.index !== made.index) {
    return { leftOut: "overtaken" };
  }
  const inverse = inverseOf(made.verdict, row);
  if (inverse === undefined) return { leftOut: "irreversible" };
  return { row, inForce: outcome, ...inverse };
}

/** What takes a verdict back; `undefined` where nothing does. */
function inverseOf(verdict: Verdict, { otherwise }: DecisionRow): Following | undefined {
  if (verdict === "remove") return { verdict: "restore", confirm: false, compensate: true };
  if (verdict === "restore") return { verdict: "remove", confirm: true, compensate: false };
  if (verdict === "keep") return { verdict: "keep", confirm: true, compensate: false };
  // What was held can't be held again; where its policy would have refused it in the end, it is refused.
  if (verdict === "release" && otherwise === "reject") {
    return { verdict: "remove", confirm: true, compensate: false };
  }
  return undefined;
}

async function verdictOfBatch(
  { views }: PlanPorts,
  batch: number,
  of: number,
): Promise<VerdictRecord | undefined> {
  const leaves = await views.caseRecords({ kinds: ["verdict"], of, after: batch, limit: rowsAtOnce });
  return leaves.map((leaf) => parseLeaf(leaf) as VerdictRecord).findLast((each) => each.for === batch);
}
type VerdictRecord = VerdictBody & { readonly index: number };

function batchSelection(ports: PlanPorts, batch: number): Selection {
  const selection = `batch ${batch}`;
  return {
    words: selection,
    notes: [],
    indexes: () => madeBy(ports, batch),
    judge: judgeOf(ports, { batch: "revert", of: batch, selection, reviewed: true }),
  };
}

/** The decisions on which a batch made a verdict, in the order in which it made them. */
export async function* madeBy({ views }: Pick<PlanPorts, "views">, batch: number): AsyncGenerator<number> {
  for (let after = batch; ;) {
    const leaves = await views.caseRecords({ kinds: ["verdict"], of: batch, after, limit: rowsAtOnce });
    for (const leaf of leaves) {
      const record = parseLeaf(leaf) as VerdictRecord;
      after = record.index;
      // A verdict *on* a record of that index is no verdict of the batch.
      if (record.for === batch) yield record.of;
    }
    if (leaves.length < rowsAtOnce) return;
  }
}

async function* indexesOf(
  { views }: PlanPorts,
  query: Omit<DecisionQuery, "limit">,
  isMeant: (row: DecisionRow) => boolean = () => true,
): AsyncGenerator<number> {
  for (let after = -1; ;) {
    const rows = await views.decisions({ ...query, after, limit: rowsAtOnce });
    for (const row of rows) {
      after = row.index;
      if (isMeant(row)) yield row.index;
    }
    if (rows.length < rowsAtOnce) return;
  }
}

async function revertTarget(
  ports: PlanPorts,
  { rule, release, target }: BatchWish,
  range: Range,
): Promise<{ rule: string; release?: never } | { release: string; rule?: never }> {
  const named = rule ?? target;
  if (named !== undefined) {
    // A rule that is no more is known by what it did.
    const fired = async (): Promise<string[]> =>
      (await ports.views.decisionCounts(fullRange(range))).flatMap((count) => count.fired);
    const found = ruleNamed(named, ports.rules()) ?? ruleNamed(named, await fired());
    if (found !== undefined) return { rule: found };
    if (target === undefined) throw noRule(named);
  }
  const id = release ?? target;
  if (id === undefined) throw new DocketError("usage", "name a rule, a release or a batch that is reverted");
  const matches = id.length < releasePrefixMin ? [] : ports.releases().filter((each) => each.startsWith(id));
  const [first, ...more] = new Set(matches);
  if (first === undefined) {
    throw new DocketError("not_found", `no rule that fired and no release is called ${id}`);
  }
  if (more.length > 0) throw new DocketError("usage", `${id} may be ${[first, ...more].join(" or ")}`);
  return { release: first };
}

/** Fewest characters of an id by which a release is named. */
const releasePrefixMin = 6;

/** @throws {DocketError} `usage` if several policies have such a rule */
function ruleNamed(name: string, rules: readonly string[]): string | undefined {
  const found = rules.filter((rule) => !rule.includes(":") && (rule === name || rule.endsWith(`/${name}`)));
  const [first, ...more] = new Set(found);
  if (more.length > 0) throw new DocketError("usage", `${name} may be ${[first, ...more].join(" or ")}`);
  return first;
}

async function existing({ views }: PlanPorts, index: number): Promise<DecisionRow> {
  const row = await rowOf(views, index);
  if (row === undefined) throw new DocketError("not_found", `record ${index} is no decision`);
  return row;
}

// A person's word stands above a rule's: whoever wants to go over it says so. Reviews and rulings count too
// where they left everything as it was.
async function hasPersonSpoken(
  { views }: PlanPorts,
  index: number,
  verdict: OutcomeInForce["verdict"],
): Promise<boolean> {
  if (verdict !== undefined && personsCauses.has(verdict.cause)) return true;
  const about = async (kinds: readonly string[], of: number): Promise<DocketRecord[]> =>
    (await views.caseRecords({ kinds, of, limit: recordsMax })).map((leaf): DocketRecord => parseLeaf(leaf));
  for (const record of await about(["review", "dispute"], index)) {
    if (record.kind === "review" && record.task !== "ladder" && record.finding !== "unsure") return true;
    if (record.kind !== "dispute") continue;
    const rulings = await about(["ruling"], record.index);
    if (rulings.some((each) => each.kind === "ruling" && each.ruling !== "withdrawn")) return true;
  }
  return false;
}
const personsCauses: ReadonlySet<string> = new Set(["review", "dispute", "manual"]);
/** Records of one case that are read for it. */
const recordsMax = 200;

type Range = { fromMs?: number; toMs?: number };

/** @throws {DocketError} `usage` */
function rangeOf({ from, to }: BatchWish): Range {
  const read = (text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    const ms = Date.parse(text);
    if (Number.isNaN(ms)) throw new DocketError("usage", `${text} is no time as 2026-11-23T12:00:00Z`);
    return ms;
  };
  const [fromMs, toMs] = [read(from), read(to)];
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new DocketError("usage", "the period ends before it begins");
  }
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
}

function fullRange({ fromMs = 0, toMs = Number.MAX_SAFE_INTEGER }: Range): { fromMs: number; toMs: number } {
  return { fromMs, toMs };
}

function periodWords({ from, to }: BatchWish): string {
  const word = (text: string): string => formatTime(parseTime(text) ?? Date.parse(text));
  const since = from === undefined ? "" : ` from ${word(from)}`;
  return `${since}${to === undefined ? "" : ` to ${word(to)}`}`;
}

function noRule(name: string): DocketError {
  return new DocketError("not_found", `there is no rule ${name}; docket policy show lists them`);
}
