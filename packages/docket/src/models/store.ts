// SPDX-License-Identifier: Apache-2.0
// Where a site keeps its models: below `models/`, each named by the SHA-256 of its bytes, written once and
// kept for good, so that a decision can be made again years later.
import { join } from "node:path";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";
import type { LogPaths } from "../log/paths.ts";
import { modelId } from "./model-file.ts";

/** The folder of a site's models. */
export function modelsDirectory(paths: Pick<LogPaths, "site">): string {
  return join(paths.site, "models");
}

/** Where a model is kept. */
export function keptModelPath(paths: Pick<LogPaths, "site">, id: string): string {
  return join(modelsDirectory(paths), `${id}.model`);
}

/**
 * Reads a kept model's bytes, and holds them against its hash.
 *
 * @throws {DocketError} `directory_damaged`
 */
export function readKeptModel(
  disk: Pick<LogDisk, "readFile">,
  paths: Pick<LogPaths, "site">,
  id: string,
): Uint8Array {
  const bytes = disk.readFile(keptModelPath(paths, id));
  if (bytes === undefined) throw damaged(id, "is not kept here");
  const found = modelId(bytes);
  if (found !== id) throw damaged(id, `is not what was kept: its hash is ${found}`);
  return bytes;
}

/** Keeps a model, durably and at once. One that is kept already is left alone. */
export function keepModelNow(disk: LogDisk, paths: Pick<LogPaths, "site">, bytes: Uint8Array): string {
  const id = modelId(bytes);
  const path = keptModelPath(paths, id);
  if (disk.readFile(path) !== undefined) return id;
  disk.makeDirectory(modelsDirectory(paths));
  disk.replaceFile(path, bytes, true);
  return id;
}

function damaged(id: string, why: string): DocketError {
  return new DocketError("directory_damaged", `the model ${id} (models/${id}.model) ${why}`);
}
