// SPDX-License-Identifier: Apache-2.0
// A thread of a backtest: it reads with blocking calls, since it has nothing else to do.
import { workerData } from "node:worker_threads";
import { answerQuestions } from "../thread-pool.ts";
import type { Batch } from "./batch.ts";
import { openPreparer } from "./open-preparer.ts";
import type { PreparerStart, PrepareQuestion } from "./preparer.ts";

const preparer = openPreparer(workerData as PreparerStart);
answerQuestions<Batch>(
  (question: PrepareQuestion) => preparer.prepare(question),
  ({ numbers, results }) => [numbers.buffer, results.buffer],
);
