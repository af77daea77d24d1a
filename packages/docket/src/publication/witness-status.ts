// SPDX-License-Identifier: Apache-2.0
// How the log's witnesses fare, for metrics and for the operator.

/**
 * What a witness made of the newest checkpoint that it was asked to cosign; `unasked` until the first. The
 * others are the kinds of `WitnessAnswer` (ask-witness.ts).
 */
export type WitnessState =
  | "unasked"
  | "cosigned"
  | "ahead"
  | "conflict"
  | "refused"
  | "invalid"
  | "unreachable"
  | "unproved";

/** One witness, for metrics and for the operator. */
export type WitnessStatus = {
  name: string;
  url: string;
  state: WitnessState;
  /** Records of the newest checkpoint that it cosigned since the start. */
  cosignedSize: number;
  cosignatures: number;
  failures: number;
  /** What is wrong with it, for people. */
  fault: string | undefined;
};

/** All of them. */
export type WitnessesStatus = {
  /** Records of the newest checkpoint with a quorum of cosignatures. */
  cosignedSize: number;
  witnesses: WitnessStatus[];
  /** What the operator must look at: a witness has seen another tree than this one, or more of it. */
  alarms: string[];
};
