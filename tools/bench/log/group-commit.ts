// SPDX-License-Identifier: Apache-2.0
// Group commit as every peer gets it: what comes while a commit runs shares the next one.

/** Makes a group durable. */
export type Commit<Input> = (group: readonly Input[]) => Promise<void>;

type Waiting<Input> = { input: Input; resolve: () => void; reject: (error: unknown) => void };

/**
 * A function that appends one input; it resolves when the commit of its group has.
 *
 * @param commits as many commits run at the same time as there are functions
 * @param groupMax longest group
 */
export function groupCommit<Input>(
  commits: readonly Commit<Input>[],
  groupMax = Number.MAX_SAFE_INTEGER,
): (input: Input) => Promise<void> {
  const waiting: Waiting<Input>[] = [];
  let scheduled = false;
  const free = [...commits];

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    // After all that is ready to be read, so that writers who wait together also go together.
    setImmediate(() => {
      scheduled = false;
      while (waiting.length > 0) {
        const commit = free.pop();
        if (commit === undefined) return;
        const group = waiting.splice(0, groupMax);
        void run(commit, group);
      }
    });
  }

  async function run(commit: Commit<Input>, group: readonly Waiting<Input>[]): Promise<void> {
    try {
      await commit(group.map(({ input }) => input));
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    free.push(commit);
    if (waiting.length > 0) schedule();
  }

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      if (free.length > 0) schedule();
    });
}
