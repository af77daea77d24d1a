// SPDX-License-Identifier: Apache-2.0
// The features of a text: which there are is frozen under a version that each model file names.
import { foldShared } from "../text/fold.ts";
import { confusablesVersion } from "../text/look-tables.ts";
import { normaliseText } from "../text/normalise.ts";
import { unicodeVersion } from "../text/unicode.ts";
import type { FeatureSet } from "./feature-set.ts";
import { addHeaders, addParts } from "./headers.ts";
import { splitMarkup } from "./markup.ts";
import type { ModelKind, ModelText } from "./model-text.ts";
import { addMarkup, addStructure } from "./structure.ts";
import { addTitleWords, addWords } from "./words.ts";

/** Names the definition of the features and the tables behind it. A model scores under its own only. */
export const featuresVersion: string = [
  "features-2",
  `unicode-${unicodeVersion}`,
  `confusables-${confusablesVersion}`,
].join(" ");

/** How many groups the features of a kind fall into; each is weighed on its own. */
export function groupCount(kind: ModelKind): number {
  return kind === "email" ? 4 : 3;
}

/**
 * The groups, from the first, that a text's share of known features is told from: its characters and words.
 */
export const contentGroups = 2;

/** How many code units of a text are read from its start, and how many from its end. */
const headUnits = 3_000;
const tailUnits = 3_000;
/** The same for HTML, of which much is markup. */
const markupHeadUnits = 49_152;
const markupTailUnits = 16_384;
/** The most code units of a title. */
const titleUnitsMax = 1_000;

/**
 * How many code units runs of characters have, a space standing before and after the text: mail has words
 * enough to do with fewer.
 */
const runs = { short: { min: 2, max: 5 }, mail: { min: 3, max: 4 } };

/**
 * Puts the features of a text into a set.
 *
 * @param set emptied first
 * @param labels gets the readable form of each feature, by its hash
 */
export function extractFeatures(
  kind: ModelKind,
  input: ModelText,
  set: FeatureSet,
  labels?: Map<number, string>,
): void {
  const isMail = kind === "email";
  const title = (input.title ?? "").slice(0, titleUnitsMax);
  const text = input.text ?? "";
  const split = isMail ? splitMarkup(headAndTail(text, markupHeadUnits, markupTailUnits)) : undefined;
  const whole = joined(title, split?.visible ?? text);
  const written = headAndTail(whole, headUnits, tailUnits);
  const { normalised, skeleton, tricks } = foldShared(written);
  set.clear((isMail ? 3 : 5) * written.length + 1_024, labels);
  const { min, max } = isMail ? runs.mail : runs.short;
  set.addRuns(isMail ? skeleton : normalised, min, max);
  if (!isMail && skeleton !== normalised) set.addRuns(skeleton, min, max);
  set.endGroup();
  const words = addWords(isMail ? skeleton : normalised, set);
  if (!isMail && skeleton !== normalised) addWords(skeleton, set);
  if (title !== "") addTitleWords(normaliseText(title), set);
  set.endGroup();
  addStructure({ written, length: whole.length, words, tricks }, set);
  if (split !== undefined) addMarkup(split.tags, split.isHtml, set);
  if (isMail) set.addToken("title about", String(Math.min(120, title.length) >> 3));
  set.endGroup();
  if (!isMail) return;
  if (input.headers !== undefined && input.headers !== "") addHeaders(input.headers, set);
  if (input.parts !== undefined && input.parts.length > 0) addParts(input.parts, set);
  set.endGroup();
}

function joined(title: string, text: string): string {
  return title === "" ? text : `${title}\n${text}`;
}

function headAndTail(text: string, head: number, tail: number): string {
  return text.length <= head + tail ? text : `${text.slice(0, head)}\n${text.slice(-tail)}`;
}
