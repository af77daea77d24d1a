// SPDX-License-Identifier: Apache-2.0
// What is measured: something that makes entries durable.

/** A log under test. It stays open over all rounds. */
export type Contender<Input> = {
  name: string;
  /** Resolves when the input survives power loss. */
  append(input: Input): Promise<unknown>;
  /** Waits until nothing goes on behind the answers any more; called after each measure. */
  rest?(): Promise<void>;
  /** Delays from append to publication since the last call, in ms, for logs that publish. */
  takeDelays?(): number[];
  close(): Promise<void>;
};

/** A peer that is not measured, and why. */
export type Absent = { name: string; reason: string };

/** Whether a peer is one that can be measured. */
export function isPresent<Input>(peer: Contender<Input> | Absent): peer is Contender<Input> {
  return "append" in peer;
}
