// SPDX-License-Identifier: Apache-2.0
// A disk whose syncs hang for as long as the file named by $DOCKET_HANG_FILE exists.
import { existsSync } from "node:fs";
import type { LogDisk } from "../log/disk.ts";
import { disk as real } from "../stores/files/node-disk.ts";

const pollMs = 10;
const flag = process.env["DOCKET_HANG_FILE"] ?? "";
const cell = new Int32Array(new SharedArrayBuffer(4));

/** A {@link LogDisk} over the real one. */
export const disk: LogDisk = {
  ...real,
  open(path, create) {
    const file = real.open(path, create);
    return {
      ...file,
      sync() {
        while (existsSync(flag)) Atomics.wait(cell, 0, 0, pollMs);
        file.sync();
      },
    };
  },
};
