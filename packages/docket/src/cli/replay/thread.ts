// SPDX-License-Identifier: Apache-2.0
// A thread of `docket replay`. It reads with blocking calls: it has nothing else to do.
import { workerData } from "node:worker_threads";
import { answerQuestions } from "../../thread-pool.ts";
import { logFileReader } from "./files.ts";
import { Replayer } from "./replayer.ts";
import type { ReplayAnswer, ReplayerStart, ReplayQuestion } from "./replayer.ts";

const replayer = new Replayer(workerData as ReplayerStart, logFileReader);
answerQuestions<ReplayAnswer>((question: ReplayQuestion) => replayer.replay(question));
