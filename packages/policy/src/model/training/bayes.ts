// SPDX-License-Identifier: Apache-2.0
// Naive Bayes: what each feature alone says of the class.
import type { BayesConfiguration } from "./configuration.ts";
import { logarithm } from "./elementary.ts";
import type { Counts, Linear } from "./linear.ts";

/** The log-odds of each feature. */
export function learnBayes(
  { inSpam, inHam, spams, hams }: Counts,
  { smoothing }: BayesConfiguration,
): Linear {
  const weights = new Float32Array(inSpam.length);
  // Most features are rare, and then alike: their logarithms are looked up.
  const spamLogs = logarithms(spams, smoothing);
  const hamLogs = logarithms(hams, smoothing);
  for (let feature = 0; feature < weights.length; feature++) {
    const spam = inSpam[feature] ?? 0;
    const ham = inHam[feature] ?? 0;
    if (spam + ham > 0) weights[feature] = (spamLogs[spam] ?? 0) - (hamLogs[ham] ?? 0);
  }
  return { weights, bias: 0 };
}

/** The logarithm of the share of rows that have a feature, for each number of rows. */
function logarithms(rows: number, smoothing: number): Float64Array {
  return Float64Array.from({ length: rows + 1 }, (_, count) =>
    logarithm((count + smoothing) / (rows + 2 * smoothing)),
  );
}
