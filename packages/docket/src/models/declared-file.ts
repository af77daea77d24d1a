// SPDX-License-Identifier: Apache-2.0
// The file of a model that a policy declares, and what may be wrong with it.
import type { Model, ModelDeclaration } from "@docket/policy";
import { DocketError } from "../error.ts";
import { readModel } from "./model-file.ts";

/**
 * What is wrong with a declared model's file: that it isn't there, is no model, or one of another kind.
 *
 * @param bytes its content; `undefined` if there is no such file
 */
export function declaredFileFault(
  { name, kind, file }: ModelDeclaration,
  bytes: Uint8Array | undefined,
): string | undefined {
  const whose = `the file of the model ${name}, ${file},`;
  if (bytes === undefined) return `${whose} is not there`;
  let model: Model;
  try {
    model = readModel(bytes, "it");
  } catch (error) {
    if (!(error instanceof DocketError)) throw error;
    return `${whose} can't be read: ${error.message}`;
  }
  return model.kind === kind ? undefined : `${whose} is of kind ${model.kind}, and is declared as ${kind}`;
}
