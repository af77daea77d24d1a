// SPDX-License-Identifier: Apache-2.0
// Prints what this engine computes, for another process to compare: print.ts COUNT
import { computeLines } from "./compute.ts";

process.stdout.write(`${JSON.stringify(computeLines(Number(process.argv[2])))}\n`);
