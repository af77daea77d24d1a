// SPDX-License-Identifier: Apache-2.0
// A whole log, checked from its first record to its last: every record, the tree recomputed and compared with
// every tile, every signed root, every sealed part, and that nothing is missing and nothing is there besides.
import { encodeBase64, frontierRoot, hashesEqual, noteBytesMax, tileWidth, TlogError } from "@docket/tlog";
import { checkBundle, checkTail } from "./bundle.ts";
import { addFault, faultAt, newFindings } from "./findings.ts";
import type { Findings } from "./findings.ts";
import { openUnder, readHead } from "./head.ts";
import type { Head } from "./head.ts";
import { listFiles } from "./listing.ts";
import { limitOfOneView, logCheckNames, verdictOf } from "./report.ts";
import type { Check, Fault, LogCheckName, LogReport, SignerReport } from "./report.ts";
import { cosignatureText } from "./signer.ts";
import type { OwnCheckpoint } from "./signer.ts";
import type { LogSource } from "./source.ts";
import { checkEdgeTiles, checkFullTiles } from "./tile-files.ts";
import { checkReachedRoots, checkUnreachedRoots, newWalk } from "./walk.ts";
import type { Walk } from "./walk.ts";
import { asTrust } from "./trust.ts";
import type { TrustGiven } from "./trust.ts";

/** Called as the walk goes on: records checked so far, of how many. */
export type Progress = (records: number, total: number) => void;

/**
 * Checks a log. It holds one bundle at a time in memory, and what the writer has not published yet.
 *
 * @param given what the reader knows from elsewhere. Without keys the log is checked under the key that its
 *   own record 0 names, and the verdict is at best `unproven`
 * @throws {VerifyError} `source` where disk or network fail; whatever is wrong with the log stands in the
 * report
 */
export async function verifyLog(
  source: LogSource,
  given: TrustGiven,
  onProgress?: Progress,
): Promise<LogReport> {
  const findings = newFindings();
  const head = await readHead(source, asTrust(given), findings);
  if (head === undefined) return reportOf(findings, undefined, undefined);
  const writer = await source.writerState?.(head.size, head.origin);
  for (const fault of writer?.faults ?? []) addFault(findings, fault);
  findings.notes.push(...(writer?.notes ?? []));
  const listing = await listFiles(source, head.size, findings);
  checkNewest(findings, head, writer?.materialisedSize ?? 0, listing?.kept.at(-1) ?? 0);
  const walk = newWalk(source, findings, head, writer, listing);
  if (await walkPublished(walk, onProgress)) {
    checkRoot(walk);
    await checkTail(walk);
    await checkFullTiles(walk);
    await checkReachedRoots(walk);
    await checkEdgeTiles(walk);
    checkUnreachedRoots(walk);
  }
  checkJournalEnd(walk);
  await settleBeyond(walk);
  return reportOf(findings, head, walk);
}

/**
 * Adds checks that a caller made itself, and what they found wrong, to a report.
 *
 * @returns a new report with the verdict that follows
 */
export function addToReport(
  report: LogReport,
  checks: readonly Check[],
  faults: readonly Fault[],
): LogReport {
  const replaced = report.checks.map((check) => checks.find(({ name }) => name === check.name) ?? check);
  const all = [...report.faults, ...faults];
  return {
    ...report,
    verdict: verdictOf(replaced, report.signer),
    checks: replaced,
    first: report.first ?? faults[0] ?? null,
    faults: all,
    faultCount: report.faultCount + faults.length,
  };
}

// The state and kept checkpoints are written after the checkpoint: without it, or with an older one, it was
// taken away.
function checkNewest(findings: Findings, head: Head, materialised: number, kept: number): void {
  if (head.checkpoint === undefined && Math.max(materialised, kept) > 0) {
    addFault(findings, faultAt("checkpoint", "checkpoint", "it is missing"));
  } else if (materialised > head.size) {
    const reason = `it covers ${head.size} records, but ${materialised} are materialised: it is an older one`;
    addFault(findings, faultAt("checkpoint", "checkpoint", reason));
  }
}

