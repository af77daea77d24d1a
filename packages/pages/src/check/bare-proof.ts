// SPDX-License-Identifier: Apache-2.0
// A C2SP tlog-proof by itself, of whatever log: no receipt of Docket, but the same tree. What was logged
// comes beside it.
import {
  leafHash,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  parseProof,
  parseVerifierKey,
  TlogError,
  utf8,
  verifyInclusion,
} from "@docket/tlog";
import type { InclusionProof, Verifier } from "@docket/tlog";
import { keyText } from "@docket/verify";
import type { Check, Trust, Verdict } from "@docket/verify";

/** What was found of a bare proof. */
export type ProofReport = {
  kind: "proof";
  verdict: Verdict;
  checks: Check[];
  origin: string | null;
  size: number | null;
  index: number | null;
  vkeys: string[];
};

/** Whether a text is to be read as one. */
export function looksLikeProof(text: string): boolean {
  return text.startsWith("c2sp.org/tlog-proof@");
}

/**
 * Checks that `entry` is in the log whose key comes first among what is trusted. Never throws for what is in
 * the texts.
 */
export function verifyBareProof(text: string, entry: string, trust: Trust): ProofReport {
  const report: ProofReport = {
    kind: "proof",
    verdict: "failed",
    checks: [],
    origin: null,
    size: null,
    index: null,
    vkeys: [],
  };
  const run = <Found>(name: string, check: () => [Found, string]): Found | undefined => {
    try {
      const [found, detail] = check();
      report.checks.push({ name, ok: true, detail });
      return found;
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
      report.checks.push({ name, ok: false, detail: error.message });
      return undefined;
    }
  };
  const proof = run("proof", () => [parseProof(text), "a tlog-proof, well-formed"]);
  if (proof !== undefined) checkAgainst(proof, entry, keysOf(trust), report, run);
  const isKnown = report.checks.some(({ name, ok }) => name === "signature" && ok === true);
  const failed = report.checks.some(({ ok }) => ok === false);
  return { ...report, verdict: failed ? "failed" : isKnown ? "verified" : "unproven" };
}

function checkAgainst(
  proof: InclusionProof,
  entry: string,
  keys: readonly Verifier[],
  report: ProofReport,
  run: <Found>(name: string, check: () => [Found, string]) => Found | undefined,
): void {
  report.index = proof.index;
  const checkpoint = run("checkpoint", () => {
    const found = parseCheckpoint(parseNote(proof.checkpoint).text);
    return [found, `of ${found.origin} over ${found.size} entries`];
  });
  if (checkpoint === undefined) return;
  report.origin = checkpoint.origin;
  report.size = checkpoint.size;
  const [first] = keys;
  if (first === undefined) {
    const detail = "no key was given, so nobody knows who signed";
    report.checks.push({ name: "signature", ok: null, detail });
  } else {
    run("signature", () => {
      const { verified } = openCheckpoint(proof.checkpoint, keys, first.name);
      const own = verified.filter(({ verifier }) => verifier.name === first.name);
      if (own.length === 0)
        throw new TlogError("unverified", "no key of the log that is known here signed it");
      report.vkeys = own.map(({ verifier }) => verifier.vkey);
      return [true, `by ${own.map(({ verifier }) => keyText(verifier)).join(" and ")}`];
    });
  }
  run("inclusion", () => {
    const leaf = leafHash(utf8(entry));
    if (!verifyInclusion(proof.hashes, proof.index, checkpoint.size, leaf, checkpoint.root)) {
      const root = `the root over ${checkpoint.size} entries`;
      throw new TlogError("proof", `the proof does not lead from what is said to be logged to ${root}`);
    }
    return [true, `entry ${proof.index} of ${checkpoint.size}`];
  });
}

function keysOf({ keys, policy }: Trust): Verifier[] {
  return [...keys, ...(policy?.logs ?? []).map(({ vkey }) => parseVerifierKey(vkey))];
}
