// SPDX-License-Identifier: Apache-2.0
// The one question of everyone who follows a log: is what it shows now the continuation of what it showed
// before?
import { encodeBase64, hashesEqual, hashBytes, tilePath, tileWidth } from "@docket/tlog";
import type { Hash, Tile } from "@docket/tlog";
import { FollowError } from "./error.ts";
import type { LogServer } from "./server.ts";
import type { SignedHead } from "./signed-head.ts";
import { openTree, proveGrowth, tileBytes } from "./tree.ts";
import type { ReadTile, Tree, TreeHead } from "./tree.ts";

/**
 * What a served checkpoint is to the one that was kept.
 *
 * - `same`: over the same tree
 * - `grown`: over a larger tree, which begins with the kept one
 * - `fork`: the log signed two histories: no tree begins with both
 * - `rollback`: a smaller tree. `older` says whether it is the beginning of the kept one, as far as the
 *   server gave the tiles to tell
 * - `unproven`: a larger tree, of which the server does not show that it begins with the kept one
 */
export type Judgement =
  | { kind: "same" }
  | { kind: "grown"; tree: Tree }
  | { kind: "fork"; reason: string; proof: Hash[] | undefined }
  | { kind: "rollback"; reason: string; older: boolean | undefined }
  | { kind: "unproven"; reason: string };

/**
 * Compares a served checkpoint with the kept one.
 *
 * @param readTile reads tiles of the larger of the two trees
 * @throws {FollowError} `unreachable`: nothing is known then
 */
export async function judge(kept: TreeHead, served: TreeHead, readTile: ReadTile): Promise<Judgement> {
  if (served.size === kept.size) {
    if (hashesEqual(served.root, kept.root)) return { kind: "same" };
    const reason = `two roots were signed at size ${kept.size}: ${rootText(kept)} and ${rootText(served)}`;
    return { kind: "fork", reason, proof: undefined };
  }
  if (served.size < kept.size) return judgeSmaller(kept, served, readTile);
  try {
    const tree = await openTree(served, readTile);
    const { consistent, rootThen, proof } = await proveGrowth(tree, kept);
    if (consistent) return { kind: "grown", tree };
    const reason =
      `the tree of ${served.size} entries has the root ${encodeBase64(rootThen)} at size ${kept.size}, ` +
      `but ${rootText(kept)} was signed there`;
    return { kind: "fork", reason, proof };
  } catch (error) {
    if (!(error instanceof FollowError) || error.code === "unreachable") throw error;
    return { kind: "unproven", reason: error.message };
  }
}

/**
 * Reads tiles from a server. A partial tile that is gone is taken from the full one, which replaced it when
 * the log grew.
 */
export function tilesOfServer(server: LogServer): ReadTile {
  return async (tile, isGenuine) => {
    const bytes = await readTileFile(server, tile);
    if (bytes === undefined) throw new FollowError("missing", `the server has no ${tilePath(tile)}`);
    if (isGenuine(bytes)) return bytes;
    throw new FollowError("wrong", `${tilePath(tile)} is not what the checkpoint commits to`);
  };
}

/** A tile's file, or the beginning of the full tile's; `undefined` where the server has neither. */
async function readTileFile(server: LogServer, tile: Tile): Promise<Uint8Array | undefined> {
  const bytes = await server.read(tilePath(tile), tileBytes);
  if (bytes !== undefined || tile.width === tileWidth) return bytes;
  const full = await server.read(tilePath({ ...tile, width: tileWidth }), tileBytes);
  return full?.length === tileBytes ? full.subarray(0, tile.width * hashBytes) : full;
}

/** The two checkpoints of a violation, and what shows that it is one. */
export type Violation = { kept: SignedHead; served: SignedHead; proof: Hash[] | undefined };

// The kept tree's tiles need not be there any more, and a server that rolled back may give others: whether
// the smaller tree is the beginning of the kept one is said where it can be.
async function judgeSmaller(kept: TreeHead, served: TreeHead, readTile: ReadTile): Promise<Judgement> {
  const fell = `the log showed ${kept.size} entries before, and ${served.size} now`;
  try {
    const { consistent, rootThen } = await proveGrowth(await openTree(kept, readTile), served);
    if (consistent) {
      return { kind: "rollback", older: true, reason: `${fell}: an older state of the same log` };
    }
    const reason =
      `the tree of ${kept.size} entries has the root ${encodeBase64(rootThen)} at size ${served.size}, ` +
      `but ${rootText(served)} was signed there`;
    return { kind: "fork", reason, proof: undefined };
  } catch (error) {
    if (!(error instanceof FollowError) || error.code === "unreachable") throw error;
    const reason = `${fell}; whether that is an older state of the same log could not be checked`;
    return { kind: "rollback", older: undefined, reason: `${reason} (${error.message})` };
  }
}

function rootText({ root }: TreeHead): string {
  return encodeBase64(root);
}
