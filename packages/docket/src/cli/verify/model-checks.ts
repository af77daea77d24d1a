// SPDX-License-Identifier: Apache-2.0
// The models of a data directory: each is what its name says, and every one that a release names is there.
import { join } from "node:path";
import { modelBytesMax } from "@docket/policy";
import { VerifyError } from "@docket/verify";
import { modelId } from "../../models/model-file.ts";
import type { ModelVersion } from "../../releases/release.ts";
import { readBounded } from "./directory.ts";
import type { DirectorySource } from "./directory.ts";

/** What is wrong with a model's file. */
export type ModelFault = { readonly place: string; readonly reason: string };

/** Checks all models that are kept, and that those which releases name are among them. */
export async function checkModels(
  source: DirectorySource,
  named: readonly (ModelVersion & { readonly release: string })[],
): Promise<{ readonly faults: readonly ModelFault[]; readonly models: number }> {
  const faults: ModelFault[] = [];
  const kept = new Set<string>();
  for (const { name, directory } of (await source.list?.("models")) ?? []) {
    const place = `models/${name}`;
    const id = /^([\w-]{43})\.model$/.exec(name)?.[1];
    if (name.endsWith(".tmp")) continue;
    if (directory || id === undefined) faults.push({ place, reason: "no model has this name" });
    else {
      kept.add(id);
      if (!(await isItsName(source, place, id))) {
        faults.push({ place, reason: "it has another hash than its name says" });
      }
    }
  }
  for (const { name, sha256, release } of named) {
    if (kept.has(sha256)) continue;
    kept.add(sha256);
    const reason = `it is missing, and the release ${release} names it as the model ${name}`;
    faults.push({ place: `models/${sha256}.model`, reason });
  }
  return { faults, models: new Set(named.map(({ sha256 }) => sha256)).size };
}

async function isItsName(source: DirectorySource, place: string, id: string): Promise<boolean> {
  try {
    const bytes = await readBounded(join(source.directory, place), modelBytesMax, source.files);
    return bytes !== undefined && modelId(bytes) === id;
  } catch (error) {
    if (error instanceof VerifyError && error.code === "size") return false;
    throw error;
  }
}
