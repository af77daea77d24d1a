// SPDX-License-Identifier: Apache-2.0
// The report on a log: what the walk found, put into words.
import { encodeBase64 } from "@docket/tlog";
import { anchorsReport, newAnchors } from "./anchors/walk-anchors.ts";
import type { Findings } from "./findings.ts";
import type { Head } from "./head.ts";
import { logQuorumCheck, requiredOf } from "./quorum.ts";
import { limitOfOneView, limitOfSeen, logCheckNames, verdictOf } from "./report.ts";
import type { Check, Fault, LogCheckName, LogReport, SignerReport } from "./report.ts";
import { seenCheck } from "./seen-checks.ts";
import { cosignatureText, keyText } from "./signer.ts";
import type { OwnCheckpoint } from "./signer.ts";
import type { Trust } from "./trust.ts";
import type { Walk } from "./walk.ts";

/**
 * Adds checks that a caller made itself, and what they found wrong, to a report.
 *
 * @param earlier what explains the faults that the report has already, and so comes before them
 * @returns a new report with the verdict that follows
 */
export function addToReport(
  report: LogReport,
  checks: readonly Check[],
  faults: readonly Fault[],
  earlier: readonly Fault[] = [],
): LogReport {
  const replaced = report.checks.map((check) => checks.find(({ name }) => name === check.name) ?? check);
  const all = [...earlier, ...report.faults, ...faults];
  return {
    ...report,
    verdict: verdictOf(replaced, report.signer, report.required),
    checks: replaced,
    first: all[0] ?? null,
    faults: all,
    faultCount: report.faultCount + earlier.length + faults.length,
  };
}

/** The report: `walk` is absent where there was nothing to check anything against. */
export function reportOf(findings: Findings, trust: Trust, walk: Walk | undefined): LogReport {
  const head = walk?.head;
  const signer = signerOf(head, trust);
  const checks = logCheckNames.map((name) => checkOf(name, findings, walk));
  const required = requiredOf(trust);
  const chain = walk?.chain;
  const root = head?.checkpoint?.root;
  return {
    kind: "log",
    verdict: verdictOf(checks, signer, required),
    required,
    resumed: walk?.resumed ?? null,
    origin: head?.origin ?? chain?.origin ?? null,
    size: head?.size ?? null,
    root: root === undefined ? null : encodeBase64(root),
    signer,
    opaque: walk?.mode === "opaque",
    ...keysOf(walk),
    checks,
    first: findings.faults[0] ?? null,
    faults: findings.faults,
    faultCount: findings.count,
    anchors: anchorsReport(walk?.anchors ?? newAnchors(), walk?.frontier.size ?? 0),
    conflicts: walk?.seen.conflicts ?? [],
    cosignatures: walk?.quorum.newest?.cosignatures ?? head?.opened?.cosignatures ?? [],
    notes: findings.notes,
    limits: limitsOf(walk),
    records: {
      published: Math.min(walk?.frontier.size ?? 0, head?.size ?? 0),
      beyond: Math.max(0, (walk?.frontier.size ?? 0) - (head?.size ?? 0)),
      byKind: chain?.byKind ?? {},
      firstTime: chain?.firstTime ?? null,
      lastTime: chain === undefined || chain.time === "" ? null : chain.time,
    },
    releases: Array.from(chain?.releases ?? [], ([release, index]) => ({ release, index })),
    silences: chain?.series.silences ?? [],
    silenceCount: chain?.series.count ?? 0,
  };
}

function keysOf(walk: Walk | undefined): Pick<LogReport, "keys" | "retiredKeys"> {
  const periods = walk?.schedule.periods.map(({ keys }) => keys.map(({ vkey }) => vkey)) ?? [];
  return { keys: periods.at(-1) ?? [], retiredKeys: periods.slice(0, -1).flat() };
}

function limitsOf(walk: Walk | undefined): string[] {
  const largest = Math.max(walk?.seen.largest ?? 0, walk?.quorum.size ?? 0);
  const limits = [largest === 0 ? limitOfOneView : limitOfSeen(largest)];
  if (walk?.mode !== "opaque")
    limits.push("how exact the records' times are, where they give no uncertainty");
  return limits;
}

function signerOf(head: Head | undefined, trust: Trust): SignerReport | null {
  const vkeys = (head?.opened?.signers ?? trust.keys).map(({ vkey }) => vkey);
  const [vkey] = vkeys;
  return head === undefined || vkey === undefined ? null : { vkey, vkeys, proven: head.proven };
}

