// SPDX-License-Identifier: Apache-2.0
// Models: `NAME: { kind, use }` or `NAME: { kind, file }`. A name is one model in all policies.
import type { ModelDeclaration } from "../types.ts";
import { modelKinds } from "../model/model-text.ts";
import { suggest } from "../names.ts";
import { placeOf, readChoice, readEntries, readMapping, readOptional, report } from "./document.ts";
import type { Entry, Located, Source } from "./document.ts";
import type { EventNames } from "./scope.ts";
import { readBesideFile } from "./lists.ts";

/** Most models of a policy: each scores every event that its policy is about. */
export const modelsMax = 4;

/** A model with where its name stands. */
export type NamedModel = { readonly offset: number; readonly model: ModelDeclaration };

/** The models of a policy. Those with mistakes are reported, and are then known by name. */
export type LoadedModels = { readonly models: readonly NamedModel[]; readonly names: readonly string[] };

/** Reads the models of a policy; those of all policies are in `known`. */
export function readModels(
  source: Source,
  value: Located,
  known: Map<string, ModelDeclaration>,
  { on, fields }: EventNames,
): LoadedModels {
  const entries = readEntries(source, value, "models")?.entries ?? new Map<string, Entry>();
  if (entries.size > modelsMax) {
    report(source, "too-large", value.offset, `a policy has at most ${modelsMax} models`);
  }
  const texts = ["content.text", "content.title"];
  if (on.length > 0 && !texts.some((path) => fields.declared.has(path))) {
    const message = `events of type ${on.join(", ")} have no text that a model could score`;
    report(source, "absent-field", value.offset, message, "leave models out");
  }
  const models: NamedModel[] = [];
  for (const entry of entries.values()) {
    const { key: name, keyOffset: offset } = entry;
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) {
      report(source, "bad-id", offset, `"${name}" can't name a model`, "use letters, digits and _");
    }
    const model = readModel(source, entry);
    if (model === undefined) continue;
    checkAgreed(source, entry, model, known.get(name));
    if (!known.has(name)) known.set(name, model);
    models.push({ offset, model });
  }
  return { models, names: [...entries.keys()] };
}

function readModel(source: Source, entry: Entry): ModelDeclaration | undefined {
  const mapping = readMapping(source, entry.value, `model ${entry.key}`, {
    known: ["kind", "use", "file"],
    required: ["kind"],
  });
  if (mapping === undefined) return undefined;
  const kind = readOptional(mapping, "kind", (each) =>
    readChoice(source, each, "the kind of a model", modelKinds),
  );
  const use = readOptional(mapping, "use", (each) => readUse(source, each));
  const file = readOptional(mapping, "file", (each) =>
    readBesideFile(source, each, `models/${entry.key}.model`),
  );
  const [useEntry, fileEntry] = ["use", "file"].map((key) => mapping.entries.get(key));
  if (useEntry !== undefined && fileEntry !== undefined) {
    const message = "use and file both say where the model is from";
    report(source, "conflict", fileEntry.keyOffset, message, "leave one of them out");
  }
  if (useEntry === undefined && fileEntry === undefined) {
    const hint = `write use: general, or file: models/${entry.key}.model`;
    report(source, "missing-key", mapping.offset, `model ${entry.key} needs the key "use" or "file"`, hint);
  }
  if (kind === undefined || (use === undefined && file === undefined)) return undefined;
  const place = placeOf(source, entry.keyOffset);
  return { name: entry.key, kind, ...(file === undefined ? { use: "general" as const } : { file }), place };
}

function readUse(source: Source, value: Located): "general" | undefined {
  return readChoice(source, value, "what a model uses", ["general"] as const);
}

/** What two policies say of one model must agree. */
function checkAgreed(
  source: Source,
  { keyOffset }: Entry,
  model: ModelDeclaration,
  before: ModelDeclaration | undefined,
): void {
  if (before === undefined) return;
  const differs = (what: string, here: string, there: string): undefined =>
    report(
      source,
      "conflict",
      keyOffset,
      `the model "${model.name}" has ${what} ${there} at ${before.place}, and ${here} here`,
      "a name is one model in all policies: declare it alike",
    );
  if (before.kind !== model.kind) differs("kind", model.kind, before.kind);
  const from = ({ use, file }: ModelDeclaration): string => (file === undefined ? `use: ${use}` : file);
  if (from(before) !== from(model)) differs("from", from(model), from(before));
}

/** What may be read of a model: its score and how much of the text it knew. */
export const modelParts = ["score", "known"] as const;

/** What to do about a path of a model that can't be read. */
export function modelHint(path: string, names: readonly string[]): string | undefined {
  const [, name = "", part = ""] = path.split(".");
  if (names.includes(name)) {
    return suggest(part, modelParts) ?? `read models.${name}.score or models.${name}.known`;
  }
  if (names.length > 0) return undefined;
  return `declare it: models: { ${name === "" ? "spam" : name}: { kind: comment, use: general } }`;
}
