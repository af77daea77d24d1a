// SPDX-License-Identifier: Apache-2.0
// What weighed most in the scores of an event whose evidence was opened: by the models that the release
// names, as the server keeps them.
import { explainScore, loadModel, modelTextOf, PolicyError } from "@docket/policy";
import type { ModelFeature } from "@docket/policy";
import type { Event } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type { KeptView } from "../../releases/contract.ts";
import { modelsOf } from "../../releases/release.ts";
import { featuresText } from "../model/explain.ts";
import { askPolicy, fetchBytes } from "../policy/server.ts";
import type { PolicyServer } from "../policy/server.ts";

/** Features that are shown of each model. */
const featuresShown = 8;

/** What weighed most, by the name of the model. */
export type WeighedFeatures = { model: string; features: ModelFeature[] };

/**
 * The features that weighed most in each score.
 *
 * @returns nothing of a model that this program can't score with, or that the API key's role may not read
 */
export async function weighedFeatures(
  server: PolicyServer,
  release: string,
  event: Event,
): Promise<WeighedFeatures[]> {
  const weighed: WeighedFeatures[] = [];
  try {
    const kept = await askPolicy<KeptView>(server, `/releases/${release}`);
    for (const { name, sha256 } of modelsOf(kept)) {
      const model = loadModel(await fetchBytes(server, `v1/models/${sha256}`));
      const features = explainScore(model, modelTextOf(event.content), featuresShown);
      weighed.push({ model: name, features });
    }
  } catch (error) {
    const isRefused = error instanceof DocketError && error.code === "forbidden";
    if (!isRefused && !(error instanceof PolicyError)) throw error;
  }
  return weighed;
}

/** The same for people. */
export function weighedText(weighed: readonly WeighedFeatures[]): string {
  return weighed
    .map(
      ({ model, features }) =>
        `\nWhat weighed most for models.${model}, in log-odds\n${featuresText(features)}`,
    )
    .join("");
}
