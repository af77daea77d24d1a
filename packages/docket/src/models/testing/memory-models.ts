// SPDX-License-Identifier: Apache-2.0
// Models in memory, for tests of what is above them.
import { DocketError } from "../../error.ts";
import type { ModelInForce, Models, ModelView } from "../contract.ts";
import { modelId, readModel } from "../model-file.ts";

/** Keeps models, and has none in force. */
export class MemoryModels implements Models {
  readonly kept = new Map<string, Uint8Array>();

  inForce(): readonly ModelInForce[] {
    return [];
  }

  async keep(bytes: Uint8Array): Promise<ModelView> {
    const { kind, examples } = readModel(bytes, "what was sent");
    const sha256 = modelId(bytes);
    this.kept.set(sha256, bytes);
    return { sha256, kind, examples };
  }

  async bytes(sha256: string): Promise<Uint8Array> {
    const bytes = this.kept.get(sha256);
    if (bytes === undefined) throw new DocketError("not_found", `no model ${sha256} is kept here`);
    return bytes;
  }
}
