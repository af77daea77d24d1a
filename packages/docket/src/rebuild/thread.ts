// SPDX-License-Identifier: Apache-2.0
// A thread of a rebuild: it reads with blocking calls, since it has nothing else to do.
import { workerData } from "node:worker_threads";
import { answerQuestions } from "../thread-pool.ts";
import { openRecords } from "./opened-records.ts";
import type { OpenerStart, OpenQuestion } from "./opened-records.ts";
import { siteFileReader } from "./read-site-file.ts";

const start = workerData as OpenerStart;
const read = siteFileReader(start.site);

answerQuestions((question: OpenQuestion) => openRecords(start, read, question));