async function walkPublished(walk: Walk, onProgress: Progress | undefined): Promise<boolean> {
  const { size } = walk.head;
  await checkReachedRoots(walk);
  for (let bundle = 0; bundle * tileWidth < size; bundle++) {
    if (!(await checkBundle(walk, bundle))) {
      const why = `record ${bundle * tileWidth} and those after it cannot be read`;
      for (const check of ["records", "tree", "root", "parts", "files", "keptCheckpoints"] as const) {
        if (!walk.findings.unchecked.has(check)) walk.findings.unchecked.set(check, why);
      }
      return false;
    }
    await checkFullTiles(walk);
    await checkReachedRoots(walk);
    onProgress?.(walk.frontier.size, size);
  }
  return true;
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
  const signed = Math.max(head.size, writer.materialisedSize ?? 0, ...claims.keys());
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
async function settleBeyond({ findings, source, head }: Walk): Promise<void> {
  if (findings.beyond.length === 0) return;
  const isKnown = head.trust.keys.length > 0;
  const bytes = isKnown ? await source.read("checkpoint", noteBytesMax) : undefined;
  if (bytes !== undefined) {
    try {
      const { size } = openUnder(head, bytes);
      if (size > head.size) {
        findings.notes.push(
          `the log grew to ${size} records meanwhile; those from ${head.size} on were not checked`,
        );
        return;
      }
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
    }
  }
  for (const fault of findings.beyond) addFault(findings, fault);
}

function reportOf(findings: Findings, head: Head | undefined, walk: Walk | undefined): LogReport {
  const signer = signerOf(head);
  const checks = logCheckNames.map((name) => checkOf(name, findings, head, walk));
  const chain = walk?.chain;
  const root = head?.checkpoint?.root;
  return {
    kind: "log",
    verdict: verdictOf(checks, signer),
    origin: head?.origin ?? chain?.origin ?? null,
    size: head?.size ?? null,
    root: root === undefined ? null : encodeBase64(root),
    signer,
    checks,
    first: findings.faults[0] ?? null,
    faults: findings.faults,
    faultCount: findings.count,
    notes: findings.notes,
    limits: [limitOfOneView, "how exact the records' times are, where they give no uncertainty"],
    records: {
      published: Math.min(walk?.frontier.size ?? 0, head?.size ?? 0),
      beyond: Math.max(0, (walk?.frontier.size ?? 0) - (head?.size ?? 0)),
      byKind: chain?.byKind ?? {},
      firstTime: chain?.firstTime ?? null,
      lastTime: chain === undefined || chain.time === "" ? null : chain.time,
    },
    releases: Array.from(chain?.releases ?? [], ([release, index]) => ({ release, index })),
  };
}

function signerOf(head: Head | undefined): SignerReport | null {
  const signers = head?.opened?.signers ?? head?.trust.keys ?? [];
  const vkeys = signers.map(({ vkey }) => vkey);
  const [vkey] = vkeys;
  return head === undefined || vkey === undefined ? null : { vkey, vkeys, proven: head.proven };
}

function checkpointText(
  { size, proven }: Head,
  { signers, cosignatures, notChecked }: OwnCheckpoint,
): string {
  const by = signers.map(({ vkey }) => vkey).join(" and ");
  const others =
    cosignatures.length === 0 ? "" : `; cosigned by ${cosignatures.map(cosignatureText).join(", ")}`;
  const unknown = notChecked.length === 0 ? "" : `; ${notChecked.length} lines of unknown keys not checked`;
  return `over ${size} records, signed by ${by}${proven ? "" : ", its own word"}${others}${unknown}`;
}

function checkOf(
  name: LogCheckName,
  findings: Findings,
  head: Head | undefined,
  walk: Walk | undefined,
): Check {
  const faults = findings.faults.filter((fault) => fault.check === name);
  if (findings.failed.has(name)) {
    const [first] = faults;
    return { name, ok: false, detail: first === undefined ? "see the faults" : describeFault(first) };
  }
  const why =
    findings.unchecked.get(name) ??
    (walk === undefined ? "there is no checkpoint to check against" : undefined);
  if (why !== undefined && name !== "checkpoint") return { name, ok: null, detail: why };
  return passed(name, head as Head, walk as Walk);
}

/** Where and why, in one line. */
export function describeFault({ place, index, offset, reason }: Fault): string {
  const at = offset === null ? "" : ` at byte ${offset}`;
  const record = index === null ? "" : ` (record ${index})`;
  return `${place}${at}${record}: ${reason}`;
}

function passed(name: LogCheckName, head: Head, walk: Walk): Check {
  const { frontier, writer, listing, source, keptChecked, entriesOpen } = walk;
  const check = (ok: boolean | null, detail: string): Check => ({ name, ok, detail });
  switch (name) {
    case "checkpoint":
      if (head.checkpoint === undefined) return check(true, "none yet: nothing was published");
      if (head.opened === undefined) return check(null, "no key is known to check its signature with");
      return check(true, checkpointText(head, head.opened));
    case "keptCheckpoints":
      return listing === undefined
        ? check(null, "the source cannot list them")
        : check(true, `${keptChecked}, all signed and of this tree`);
    case "records":
      return check(true, `${frontier.size}, canonical, chained, in order`);
    case "tree":
      return check(
        true,
        entriesOpen ? "every tile is what the records give" : "the tiles agree with one another",
      );
    case "root":
      return check(
        true,
        head.checkpoint === undefined ? "none yet" : `${encodeBase64(head.checkpoint.root)}, as signed`,
      );
    case "parts":
      return source.hasParts
        ? check(true, "every sealed part is the one that its record names")
        : check(null, "the source has none");
    case "files":
      return listing === undefined
        ? check(null, "the source cannot list its files")
        : check(true, "nothing missing, nothing besides");
    case "journal":
      return writer === undefined
        ? check(null, "the source has none")
        : check(
            true,
            `${writer.copies.length} published records, and ${writer.tail.length} that are not published yet`,
          );
    case "state":
      return writer === undefined
        ? check(null, "the source has none")
        : check(true, `all up to record ${writer.materialisedSize ?? 0} is synced`);
    case "identity":
    case "releases":
      return check(null, "the source has none");
  }
}
