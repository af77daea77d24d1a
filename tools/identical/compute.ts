// SPDX-License-Identifier: Apache-2.0
// What must come out the same to the bit in every engine: models trained, scores, explanations and signals
// of texts. Runs in Node and in a browser alike.
import { computeSignals, explainScore, loadModel, scoreText, shingleKey } from "@docket/policy";
import { type Example, trainModel } from "@docket/policy/training";
import { caseTexts } from "./texts.ts";

const kinds = ["comment", "message", "email"] as const;
const trainedOn = 120;
const explained = 5;

/** One line for each model (its bytes as a checksum) and for each text (JSON). */
export function computeLines(count: number): string[] {
  const texts = caseTexts(count);
  const lines: string[] = [];
  const models = kinds.map((kind) => {
    const examples = texts
      .slice(0, trainedOn)
      .map((input, index): Example => ({ ...input, spam: index % 3 === 0 }));
    const { bytes } = trainModel(kind, examples, { seed: 7 });
    lines.push(`${kind} ${bytes.length} ${checksum(bytes)}`);
    return loadModel(bytes);
  });
  const campaigns = {
    shingleKey: shingleKey(new Uint8Array(16).fill(9)),
    domainKey: (domain: string) => domain,
  };
  for (const input of texts) {
    const { title, text, headers, parts } = input;
    const signals = computeSignals(
      { text, title, headers, parts },
      {
        fingerprint: (normalised) => `${normalised.length} ${checksum(new TextEncoder().encode(normalised))}`,
        campaigns,
      },
    );
    const scores = models.map((model) => [scoreText(model, input), explainScore(model, input, explained)]);
    lines.push(JSON.stringify([signals, scores]));
  }
  return lines;
}

// FNV-1a in 64 bits: engines need not share a hash function for this.
function checksum(bytes: Uint8Array): string {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100_0000_01b3n) & 0xffff_ffff_ffff_ffffn;
  return hash.toString(16);
}
