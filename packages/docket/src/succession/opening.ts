// SPDX-License-Identifier: Apache-2.0
// What is settled before a log may be opened for writing: that it is not closed for good, that a change of
// keys which a crash interrupted is brought to its end, that the keys are those in force, and that this is
// the log's newest state (epoch.ts).
import { join } from "node:path";
import { DocketError } from "../error.ts";
import { readLogKeys, signerKeysOf } from "../evidence/keys.ts";
import { readHeldState } from "../log/held-state.ts";
import { verifierKeysOf } from "../log/signing-keys.ts";
import { claimEpoch, proveNewest } from "./epoch.ts";
import { finishKeyChange, formerKeysOf, isKeyChangeBegun } from "./key-change.ts";
import { currentKeys, firstPeriod, keyHistoryOfLog, readKeyHistory, writeKeyHistory } from "./key-history.ts";
import type { KeyHistory } from "./key-history.ts";
import { epochPlaces, keyFolder } from "./maintenance.ts";
import type { MaintainedLog, Signing } from "./maintenance.ts";
import { sealPromotion } from "./promotion.ts";
import { refuseIfRetired } from "./retired.ts";

/**
 * Settles all that, and raises the epoch.
 *
 * @param vkeyPath the file of the verifier keys that are given away
 * @throws {DocketError} `log_retired`, `log_unproven`, `log_behind`; `usage` for keys that are not in force;
 *   `directory_damaged` with the place
 */
export async function settleOpening(log: MaintainedLog, vkeyPath: string): Promise<Signing> {
  refuseIfRetired(log);
  const places = epochPlaces(log);
  const held = readHeldState(log.disk, log.paths, log.origin);
  // First of all: an older copy of the data knows of older keys too, and that is not what is wrong with it.
  proveNewest(places, held);
  const history = await settleKeys(log, vkeyPath);
  const signerKeys = signerKeysOf(readLogKeys(keyFolder(log)));
  const primacy = claimEpoch(places, readHeldState(log.disk, log.paths, log.origin));
  const signing = { signerKeys, formerKeys: formerKeysOf(history), primacy };
  await sealPromotion(log, signing);
  return signing;
}

/**
 * The keys of a log until now, after a change that was interrupted is done; kept if they were not.
 *
 * @throws {DocketError} as {@link settleOpening}
 */
export async function settleKeys(log: MaintainedLog, vkeyPath: string): Promise<KeyHistory> {
  const history = keyHistory(log);
  if (isKeyChangeBegun(log)) {
    await finishKeyChange(log, history, vkeyPath);
    return keyHistory(log);
  }
  const keys = verifierKeysOf(signerKeysOf(readLogKeys(keyFolder(log))));
  if (keys.join() !== currentKeys(history).join()) {
    throw new DocketError(
      "usage",
      `the keys in ${log.keys} are not those in force: they were changed; bring back the newest ones`,
    );
  }
  return history;
}

/** The keys of a log until now; made again from its records where it was not kept. */
export function keyHistory(log: MaintainedLog): KeyHistory {
  const { disk, paths, origin, opaque } = log;
  const kept = readKeyHistory(disk, paths, origin);
  if (kept !== undefined) return kept;
  const files = verifierKeysOf(signerKeysOf(readLogKeys(keyFolder(log))));
  const size = opaque ? 0 : materialisedSize(log);
  const history = keyHistoryOfLog(disk, paths, origin, size) ?? firstPeriod(origin, files);
  writeKeyHistory(disk, paths, history);
  return history;
}

function materialisedSize({ disk, paths }: MaintainedLog): number {
  const bytes = disk.readFile(paths.state);
  if (bytes === undefined) {
    throw new DocketError("directory_damaged", `${join(paths.site, "materialised.json")} is missing`);
  }
  return (JSON.parse(bytes.toString("utf8")) as { size: number }).size;
}
