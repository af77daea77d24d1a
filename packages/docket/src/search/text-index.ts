// SPDX-License-Identifier: Apache-2.0
// An index of texts as the thread that answers sees it: unlocked in a thread of its own with the first
// question, and locked again, memory and keys with it, when nobody has asked for a while.
import { existsSync } from "node:fs";
import { openThreadPool } from "../thread-pool.ts";
import type { ThreadPool } from "../thread-pool.ts";
import { threadUrl } from "../thread-url.ts";
import { unlockedMs } from "./contract.ts";
import type { TextAnswer, TextIndex, TextIndexStart, TextThreadQuestion } from "./contract.ts";

type Pool = ThreadPool<TextThreadQuestion, TextAnswer>;

/**
 * An index of texts that nobody has asked yet.
 *
 * @param timer runs something later; the result cancels it
 */
export function openTextIndex(
  start: TextIndexStart,
  timer: (ms: number, run: () => void) => () => void,
): TextIndex {
  let pool: Pool | undefined;
  let cancel: () => void = () => undefined;
  let asked = 0;
  let ending: Promise<void> = Promise.resolve();
  const lock = (): Promise<void> => {
    cancel();
    const ended = pool;
    pool = undefined;
    if (ended !== undefined) ending = dispose(ended);
    return ending;
  };
  const ask = async (question: TextThreadQuestion): Promise<TextAnswer> => {
    cancel();
    // The file has one thread at a time.
    await ending;
    pool ??= openThreadPool<TextThreadQuestion, TextAnswer>(threadUrl("./thread", import.meta.url), start, 1);
    asked += 1;
    try {
      return await pool.ask(question);
    } catch (error) {
      // A thread that failed answers nothing any more; the next question begins another.
      await lock();
      throw error;
    } finally {
      asked -= 1;
      cancel();
      if (asked === 0 && pool !== undefined) cancel = timer(unlockedMs, () => void lock());
    }
  };
  // What was never asked for has left nothing, but for what an earlier process wrote.
  const isAnything = (): boolean => pool !== undefined || existsSync(start.file);
  return {
    find: (question) => ask({ ask: "find", question }),
    forget: async (actors) => {
      if (isAnything()) await ask({ ask: "forget", actors });
    },
    forgetBundle: async (bundle) => {
      if (isAnything()) await ask({ ask: "forgetBundle", bundle });
    },
    close: lock,
  };
}

async function dispose(pool: Pool): Promise<void> {
  await pool[Symbol.asyncDispose]();
}
