// SPDX-License-Identifier: Apache-2.0
// How long after an append a checkpoint that covers it is published. A sample every few milliseconds: to wait
// for each entry would cost more than to append it.

const sampleIntervalMs = 2;

/** Samples of the delay. */
export type DelaySampler = {
  /**
   * Watches an append that begins now, or lets it pass.
   *
   * @param sizeOf the size of the log that covers what was appended
   */
  watch<Answer>(appending: Promise<Answer>, sizeOf: (answer: Answer) => number): Promise<unknown>;
  /** Waits until all that is watched is published. */
  settled(): Promise<void>;
  /** The delays since the last call, in ms. */
  take(): number[];
};

/** @param published resolves when the log is published up to a size */
export function delaySampler(published: (size: number) => Promise<void>): DelaySampler {
  let delays: number[] = [];
  let nextMs = 0;
  const watched = new Set<Promise<void>>();

  async function note(size: number, beganMs: number): Promise<void> {
    await published(size);
    delays.push(performance.now() - beganMs);
  }

  return {
    watch(appending, sizeOf) {
      const beganMs = performance.now();
      if (beganMs < nextMs) return appending;
      nextMs = beganMs + sampleIntervalMs;
      return appending.then((answer) => {
        const noting = note(sizeOf(answer), beganMs).finally(() => watched.delete(noting));
        watched.add(noting);
        return answer;
      });
    },
    async settled() {
      await Promise.all(watched);
    },
    take() {
      const taken = delays;
      delays = [];
      return taken;
    },
  };
}
