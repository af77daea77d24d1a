// SPDX-License-Identifier: Apache-2.0
// What the reader trusts, from what they pasted: verifier keys, a line each as `log.vkey` has them, or a
// trust policy with witnesses (C2SP tlog-policy).
import { parsePolicy, parseVerifierKey, TlogError } from "@docket/tlog";
import type { Trust } from "@docket/verify";

/** Longest text of keys that is read, in characters: a policy's own limit. */
export const keysLengthMax = 1_000_000;

/** What was trusted, or why the text is neither keys nor a policy. */
export type TrustRead = { trust: Trust } | { fault: string };

/** Reads keys or a policy. An empty text trusts nobody. Lines that begin with `#` are skipped. */
export function readTrust(text: string): TrustRead {
  if (text.length > keysLengthMax) return { fault: `it is longer than ${keysLengthMax} characters` };
  const lines = text.split("\n").map((line) => line.trim());
  const said = lines.filter((line) => line !== "" && !line.startsWith("#"));
  try {
    if (said.some((line) => /^(log|witness|group|quorum)\s/.test(line))) {
      return { trust: { keys: [], policy: parsePolicy(text) } };
    }
    return { trust: { keys: said.map((line) => parseVerifierKey(line)) } };
  } catch (error) {
    if (error instanceof TlogError) return { fault: error.message };
    throw error;
  }
}