function checkpointText(
  { size, proven }: Head,
  { signers, cosignatures, notChecked }: OwnCheckpoint,
): string {
  const by = signers.map(keyText).join(" and ");
  const others =
    cosignatures.length === 0 ? "" : `; cosigned by ${cosignatures.map(cosignatureText).join(", ")}`;
  const unknown = notChecked.length === 0 ? "" : `; ${notChecked.length} lines of unknown keys not checked`;
  return `over ${size} records, signed by ${by}${proven ? "" : ", its own word"}${others}${unknown}`;
}

function droppedText({ dropped }: Walk): string {
  const { byRetention, ofErased } = dropped;
  if (byRetention + ofErased === 0) return "";
  const said = [
    ...(byRetention > 0 ? [`${byRetention} were dropped by retention`] : []),
    ...(ofErased > 0 ? [`${ofErased} of erased actors were dropped`] : []),
  ];
  return `; ${said.join(", ")}, as records say`;
}

function earlierText({ resumed }: Walk): string {
  if (resumed === undefined) return "";
  const { size, checkedAt } = resumed;
  return `; those below record ${size} were read by an earlier run, up to ${checkedAt}, and not again`;
}

function checkOf(name: LogCheckName, findings: Findings, walk: Walk | undefined): Check {
  const faults = findings.faults.filter((fault) => fault.check === name);
  if (findings.failed.has(name)) {
    const [first] = faults;
    return { name, ok: false, detail: first === undefined ? "see the faults" : describeFault(first) };
  }
  const why =
    findings.unchecked.get(name) ??
    (walk === undefined ? "there is no checkpoint to check against" : undefined);
  if (why !== undefined && (name !== "checkpoint" || walk === undefined)) {
    return { name, ok: null, detail: why };
  }
  return passed(name, walk as Walk);
}

/** Where and why, in one line. */
export function describeFault({ place, index, offset, reason }: Fault): string {
  const at = offset === null ? "" : ` at byte ${offset}`;
  const record = index === null ? "" : ` (record ${index})`;
  return `${place}${at}${record}: ${reason}`;
}

function passed(name: LogCheckName, walk: Walk): Check {
  const { head, frontier, writer, listing, source, keptChecked, mode } = walk;
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
    case "recentCheckpoints":
      return listing === undefined
        ? check(null, "the source cannot list them")
        : check(true, `${walk.rows.checked} checkpoints, all signed and of this tree`);
    case "cosignatures":
      return logQuorumCheck(head.trust, walk.quorum, head.opened);
    case "seen":
      return seenCheck(walk.seen);
    case "anchors":
      return mode === "opaque" ? check(null, "an opaque log has none") : anchorsCheck(walk);
    case "records":
      return mode === "opaque"
        ? check(true, `${frontier.size}, opaque: tree checked, no chain${earlierText(walk)}`)
        : check(true, `${frontier.size}, canonical, chained, in order${earlierText(walk)}`);
    case "tree":
      return check(
        true,
        mode !== "tiles"
          ? `every tile is what the records give${earlierText(walk)}`
          : "the tiles agree with one another",
      );
    case "root":
      return check(
        true,
        head.checkpoint === undefined ? "none yet" : `${encodeBase64(head.checkpoint.root)}, as signed`,
      );
    case "parts":
      if (mode === "opaque") return check(null, "an opaque log has none");
      return source.hasParts
        ? check(
            true,
            `every sealed part is the one that its record names${droppedText(walk)}${earlierText(walk)}`,
          )
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

function anchorsCheck({ anchors, frontier }: Walk): Check {
  const { records, held, unchecked, contradictions } = anchorsReport(anchors, frontier.size);
  const name = "anchors";
  if (records === 0) return { name, ok: true, detail: "none: no outside clock says when records were there" };
  const names = [...new Set(held.map((each) => each.name))].join(", ");
  const missing = unchecked.map(({ why, records: of }) => `${of} not checked: ${why}`);
  if (held.length === 0) return { name, ok: null, detail: missing.join("; ") };
  const doubted = contradictions.length === 0 ? [] : [`${contradictions.length} contradict others`];
  const detail = [`${held.length} stamps by ${names}`, ...missing, ...doubted].join("; ");
  return { name, ok: true, detail };
}
