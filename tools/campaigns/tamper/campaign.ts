// SPDX-License-Identifier: Apache-2.0
// Makes changes by number and seed, and judges what verification says of each.
import { parseReceipt } from "@docket/protocol";
import { verifyReceipt } from "@docket/verify";
import type { LogReport } from "@docket/verify";
import { verifyImage } from "../check-image.ts";
import { seededRandom } from "../seeded-random.ts";
import type { Random } from "../seeded-random.ts";
import { verifiers } from "../writer.ts";
import { makeBase, shapes } from "./bases.ts";
import type { Base } from "./bases.ts";
import { fileKinds } from "./files.ts";
import { whyIdentical } from "./identical.ts";
import { pick, pickWeighted } from "./mutation.ts";
import type { Mutation, MutationKind } from "./mutation.ts";
import { receiptKinds } from "./receipts.ts";
import { answersOf, structureKinds } from "./structure.ts";
import { resignedKinds, wholeKinds } from "./whole.ts";
import { cosigned, witnessKinds, witnessPolicy } from "./witnesses.ts";

/** What was made and found, of one kind of change. */
export type TamperRow = {
  /** What was changed: a log's files, its structure, all of it with the real key, or a receipt. */
  family: string;
  kind: string;
  made: number;
  /** Found by `docket verify` with the log's key alone. */
  detected: number;
  /** Found only with `--seen`: a checkpoint, receipt or answer from before. */
  withSeen: number;
  /** Verified, and shown to leave what is verified as it was. */
  identical: number;
  missed: number;
  /** Found, and blamed on what was not changed. */
  misblamed: number;
};

/** A change that was missed or blamed on another. */
export type Failure = { number: number; kind: string; log: string; what: string; said: string };

/** What a run gave. */
export type TamperResult = {
  seed: string;
  seconds: number;
  rows: TamperRow[];
  /** Verifications of logs and receipts that nobody had touched, and how many of them found something. */
  untouched: number;
  falseAlarms: number;
  failures: Failure[];
};

/** What is changed, and how often it is taken. */
const families = [
  { name: "a file", weight: 46, kinds: fileKinds, copies: false },
  { name: "structure, without the key", weight: 16, kinds: structureKinds, copies: false },
  { name: "with the real key, unsound", weight: 2, kinds: resignedKinds, copies: true },
  { name: "with the real key, sound", weight: 3, kinds: wholeKinds, copies: false },
  { name: "cosignatures, under a policy", weight: 2, kinds: witnessKinds, copies: true },
  { name: "a receipt", weight: 31, kinds: undefined, copies: false },
] as const;
/** After so many changes the log that was changed is verified untouched again. */
const untouchedEvery = 50;
/** A kind may not apply to a log: then another log and kind are taken. */
const triesMax = 200;

/** Makes the changes with these numbers, adds up, and says what failed. */
export async function runTamper(
  seed: string,
  numbers: Iterable<number>,
  report: (done: number) => void = () => undefined,
): Promise<TamperResult> {
  const started = Date.now();
  const result: TamperResult = { seed, seconds: 0, rows: [], untouched: 0, falseAlarms: 0, failures: [] };
  let done = 0;
  for (const number of numbers) {
    await runOne(result, number);
    report(++done);
  }
  const order = families.map(({ name }): string => name);
  result.rows.sort((a, b) => order.indexOf(a.family) - order.indexOf(b.family) || b.made - a.made);
  result.seconds = Math.round((Date.now() - started) / 1000);
  return result;
}

async function runOne(result: TamperResult, number: number): Promise<void> {
  const random = seededRandom(`${result.seed} ${number}`);
  const family = pickWeighted(random, families);
  for (let tries = 0; tries < triesMax; tries++) {
    const shape = pickWeighted(random, family.copies ? shapes.filter(({ copy }) => copy) : shapes);
    const base = makeBase(shape);
    if (number % untouchedEvery === 0 && tries === 0) await checkUntouched(result, base);
    const judged =
      family.kinds === undefined
        ? judgeReceipt(base, random)
        : family.kinds === witnessKinds
          ? await judgeCosigned(cosigned(base), random)
          : await judgeLog(base, pickWeighted<MutationKind>(random, family.kinds), random);
    if (judged === undefined) continue;
    const { kind, verdict, what, said } = judged;
    const row = rowOf(result, family.name, kind);
    row.made++;
    row[verdict]++;
    if (verdict === "missed" || verdict === "misblamed")
      result.failures.push({ number, kind, log: shape.name, what, said });
    return;
  }
  throw new Error(`no change of number ${number} applies`);
}

type Judged = {
  kind: string;
  verdict: "detected" | "withSeen" | "identical" | "missed" | "misblamed";
  what: string;
  said: string;
};

