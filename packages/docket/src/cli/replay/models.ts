// SPDX-License-Identifier: Apache-2.0
// The models of a release, as they were kept: each held against the hash that the release names it by.
import { loadModel, modelBytesMax, PolicyError } from "@docket/policy";
import type { Model } from "@docket/policy";
import type { ReplayRelease } from "@docket/verify/replay";
import type { ReadLogFile } from "../../log/record-bundle.ts";
import { modelId } from "../../models/model-file.ts";
import { keptModelPath } from "../../models/store.ts";
import { disk } from "../../stores/files/node-disk.ts";

/** Most models that stay in memory. */
const modelsHeld = 32;

/** Why there is no model to score with. */
type NoModel = "absent" | "unsupported";

/**
 * What is wrong with the models of a release: the first whose bytes were changed. One that isn't there is
 * needed for its evidence only.
 *
 * @param read gives the files of the folder of models
 */
export function modelFault({ manifest }: ReplayRelease, read: ReadLogFile): string | undefined {
  for (const { name, sha256 } of manifest.models ?? []) {
    const bytes = read(`${sha256}.model`, modelBytesMax);
    if (bytes !== undefined && modelId(bytes) !== sha256) {
      return `its model ${name}, models/${sha256}.model, is not what its manifest names`;
    }
  }
  return undefined;
}

/**
 * Opens the models below a site's directory.
 *
 * @returns of a release its models; or that one isn't here, or that this version can't score with one
 */
export function openModels(site: string): (release: ReplayRelease) => ReadonlyMap<string, Model> | NoModel {
  const held = new Map<string, Model | NoModel>();
  const modelOf = (sha256: string): Model | NoModel => {
    let model = held.get(sha256);
    if (model !== undefined) return model;
    if (held.size >= modelsHeld) held.clear();
    model = keptModel(site, sha256);
    held.set(sha256, model);
    return model;
  };
  return ({ manifest }) => {
    const models = new Map<string, Model>();
    for (const { name, sha256 } of manifest.models ?? []) {
      const model = modelOf(sha256);
      if (typeof model === "string") return model;
      models.set(name, model);
    }
    return models;
  };
}

function keptModel(site: string, sha256: string): Model | NoModel {
  const bytes = disk.readFile(keptModelPath({ site }, sha256));
  if (bytes === undefined || modelId(bytes) !== sha256) return "absent";
  try {
    return loadModel(bytes);
  } catch (error) {
    if (error instanceof PolicyError) return "unsupported";
    throw error;
  }
}
