// SPDX-License-Identifier: Apache-2.0
// The features of a text: which there are is frozen under a version that each model file names.
import { normaliseText } from "../text/normalise.ts";
import { unicodeVersion } from "../text/unicode.ts";
import { characterClass, isWordClass } from "./characters.ts";
import { FeatureSet } from "./feature-set.ts";
import { hashEnd, hashStep, hashText } from "./hash.ts";
import type { ModelKind, ModelText } from "./model-text.ts";

/** Names the definition of the features and the tables behind it. A model scores under its own only. */
export const featuresVersion: string = `features-1 unicode-${unicodeVersion}`;

/** How many groups the features of a kind fall into; each is weighed on its own. */
export function groupCount(kind: ModelKind): number {
  return kind === "email" ? 1 : 1;
}

/** How many code units of a text are read from its start, and as many again from its end. */
const readUnitsMax = 3_000;

const seeds = { characters: 0x3c6e_f372, word: 0x510e_527f, pair: 0x9b05_688c, header: 0x1f83_d9ab };
const charactersMin = 2;
const charactersMax = 5;

/**
 * Puts the features of a text into a set.
 *
 * @param set emptied first
 */
export function extractFeatures(
  kind: ModelKind,
  input: ModelText,
  set: FeatureSet,
  labels?: Map<number, string>,
): void {
  const text = readable(kind, input);
  set.clear(6 * text.length + 64);
  set.labels = labels;
  addCharacters(` ${text} `, set);
  addWords(text, set);
  set.endGroup();
}

function readable(kind: ModelKind, input: ModelText): string {
  const { title = "", text = "", headers = "" } = input;
  const whole =
    kind === "email" ? `${headers.slice(0, readUnitsMax)}\n${title}\n${text}` : `${title}\n${text}`;
  return normaliseText(headAndTail(whole, readUnitsMax));
}

function headAndTail(text: string, units: number): string {
  return text.length <= 2 * units ? text : `${text.slice(0, units)}\n${text.slice(-units)}`;
}

function addCharacters(text: string, set: FeatureSet): void {
  for (let start = 0; start < text.length; start++) {
    let hash = hashStep(seeds.characters, text.charCodeAt(start));
    const end = Math.min(text.length, start + charactersMax);
    for (let at = start + 1; at < end; at++) {
      hash = hashStep(hash, text.charCodeAt(at));
      if (at - start + 1 < charactersMin) continue;
      const ended = hashEnd(hash);
      if (set.add(ended)) set.labels?.set(ended, `characters “${text.slice(start, at + 1)}”`);
    }
  }
}

function addWords(text: string, set: FeatureSet): void {
  for (let start = 0; start < text.length; start++) {
    if (!isWordClass(characterClass(text.charCodeAt(start)))) continue;
    let end = start + 1;
    while (end < text.length && isWordClass(characterClass(text.charCodeAt(end)))) end += 1;
    const word = text.slice(start, end);
    const ended = hashEnd(hashText(seeds.word, word));
    if (set.add(ended)) set.labels?.set(ended, `word “${word}”`);
    start = end;
  }
}
