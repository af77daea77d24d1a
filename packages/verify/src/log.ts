// SPDX-License-Identifier: Apache-2.0
// A whole log, checked from its first record to its last: every record, the tree recomputed and compared with
// every tile, every signed root, every sealed part, and that nothing is missing and nothing is there besides.
import {
  encodeBase64,
  frontierRoot,
  hashesEqual,
  noteBytesMax,
  tileWidth,
  TlogError,
  utf8,
} from "@docket/tlog";
import { settleAnchors } from "./anchors/walk-anchors.ts";
import { checkTail } from "./bundle.ts";
import { settleDrops } from "./dropped.ts";
import { addFault, faultAt, newFindings, readFile } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { openAt, readHead, settleHead } from "./head.ts";
import type { Head } from "./head.ts";
import { listFiles, tileName } from "./listing.ts";
import type { Listing } from "./listing.ts";
import { reportOf } from "./log-report.ts";
import { walkPublished } from "./published.ts";
import type { WalkOptions } from "./published.ts";
import { checkRange } from "./range.ts";
import type { RangeChecker } from "./range.ts";
import { readRowsUpTo } from "./recent.ts";
import type { LogReport } from "./report.ts";
import { resume } from "./resume.ts";
import { settleSeen } from "./seen-checks.ts";
import { readOwnCheckpoint } from "./signer.ts";
import type { LogSource } from "./source.ts";
import { parseState } from "./state.ts";
import { checkEdgeTiles, checkFullTiles } from "./tile-files.ts";
import { asTrust } from "./trust.ts";
import type { Trust, TrustGiven } from "./trust.ts";
import { checkReachedRoots, checkUnreachedRoots, cosignedPath, newWalk } from "./walk.ts";
import type { Walk } from "./walk.ts";

/** How a log is verified. */
export type VerifyLogOptions = WalkOptions & {
  /**
   * The state of an earlier run of the same log under the same keys: what it checked is not read again, if
   * the tree here is still the one that it computed. Else everything is checked, and the report says so.
   */
  resume?: string | undefined;
  /** Whether its entries are bytes and no records of Docket: then only the tree is checked, no chain. */
  opaque?: boolean | undefined;
  /**
   * What checks bundles of a log of that size: threads, for example. Without any it is done here. The caller
   * ends them when the report is there.
   */
  checker?: ((size: number) => RangeChecker | undefined) | undefined;
};

/**
 * Checks a log. It holds a few bundles at a time in memory, and what the writer has not published yet.
 *
 * @param given what the reader knows from elsewhere. Without keys the log is checked under those that its own
 *   records name, and the verdict is at best `unproven`
 * @throws {VerifyError} `source` where disk or network fail; whatever is wrong with the log stands in the
 * report
 */
export async function verifyLog(
  source: LogSource,
  given?: TrustGiven,
  options: VerifyLogOptions = {},
): Promise<LogReport> {
  const resumeText = options.resume;
  const trust = trustWithState(asTrust(given), resumeText);
  let walk = await beginWalk(source, trust, options, newFindings());
  if (walk.kind === "log") return walk;
  if (resumeText !== undefined) {
    const resumed = await resume(walk, resumeText);
    if (typeof resumed === "string") {
      // Nothing of the attempt is kept: what it found, it found in the light of a state that does not fit.
      const note = `the state of an earlier run was not used: ${resumed}; everything was checked anew`;
      walk = await beginWalk(source, trust, options, { ...newFindings(), notes: [note] });
      if (walk.kind === "log") return walk;
    } else walk.resumed = resumed;
  }
  const checker = options.checker?.(walk.head.size) ?? checkerOf(source);
  if (await walkPublished(walk, checker, options)) await checkRest(walk);
  checkJournalEnd(walk);
  return reportOf(walk.findings, trust, walk);
}

// The report at once, where there is nothing to check anything against.
async function beginWalk(
  source: LogSource,
  trust: Trust,
  options: VerifyLogOptions,
  findings: Findings,
): Promise<Walk | LogReport> {
  const head = await readHead(source, trust, findings);
  if (head === undefined) return reportOf(findings, trust, undefined);
  const writer = await source.writerState?.(head.size, head.origin);
  for (const fault of writer?.faults ?? []) addFault(findings, fault);
  findings.notes.push(...(writer?.notes ?? []));
  const listing = await listFiles(source, head.size, findings);
  checkNewest(findings, head, writer?.materialisedSize ?? 0, listing);
  const mode = options.opaque === true ? "opaque" : "records";
  const cosigned = await readCosigned(source, findings);
  return newWalk(source, findings, head, writer, listing, mode, cosigned);
}

async function readCosigned(source: LogSource, findings: Findings): Promise<Walk["cosigned"]> {
  const bytes = await readFile(source, cosignedPath, noteBytesMax, "keptCheckpoints", findings);
  if (bytes === undefined || bytes === "too long") return undefined;
  try {
    return { size: readOwnCheckpoint(bytes).size, bytes };
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    addFault(findings, faultAt("keptCheckpoints", cosignedPath, error.message));
    return undefined;
  }
}

