// SPDX-License-Identifier: Apache-2.0

/** What each table of the policy's benchmark is measured with. */
export type PolicyBench = {
  readonly rounds: number;
  /** Seconds of each measure. */
  readonly seconds: number;
  /** Events of the stream, or all of it. */
  readonly events: number;
  readonly progress: (text: string) => void;
};

/** A table's numbers, and its text. */
export type PolicySection = { readonly data: unknown; readonly text: string };