async function judgeLog(base: Base, kind: MutationKind, random: Random): Promise<Judged | undefined> {
  const mutation = kind.make(base, random);
  if (mutation === undefined) return undefined;
  const { what } = mutation;
  const said = await verifyImage(mutation.image, { kind: base.shape.kind });
  const alone = verdictOf(said, mutation.places, mutation.records);
  if (alone !== "verified") return { kind: kind.name, verdict: alone, what, said: faultsOf(said) };
  if (mutation.image === base.image || whyIdentical(base, mutation.image, said) === undefined) {
    const seen = mutation.seen ?? answersOf(base).seen;
    if (seen === undefined) return { kind: kind.name, verdict: "missed", what, said: "verified" };
    const again = await verifyImage(mutation.image, { kind: base.shape.kind, seen });
    const verdict = verdictOf(again, new Set(seen.map(({ place }) => place)), undefined);
    if (verdict === "verified") return { kind: kind.name, verdict: "missed", what, said: "verified" };
    return {
      kind: kind.name,
      verdict: verdict === "detected" ? "withSeen" : verdict,
      what,
      said: faultsOf(again),
    };
  }
  return { kind: kind.name, verdict: "identical", what, said: "verified" };
}

// Under a policy a log is verified only as far as the witnesses that it asks for cosigned it.
async function judgeCosigned(base: Base, random: Random): Promise<Judged | undefined> {
  const kind = pickWeighted(random, witnessKinds);
  const options = { kind: base.shape.kind, policy: witnessPolicy };
  const untouched = await verifyImage(base.image, options);
  if (untouched.verdict !== "verified")
    return { kind: kind.name, verdict: "misblamed", what: "untouched", said: faultsOf(untouched) };
  const mutation = kind.make(base, random);
  if (mutation === undefined) return undefined;
  const said = await verifyImage(mutation.image, options);
  const lacksQuorum = said.first === null && said.verdict === "incomplete";
  const verdict = lacksQuorum ? "detected" : verdictOf(said, mutation.places, undefined);
  return {
    kind: kind.name,
    verdict: verdict === "verified" ? "missed" : verdict,
    what: mutation.what,
    said: faultsOf(said),
  };
}

function verdictOf(
  report: LogReport,
  places: ReadonlySet<string>,
  records: Mutation["records"],
): "verified" | "detected" | "misblamed" {
  if (report.verdict === "verified") return "verified";
  const { first } = report;
  if (first === null) return "misblamed";
  // A journal that lacks its end is named as a whole: which segment held it, nobody can say any more.
  const whole = first.place === "journal" && [...places].some((place) => place.startsWith("journal"));
  if (!places.has(first.place) && !whole) return "misblamed";
  if (records !== undefined && first.index !== null) {
    if (first.index < records[0] || first.index > records[1]) return "misblamed";
  }
  return "detected";
}

function faultsOf({ verdict, faults }: LogReport): string {
  const few = faults.slice(0, 3);
  const words = few.map(({ check, place, index, reason }) => `${check} ${place} ${index ?? ""}: ${reason}`);
  return `${verdict}: ${words.join("; ")}`;
}

function judgeReceipt(base: Base, random: Random): Judged | undefined {
  const receipt = pick(random, base.receipts);
  const kind = pickWeighted(random, receiptKinds);
  const mutation = receipt === undefined ? undefined : kind.make(receipt, base, random);
  if (mutation === undefined) return undefined;
  const { checks, verdict } = verifyReceipt(mutation.text, { keys: verifiers });
  const wrong = checks.find(({ ok }) => ok === false);
  const said = `${verdict}: ${wrong?.name} ${wrong?.detail}`;
  const place = receipt === undefined ? "" : `record ${indexOf(receipt)}: `;
  const judged = wrong === undefined ? "missed" : mutation.checks.has(wrong.name) ? "detected" : "misblamed";
  return { kind: kind.name, verdict: judged, what: place + mutation.what, said };
}

function indexOf(receipt: string): number {
  return (JSON.parse(parseReceipt(receipt).leaf) as { index: number }).index;
}

async function checkUntouched(result: TamperResult, base: Base): Promise<void> {
  const note = answersOf(base);
  for (const seen of [[], note.seen ?? []]) {
    const report = await verifyImage(base.image, { kind: base.shape.kind, seen });
    result.untouched++;
    if (report.verdict === "verified") continue;
    result.falseAlarms++;
    result.failures.push({
      number: -1,
      kind: "untouched",
      log: base.shape.name,
      what: "",
      said: faultsOf(report),
    });
  }
  for (const receipt of base.receipts.slice(0, 5)) {
    result.untouched++;
    if (verifyReceipt(receipt, { keys: verifiers }).verdict === "verified") continue;
    result.falseAlarms++;
    result.failures.push({
      number: -1,
      kind: "untouched receipt",
      log: base.shape.name,
      what: "",
      said: receipt,
    });
  }
}

function rowOf(result: TamperResult, family: string, kind: string): TamperRow {
  const found = result.rows.find((row) => row.family === family && row.kind === kind);
  if (found !== undefined) return found;
  const counts = { made: 0, detected: 0, withSeen: 0, identical: 0, missed: 0, misblamed: 0 };
  const row = { family, kind, ...counts };
  result.rows.push(row);
  return row;
}