// What comes after the last published record, and what can be said only when all are known.
async function checkRest(walk: Walk): Promise<void> {
  checkRoot(walk);
  await readRowsUpTo(walk.rows, Number.MAX_SAFE_INTEGER, walk.source, walk.findings);
  await checkTail(walk);
  await checkFullTiles(walk);
  await checkReachedRoots(walk);
  await checkEdgeTiles(walk);
  checkUnreachedRoots(walk);
  settleHead(walk);
  await checkNewestKept(walk);
  await settleAnchors(walk);
  walk.dropped = settleDrops(walk.chain.drops, walk.findings);
  settleSeen(walk, await settleBeyond(walk));
}

// The checkpoint of the earlier run was kept elsewhere: by the reader.
function trustWithState(trust: Trust, text: string | undefined): Trust {
  const state = text === undefined ? undefined : parseState(text);
  if (state === undefined || state.checkpoint === "") return trust;
  const note = { place: "the state of an earlier run", note: utf8(state.checkpoint) };
  return { ...trust, seen: [...(trust.seen ?? []), note] };
}

/** A checker that reads ranges in this thread, one after the other or, of a slow source, several at once. */
export function checkerOf(source: Pick<LogSource, "read">, concurrency = 1): RangeChecker {
  return { concurrency, check: async (request) => checkRange(source, request) };
}

// The state is written after the checkpoint: without it, or with an older one, it was taken away.
function checkNewest(findings: Findings, head: Head, materialised: number, listing?: Listing): void {
  if (materialised <= head.size || !hasTileOf(materialised, listing)) return;
  const older = `it covers ${head.size} records, but ${materialised} are materialised: it is an older one`;
  const reason = head.checkpoint === undefined ? "it is missing" : older;
  addFault(findings, faultAt("checkpoint", "checkpoint", reason));
}

// Without the tile of its size it is the state that says too much; the end of the walk names it.
function hasTileOf(size: number, listing: Listing | undefined): boolean {
  if (listing === undefined) return true;
  const width = size % tileWidth;
  const name = tileName(0, Math.floor((size - 1) / tileWidth));
  return width === 0 ? listing.full.has(name) : listing.partials.get(name)?.has(width) === true;
}

// A kept checkpoint of the log's key, over more records than there are: what it covers was taken away. (A log
// that grows meanwhile may have new ones.)
async function checkNewestKept(walk: Walk): Promise<void> {
  const { head, findings, frontier, source } = walk;
  const kept = walk.listing?.kept.at(-1) ?? 0;
  if (kept <= (head.checkpoint === undefined ? 0 : frontier.size)) return;
  const bytes = await readFile(source, `checkpoints/${kept}`, noteBytesMax, "keptCheckpoints", findings);
  try {
    if (bytes === undefined || bytes === "too long") return;
    if (openAt(walk, bytes).checkpoint.size !== kept) return;
  } catch (error) {
    if (error instanceof TlogError) return;
    throw error;
  }
  const older = `it covers ${head.size} records, but checkpoints/${kept} was signed too: it is an older one`;
  const reason = head.checkpoint === undefined ? "it is missing" : older;
  findings.beyond.unshift(faultAt("checkpoint", "checkpoint", reason));
}

function checkRoot({ head, frontier, findings }: Walk): void {
  const { checkpoint } = head;
  if (checkpoint === undefined || hashesEqual(frontierRoot(frontier), checkpoint.root)) return;
  const root = encodeBase64(frontierRoot(frontier));
  const reason = `the ${head.size} records give the root ${root}, not the signed one`;
  addFault(findings, faultAt("root", "checkpoint", reason));
}

// A journal that ends below what was signed has lost records, or never was this log's. (Kept checkpoints
// beyond the end were named already; a log that grows meanwhile may have new ones.)
function checkJournalEnd({ writer, head, findings, claims }: Walk): void {
  if (writer === undefined) return;
  const published = Math.max(head.size, writer.materialisedSize ?? 0);
  const signed = claims.keys().reduce((most, size) => Math.max(most, size), published);
  const { torn, end } = writer;
  if (end >= signed) {
    if (torn !== undefined) {
      const { place, offset, reason } = torn;
      findings.notes.push(`${place} at byte ${offset}: ${reason}; a crash left it, or it is being written`);
    }
    return;
  }
  if (findings.failed.has("journal")) return;
  const reason = `the journal ends after record ${end - 1}, but ${signed} records were signed for`;
  addFault(
    findings,
    torn === undefined
      ? faultAt("journal", "journal", reason, { index: end })
      : faultAt("journal", torn.place, `${torn.reason}; ${reason}`, { index: end, offset: torn.offset }),
  );
}

// A log that is being written grows under the reader. What lies beyond the checkpoint is then not this
// check's.
async function settleBeyond(walk: Walk): Promise<number | undefined> {
  const { findings, source, head, seen } = walk;
  if (findings.beyond.length === 0 && seen.bySize.size === 0) return undefined;
  const isKnown = head.opened !== undefined;
  const bytes = isKnown
    ? await readFile(source, "checkpoint", noteBytesMax, "checkpoint", findings)
    : undefined;
  if (bytes !== undefined && bytes !== "too long") {
    try {
      const { size } = openAt(walk, bytes).checkpoint;
      if (size > head.size) {
        findings.notes.push(
          `the log grew to ${size} records meanwhile; those from ${head.size} on were not checked`,
        );
        return size;
      }
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
    }
  }
  for (const fault of findings.beyond) addFault(findings, fault);
  return undefined;
}
