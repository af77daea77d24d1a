// SPDX-License-Identifier: Apache-2.0
// A thread of a rebuild: it reads with blocking calls, since it has nothing else to do.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { answerQuestions } from "../thread-pool.ts";
import { openRecords } from "./opened-records.ts";
import type { OpenerStart, OpenQuestion } from "./opened-records.ts";

const start = workerData as OpenerStart;

answerQuestions((question: OpenQuestion) => openRecords(start, read, question));

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(join(start.site, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
