// SPDX-License-Identifier: Apache-2.0
// A disk that loses what was not synced: what is written to the journal stays in this process's memory until
// it is synced, so that killing the process is what cutting the power is to a real disk. Other files, which
// readers need at once, are really written, and $DOCKET_UNSYNCED_LIST says what of them was synced: lines
// `synced PATH BYTES` and `unsynced PATH`. Whoever simulates the power loss cuts them accordingly.
import { appendFileSync, statSync } from "node:fs";
import type { LogDisk, LogFile } from "../log/disk.ts";
import { disk as real } from "../stores/files/node-disk.ts";

type Write = { position: number; bytes: Buffer };

const list = process.env["DOCKET_UNSYNCED_LIST"];

/** A {@link LogDisk} over the real one. */
export const disk: LogDisk = {
  ...real,
  open(path, create) {
    const file = real.open(path, create);
    if (path.endsWith(".journal")) return bufferedFile(file);
    return {
      ...file,
      write(position, bytes) {
        file.write(position, bytes);
        note("unsynced", path);
      },
    };
  },
  replaceFile(path, bytes, durable) {
    real.replaceFile(path, bytes, durable);
    note(durable ? "synced" : "unsynced", path);
  },
  syncFile(path) {
    real.syncFile(path);
    note("synced", path);
  },
  async syncFiles(paths) {
    for (const path of paths) disk.syncFile(path);
  },
};

function bufferedFile(file: LogFile): LogFile {
  let unsynced: Write[] = [];
  let size = file.size();
  return {
    size: () => size,
    read(position, length) {
      flushForReading();
      return file.read(position, length);
    },
    write(position, bytes) {
      unsynced.push({ position, bytes: Buffer.from(bytes) });
      size = Math.max(size, position + bytes.length);
    },
    sync() {
      for (const { position, bytes } of unsynced) file.write(position, bytes);
      unsynced = [];
      file.sync();
    },
    truncate(to) {
      unsynced = unsynced.filter(({ position }) => position < to);
      file.truncate(to);
      size = to;
    },
    close: () => file.close(),
  };

  function flushForReading(): void {
    if (unsynced.length > 0) throw new Error("nothing reads what is not synced");
  }
}

function note(state: "synced" | "unsynced", path: string): void {
  if (list === undefined) return;
  const bytes = state === "synced" ? ` ${statSync(path).size}` : "";
  appendFileSync(list, `${state} ${path}${bytes}\n`);
}
