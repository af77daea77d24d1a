// SPDX-License-Identifier: Apache-2.0
// The checkpoint of a followed log: anybody's, so that unknown signature lines and extensions are let be, as
// C2SP says; what is counted on is the log's own signature and, under a policy, the witnesses'.
import { cosignatureTime, openCheckpoint, parseVerifierKey, policySatisfied, TlogError } from "@docket/tlog";
import type { TlogPolicy, Verifier } from "@docket/tlog";
import type { TreeHead } from "./tree.ts";

/** Whom a follower trusts. */
export type FollowTrust = {
  /** The log's name. */
  origin: string;
  /** The log's keys, all of that name; there is one at least. */
  keys: readonly Verifier[];
  /** Who must have cosigned a checkpoint, where the follower asks for that. */
  policy: TlogPolicy | undefined;
};

/** A checkpoint that the log signed, byte for byte, and what else is known of it. */
export type SignedHead = {
  bytes: Uint8Array;
  head: TreeHead;
  /** Whether the cosignatures satisfy the policy; `undefined` without a policy. */
  quorum: boolean | undefined;
  /** The policy's names of the witnesses whose cosignatures verified. */
  witnesses: string[];
  /** The latest time of these cosignatures, in seconds since 1970; 0 without any. */
  cosignedAtSeconds: number;
  /** Signature lines in all. */
  lines: number;
};

/**
 * Opens a checkpoint under the trusted keys.
 *
 * @throws TlogError for a malformed one, another log's, one that the log did not sign, and one with a line of
 *   a known key that does not verify
 */
export function openSignedHead(bytes: Uint8Array, { origin, keys, policy }: FollowTrust): SignedHead {
  const witnesses = (policy?.witnesses ?? []).map(({ vkey }) => parseVerifierKey(vkey));
  const { checkpoint, verified, unverified } = openCheckpoint(bytes, [...keys, ...witnesses], origin);
  const own = verified.filter(({ verifier }) => keys.includes(verifier));
  // A log that signs with Ed25519 does so on every checkpoint; a line of another kind alone is no substitute.
  const isNeeded = ({ algorithm }: Verifier): boolean =>
    algorithm === "ed25519" || !keys.some((key) => key.algorithm === "ed25519");
  if (!own.some(({ verifier }) => isNeeded(verifier))) {
    throw new TlogError(
      "unverified",
      `no key of the log ${JSON.stringify(origin)} that is known here signed it`,
    );
  }
  const cosignatures = verified.filter((line) => !own.includes(line));
  const quorum =
    policy &&
    policySatisfied(
      policy,
      cosignatures.map(({ verifier }) => verifier),
    );
  return {
    bytes,
    head: { size: checkpoint.size, root: checkpoint.root },
    quorum: quorum?.satisfied,
    witnesses: quorum?.cosigned ?? [],
    cosignedAtSeconds: Math.max(0, ...cosignatures.map(({ signature }) => cosignatureTime(signature))),
    lines: verified.length + unverified.length,
  };
}

/** Whether one of two checkpoints over the same tree says more: it was cosigned later, or by more. */
export function isFresher(one: SignedHead, other: SignedHead): boolean {
  const later = one.cosignedAtSeconds - other.cosignedAtSeconds;
  return later > 0 || (later === 0 && one.lines > other.lines);
}
