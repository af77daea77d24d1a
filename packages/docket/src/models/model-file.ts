// SPDX-License-Identifier: Apache-2.0
// A model as a file: read whole, and checked.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { loadModel, modelBytesMax, PolicyError } from "@docket/policy";
import type { Model } from "@docket/policy";
import { DocketError } from "../error.ts";

/** A model, the bytes that it was read from, and their SHA-256. */
export type ModelFile = { readonly model: Model; readonly bytes: Uint8Array; readonly id: string };

/** What identifies a model: the SHA-256 of its bytes, in base64url. */
export function modelId(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

/**
 * Reads a model.
 *
 * @throws {DocketError} `usage` if there is no such file, `model_invalid` if it is no model
 */
export function readModelFile(path: string): ModelFile {
  let bytes: Uint8Array;
  try {
    const { size } = statSync(path);
    if (size > modelBytesMax) {
      throw new DocketError(
        "model_invalid",
        `${path} has ${size} bytes, and no model has over ${modelBytesMax}`,
      );
    }
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof DocketError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new DocketError("usage", `cannot read ${path}: ${code}`, { cause: error });
  }
  return { model: readModel(bytes, path), bytes, id: modelId(bytes) };
}

/**
 * Reads a model from its bytes.
 *
 * @param name of where they are from, for messages
 * @throws {DocketError} `model_invalid`
 */
export function readModel(bytes: Uint8Array, name: string): Model {
  try {
    return loadModel(bytes);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new DocketError("model_invalid", `${name} is no model: ${error.message}`, { cause: error });
  }
}
