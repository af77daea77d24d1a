// SPDX-License-Identifier: Apache-2.0
// What the reader knows from elsewhere: the log's keys, the witnesses that count, and checkpoints kept by
// others. Everything is judged under it, and nothing that the log says of itself is added to it.
import { parseVerifierKey } from "@docket/tlog";
import type { TlogPolicy, Verifier } from "@docket/tlog";
import type { AnchorTrust } from "./anchors/judge.ts";
import type { SeenNote } from "./seen.ts";

/** What is trusted. */
export type Trust = {
  /**
   * Verifier keys of the log, of types 0x01 and 0x06; their name is the log's origin. Keys of other origins
   * say nothing of this log. Without any, here or in the policy, the verdict is at best `unproven`.
   */
  readonly keys: readonly Verifier[];
  /** Whose cosignatures count (C2SP tlog-policy). The keys of its logs are trusted as those above. */
  readonly policy?: TlogPolicy | undefined;
  /** Checkpoints of the log that were kept elsewhere: each must be of the same tree. */
  readonly seen?: readonly SeenNote[] | undefined;
  /** Outside clocks: what their stamps in the log are checked with. Without it they are not checked. */
  readonly anchors?: AnchorTrust | undefined;
};

/** A lone key stands for the trust in it. */
export type TrustGiven = Trust | Verifier | undefined;

/**
 * The trust that was given, in its whole form: the keys of the policy's logs are among the keys.
 *
 * @throws TlogError `key`, `key-type` for a policy that `parsePolicy` did not make
 */
export function asTrust(given: TrustGiven): Trust {
  if (given === undefined) return { keys: [] };
  if (!("keys" in given)) return { keys: [given] };
  const known = new Set(given.keys.map(({ vkey }) => vkey));
  const ofPolicy = given.policy?.logs.filter(({ vkey }) => !known.has(vkey)) ?? [];
  return { ...given, keys: [...given.keys, ...ofPolicy.map(({ vkey }) => parseVerifierKey(vkey))] };
}

/** The witnesses whose cosignatures are checked. */
export function witnessesOf({ policy }: Trust): readonly Verifier[] {
  if (policy === undefined) return [];
  let witnesses = witnessesOfPolicy.get(policy);
  if (witnesses === undefined) {
    witnesses = policy.witnesses.map(({ vkey }) => parseVerifierKey(vkey));
    witnessesOfPolicy.set(policy, witnesses);
  }
  return witnesses;
}

// A log has as many checkpoints as minutes, and reading a key of ML-DSA-44 takes time.
const witnessesOfPolicy = new WeakMap<TlogPolicy, readonly Verifier[]>();
