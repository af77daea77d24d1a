// SPDX-License-Identifier: Apache-2.0
// The models of an open site, for those who look after them.
import type { Model } from "@docket/policy";
import { DocketError } from "../error.ts";
import type { LogPaths } from "../log/paths.ts";
import { modelsOf } from "../releases/release.ts";
import type { Release } from "../releases/release.ts";
import type { ModelInForce, Models, ModelView } from "./contract.ts";
import { modelId, readModel } from "./model-file.ts";
import { keptModelPath, modelsDirectory } from "./store.ts";

/** Most models that a site keeps: each is named by a release, or was brought to be. */
export const keptModelsMax = 2_000;

/** What the desk works with. */
export type ModelDeskPorts = {
  readonly paths: Pick<LogPaths, "site">;
  readonly release: () => Release;
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** Puts a file in place durably, without blocking the thread. */
  readonly replace: (path: string, bytes: Uint8Array) => Promise<void>;
  /** The names in a directory; none if there is none. */
  readonly list: (directory: string) => readonly string[];
  readonly makeDirectory: (path: string) => void;
};

/** The models of a site. */
export class ModelDesk implements Models {
  readonly #ports: ModelDeskPorts;

  constructor(ports: ModelDeskPorts) {
    this.#ports = ports;
  }

  inForce(): readonly ModelInForce[] {
    const release = this.#ports.release();
    return modelsOf(release).flatMap(({ name, sha256 }) => {
      const model = release.models.get(name);
      const declared = release.policies.models.get(name);
      if (model === undefined || declared === undefined) return [];
      return [{ name, file: declared.file ?? null, ...viewOf(model, sha256) }];
    });
  }

  async keep(bytes: Uint8Array): Promise<ModelView> {
    const { paths, list, makeDirectory, replace } = this.#ports;
    const model = readModel(bytes, "what was sent");
    const id = modelId(bytes);
    const directory = modelsDirectory(paths);
    const kept = list(directory);
    if (!kept.includes(`${id}.model`)) {
      if (kept.length >= keptModelsMax) {
        throw new DocketError("overloaded", `${kept.length} models are kept already: no more are taken`);
      }
      makeDirectory(directory);
      await replace(keptModelPath(paths, id), bytes);
    }
    return viewOf(model, id);
  }

  async bytes(sha256: string): Promise<Uint8Array> {
    const isName = /^[A-Za-z0-9_-]{43}$/.test(sha256);
    const bytes = isName ? await this.#ports.read(keptModelPath(this.#ports.paths, sha256)) : undefined;
    if (bytes === undefined) throw new DocketError("not_found", `no model ${sha256} is kept here`);
    if (modelId(bytes) === sha256) return bytes;
    throw new DocketError("directory_damaged", `the model ${sha256} is not what was kept`);
  }
}

function viewOf({ kind, examples }: Model, sha256: string): ModelView {
  return { sha256, kind, examples };
}
