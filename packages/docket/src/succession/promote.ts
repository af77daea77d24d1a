// SPDX-License-Identifier: Apache-2.0
// Promotion: a log that was restored, copied or moved proves that it holds its newest signed state, and may
// sign again. Whoever had it open before is fenced first: the epoch is raised, and then the keys directory is
// asked once more what was published last.
import { promotionProofsMax } from "@docket/protocol";
import type { PromotionProof } from "@docket/protocol";
import type { TlogPolicy } from "@docket/tlog";
import { readLogKeys, signerKeysOf } from "../evidence/keys.ts";
import { readHeldState } from "../log/held-state.ts";
import type { HeldState } from "../log/held-state.ts";
import { verifierKeysOf } from "../log/signing-keys.ts";
import { behind, contradiction, raiseEpoch, readEpoch, unproven } from "./epoch.ts";
import type { EpochState } from "./epoch.ts";
import { epochPlaces, keyFolder } from "./maintenance.ts";
import type { MaintainedLog } from "./maintenance.ts";
import { keyHistory, settleOpening } from "./opening.ts";
import { askWitnesses, readGiven, trustedKeys } from "./outside.ts";
import type { OutsideCheckpoint, OutsidePorts, Unanswered } from "./outside.ts";
import { forgetPromotion, writePromotion } from "./promotion.ts";
import { refuseIfRetired } from "./retired.ts";

/**
 * After raising the epoch, in ms: a process that has the log open asks ten times a second, and before each
 * publication, whether it may still sign, so by then it has stopped.
 */
export const fenceWaitMs = 1000;

/** What a promotion may lean on. */
export type PromoteOptions = {
  /** Files, directories and URLs with checkpoints. */
  seen: readonly string[];
  /** Whose newest checkpoints are asked for. */
  policy: TlogPolicy | undefined;
  /** The operator's word that all of the installation was moved after a stop, and nothing else signs. */
  moved: boolean;
  /** False on file systems whose inode numbers don't last. */
  byInode: boolean;
};

/** What a promotion came to. */
export type Promotion = {
  /** False if the log was in no need of it, and nothing was done. */
  needed: boolean;
  size: number;
  epoch: number;
  proofs: readonly PromotionProof[];
  unanswered: readonly Unanswered[];
};

/**
 * Promotes a log. The caller holds its directory's lock.
 *
 * @param vkeyPath the file of the verifier keys that are given away
 * @throws {DocketError} `log_behind` if any checkpoint is known that the log doesn't hold; `log_unproven` if
 *   nothing shows that there is none; `log_retired`; `usage`
 */
export async function promoteLog(
  log: MaintainedLog,
  vkeyPath: string,
  options: PromoteOptions,
  ports: OutsidePorts & { wait: (ms: number) => Promise<void> },
): Promise<Promotion> {
  refuseIfRetired(log);
  const places = epochPlaces(log);
  const held = readHeldState(log.disk, log.paths, log.origin);
  const state = readEpoch(places);
  const fromKeys = checkpointOfKeys(state);
  const outside = await gather(log, options, ports);
  const known = [...fromKeys, ...outside.found];
  refuseIfBehind(held, known);
  const proofs = proofsOf(state, known, options.moved ? held.size() : undefined);
  const { unanswered } = outside;
  if (proofs === undefined) throw unproven(howToProve(state, unanswered), places);
  const changesNothing =
    state.kind === "first" || (state.kind === "bound" && options.byInode === state.byInode);
  if (changesNothing) {
    const epoch = state.kind === "first" ? 0 : state.epoch;
    return { needed: false, size: held.size(), epoch, proofs, unanswered };
  }
  writePromotion(log, proofs);
  raiseEpoch(places, options.byInode);
  await ports.wait(fenceWaitMs);
  // What another process published until it was fenced.
  try {
    refuseIfBehind(held, checkpointOfKeys(readEpoch(places)));
  } catch (error) {
    forgetPromotion(log);
    throw error;
  }
  const { primacy } = await settleOpening(log, vkeyPath);
  const size = readHeldState(log.disk, log.paths, log.origin).size();
  return { needed: true, size, epoch: primacy.epoch, proofs, unanswered };
}

/** All that is known of a log's newest state, apart from its own directory. */
export async function gather(
  log: MaintainedLog,
  options: Pick<PromoteOptions, "seen" | "policy">,
  ports: OutsidePorts,
): Promise<{ found: OutsideCheckpoint[]; unanswered: Unanswered[] }> {
  const files = verifierKeysOf(signerKeysOf(readLogKeys(keyFolder(log))));
  const keys = trustedKeys(keyHistory(log), files);
  const given = await readGiven(options.seen, log.origin, keys, ports);
  if (options.policy === undefined) return { found: given, unanswered: [] };
  const { found, unanswered } = await askWitnesses(options.policy, log.origin, keys, ports);
  return { found: [...given, ...found], unanswered };
}

/** What the keys directory knows, as one of the sources. */
export function checkpointOfKeys(state: EpochState): OutsideCheckpoint[] {
  if (state.kind === "first" || state.newest === undefined) return [];
  return [{ from: "keys", name: null, place: "the keys directory", ...state.newest }];
}

function refuseIfBehind(held: HeldState, known: readonly OutsideCheckpoint[]): void {
  const reasons = known.flatMap(({ place, checkpoint }) => {
    const reason = contradiction(held, { checkpoint });
    return reason === undefined
      ? []
      : [`${place} has a checkpoint of size ${checkpoint.size}, and ${reason}`];
  });
  if (reasons.length > 0) throw behind(reasons.join("; "));
}

// One line for each source: the newest that it knows. A copied keys directory proves nothing by itself.
function proofsOf(
  state: EpochState,
  known: readonly OutsideCheckpoint[],
  movedSize: number | undefined,
): PromotionProof[] | undefined {
  const keysIntact = state.kind !== "unproven" || state.keysIntact;
  const newest = new Map<string, PromotionProof>();
  for (const { from, name, checkpoint } of known) {
    if (from === "keys" && !keysIntact) continue;
    const source = `${from} ${name ?? ""}`;
    const size = Math.max(checkpoint.size, newest.get(source)?.size ?? 0);
    newest.set(source, { from, name, size });
  }
  // Nothing was ever published, and the keys directory is the one that would know.
  if (keysIntact && !newest.has("keys ")) newest.set("keys ", { from: "keys", name: null, size: 0 });
  if (movedSize !== undefined) newest.set("operator", { from: "operator", name: null, size: movedSize });
  // Of very many witnesses those that know most are named.
  const bySize = [...newest.values()].sort((a, b) => b.size - a.size);
  return bySize.length === 0 ? undefined : bySize.slice(0, promotionProofsMax);
}

function howToProve(state: EpochState, unanswered: readonly Unanswered[]): string {
  const reason = state.kind === "unproven" ? state.reason : "nothing is known of it";
  const silent = unanswered.map(({ place, reason: why }) => `; ${place} gave nothing: ${why}`).join("");
  return (
    `${reason}${silent}. Give the newest checkpoint that anyone has with --seen, or witnesses with ` +
    "--policy; or, if all was moved after a stop and no other copy has signed since, say so with --moved"
  );
}
