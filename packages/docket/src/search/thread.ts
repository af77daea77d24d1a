// SPDX-License-Identifier: Apache-2.0
// The thread of an index of texts. Between questions it unlocks what they have not come to yet, and rests as
// long as it works: whoever waits for a decision has the processor's other half.
import { workerData } from "node:worker_threads";
import { answerQuestions } from "../thread-pool.ts";
import type { TextAnswer, TextIndexStart, TextThreadQuestion } from "./contract.ts";
import { openTextIndexHere } from "./open-text-index.ts";

const index = openTextIndexHere(workerData as TextIndexStart);
let isUnlocking = false;

answerQuestions<TextAnswer>((question: TextThreadQuestion) => {
  const answer = index.answer(question);
  if (question.ask === "find" && !isUnlocking) {
    isUnlocking = true;
    setImmediate(unlockMore);
  }
  return answer ?? { records: [], reached: null };
});

function unlockMore(): void {
  const beganMs = performance.now();
  isUnlocking = index.unlockMore();
  if (isUnlocking) setTimeout(unlockMore, performance.now() - beganMs);
}
