// SPDX-License-Identifier: Apache-2.0
// Trains the general models that come with Docket, and writes them to packages/docket/assets/models:
//   node --conditions=@docket/source tools/models/general.ts [KIND…]
// The same corpora and the same version of Docket give the same bytes.
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { modelKinds } from "@docket/policy";
import type { ModelKind } from "@docket/policy";
import { trainModel } from "@docket/policy/training";
import type { Example } from "@docket/policy/training";
import { exampleOf } from "../../packages/docket/src/models/example.ts";
import { modelId } from "../../packages/docket/src/models/model-file.ts";
import { labelOf, readRow } from "../../packages/docket/src/models/row.ts";
import { sharedPath, skipReason } from "../shared-data.ts";
import { generalRecipe } from "./recipe.ts";
import type { Ingredient } from "./recipe.ts";

const directory = new URL("../../packages/docket/assets/models/", import.meta.url);

const wanted = process.argv.slice(2);
for (const kind of modelKinds) {
  if (wanted.length > 0 && !wanted.includes(kind)) continue;
  const examples = generalRecipe[kind].flatMap((ingredient) => examplesOf(ingredient, kind));
  const { bytes, report } = trainModel(kind, examples);
  writeFileSync(new URL(`general-${kind}.model`, directory), bytes);
  process.stdout.write(`${JSON.stringify({ model: modelId(bytes), bytes: bytes.length, ...report })}\n`);
}

function examplesOf({ file }: Ingredient, kind: ModelKind): Example[] {
  const path = sharedPath(`data/${file}`);
  if (path === undefined) throw new Error(skipReason(`data/${file}`));
  const bytes = readFileSync(path);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n").flatMap((line) => {
    if (line === "") return [];
    const row = readRow(Buffer.from(line), kind);
    const spam = labelOf(row);
    if (spam === undefined) return [];
    // A mail with and without its headers is one: both learn, or both are held out.
    return [{ ...exampleOf({ text: row.text, spam, notes: row.notes }), group: row.notes.id }];
  });
}
