// SPDX-License-Identifier: Apache-2.0
// How changes of the policy stand in a data directory, read from its published files: also while a server
// writes them.
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import { parseCheckpoint, parseNote } from "@docket/tlog";
import { DocketError } from "../../error.ts";
import { openPart } from "../../evidence/seal.ts";
import { readInstallation, readKeys } from "../../installation.ts";
import { unlockInstallation } from "../../key-providers/unlock.ts";
import type { Installation } from "../../installation.ts";
import { LogReader } from "../../log/reader.ts";
import {
  changeKinds,
  emptyChangeState,
  isChangeRecord,
  isPolicyKind,
  takeRecord,
} from "../../releases/change-state.ts";
import type { ChangeRecord, ChangeState } from "../../releases/change-state.ts";
import { keptReleasePath, readKeptRelease } from "../../releases/release.ts";
import type { KeptRelease } from "../../releases/release.ts";
import type { ChangePart } from "../../releases/review.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { readKeptRecords } from "../../stores/sqlite/kept-records.ts";

/** Changes of the policy of a data directory. */
export type PublishedChanges = {
  installation: Installation;
  state: ChangeState;
  /** The records of the way of changes, in the order of the log; those of API keys are left out. */
  records: ChangeRecord[];
  /** The part `change` of a record; `undefined` if it has none or the keys are not here. */
  changeOf: (index: number) => Promise<ChangePart | undefined>;
  /** @throws {DocketError} `not_found`, `directory_damaged` */
  kept: (id: string) => KeptRelease;
};

/**
 * Reads the changes of a data directory.
 *
 * @throws {DocketError} `usage` if it is none
 */
export async function readPublishedChanges(data: string): Promise<PublishedChanges> {
  const installation = readInstallation(data);
  if (installation.opaque) throw new DocketError("usage", `${data} holds an opaque log, which has no policy`);
  const { paths, origin } = installation;
  const checkpoint = disk.readFile(paths.checkpoint);
  const size = checkpoint === undefined ? 0 : parseCheckpoint(parseNote(checkpoint).text).size;
  const reader = new LogReader(paths);
  const views = readKeptRecords(join(paths.site, "views.sqlite"), [...changeKinds]);
  const leaves = views.leaves;
  for (let index = views.size; index < size; index++) leaves.push((await reader.record(index, size)).leaf);
  const state = emptyChangeState();
  const records: ChangeRecord[] = [];
  for (const leaf of leaves) {
    const record = parseLeaf(leaf);
    if (!isChangeRecord(record)) continue;
    takeRecord(state, record);
    if (isPolicyKind(record.kind)) records.push(record);
  }
  const siteKey = await siteKeyIfThere(installation);
  return {
    installation,
    state,
    records,
    changeOf: async (index) => {
      if (siteKey === undefined || index >= size) return undefined;
      const { parts } = await reader.record(index, size);
      const sealed = parts?.parts.find(({ name }) => name === "change");
      const opened = sealed && openPart(sealed.bytes, "change", siteKey, origin);
      return opened && (JSON.parse(opened.plaintext.toString("utf8")) as ChangePart);
    },
    kept: (id) => readKeptRelease((each) => disk.readFile(keptReleasePath(paths, each)), id),
  };
}

async function siteKeyIfThere(installation: Installation): Promise<Uint8Array | undefined> {
  try {
    return readKeys(await unlockInstallation(installation)).site;
  } catch (error) {
    if (error instanceof DocketError) return undefined;
    throw error;
  }
}
