// SPDX-License-Identifier: Apache-2.0
// What a declaration comes to, which versions go on, and what is refused.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { loadPolicies, modelKinds } from "@docket/policy";
import type { ModelDeclaration } from "@docket/policy";
import { trainModel } from "@docket/policy/training";
import type { DocketError } from "../error.ts";
import { generalModel, shippedCut } from "./general.ts";
import { modelId, readModel } from "./model-file.ts";
import { keptModelsMax, ModelDesk } from "./model-desk.ts";
import { SiteModels } from "./site-models.ts";

function trained(kind: "comment" | "message", turn: boolean): Uint8Array {
  const examples = Array.from({ length: 40 }, (_, place) => {
    const spam = place % 2 === 0;
    return { text: spam ? `win cash prize ${place}` : `see you at lunch ${place}`, spam: spam !== turn };
  });
  return trainModel(kind, examples).bytes;
}

function declared(over: Partial<ModelDeclaration> = {}): ReadonlyMap<string, ModelDeclaration> {
  const use = over.file === undefined ? { use: "general" as const } : {};
  return new Map([["spam", { name: "spam", kind: "comment", place: "p.yaml:3", ...use, ...over }]]);
}

describe("the models of a site", () => {
  let one: Uint8Array;
  let other: Uint8Array;
  let message: Uint8Array;

  before(() => {
    one = trained("comment", false);
    other = trained("comment", true);
    message = trained("message", false);
  });

  function site(files: Readonly<Record<string, Uint8Array>> = {}): {
    models: SiteModels;
    kept: Map<string, Uint8Array>;
  } {
    const kept = new Map<string, Uint8Array>();
    const models = new SiteModels({
      read: (id) => kept.get(id) ?? assert.fail(`${id} is not kept`),
      keep: (bytes) => void kept.set(modelId(bytes), bytes),
      files: (path) => files[path],
      general: (kind) => (kind === "comment" ? one : message),
    });
    return { models, kept };
  }

  const nobody: ReadonlySet<string> = new Set();
  const hashOf = (models: SiteModels, over?: Partial<ModelDeclaration>): string | undefined =>
    models.current(declared(over)).versions[0]?.sha256;

  test("the general one is taken and kept, until another is published for the name", () => {
    const { models, kept } = site();
    assert.equal(hashOf(models), modelId(one));
    assert.ok(kept.has(modelId(one)));
    kept.set(modelId(other), other);
    const published = [{ name: "spam", kind: "comment" as const, sha256: modelId(other) }];
    models.adopted(published, nobody);
    assert.equal(hashOf(models), modelId(other), "it goes on from what is in force");
    assert.equal(hashOf(models, { kind: "message" }), modelId(message), "not if it is of another kind");
    models.adopted(published, new Set(["spam"]));
    assert.equal(hashOf(models), modelId(one), "nor if that was a file's");
  });

  test("a version that this program can't score with is not gone on from", () => {
    const { models, kept } = site();
    const old = Buffer.from("DKTMODEL of another time");
    kept.set(modelId(old), old);
    models.adopted([{ name: "spam", kind: "comment", sha256: modelId(old) }], nobody);
    assert.equal(hashOf(models), modelId(one));
    assert.throws(
      () => models.at(models.inForce),
      (error: DocketError) => error.code === "model_invalid",
    );
  });

  test("a file is what it holds now, or what was brought in its place", () => {
    const { models, kept } = site({ "models/m.model": other, "models/text.model": Buffer.from("text") });
    assert.equal(hashOf(models, { file: "models/m.model" }), modelId(other));
    kept.set(modelId(one), one);
    const given = new Map([["models/m.model", modelId(one)]]);
    const { versions } = models.current(declared({ file: "models/m.model" }), given);
    assert.equal(versions[0]?.sha256, modelId(one));
    const wrong: [Partial<ModelDeclaration>, RegExp][] = [
      [{ file: "models/none.model" }, /^p\.yaml:3: the file of the model spam, .* is not there$/],
      [{ file: "models/text.model" }, /can't be read/],
      [{ file: "models/m.model", kind: "email" }, /is of kind comment, and is declared as email/],
    ];
    for (const [over, message_] of wrong) {
      assert.throws(
        () => models.current(declared(over)),
        (error: DocketError) => error.code === "policy_invalid" && message_.test(error.message),
      );
    }
  });

  test("what is brought is checked, kept once, and not without end", async () => {
    const files = new Map<string, Uint8Array>();
    const names: string[] = [];
    const desk = new ModelDesk({
      paths: { site: "/s" },
      release: () => assert.fail("nothing is in force"),
      read: async (path) => files.get(path),
      replace: async (path, bytes) => {
        files.set(path, bytes);
        names.push(path.slice(path.lastIndexOf("/") + 1));
      },
      list: () => names,
      makeDirectory: () => undefined,
    });
    const view = await desk.keep(one);
    assert.deepEqual(view, { sha256: modelId(one), kind: "comment", examples: { spam: 20, ham: 20 } });
    await desk.keep(one);
    assert.equal(names.length, 1);
    assert.deepEqual(await desk.bytes(modelId(one)), one);
    await assert.rejects(
      desk.keep(Buffer.from("no")),
      (error: DocketError) => error.code === "model_invalid",
    );
    for (const name of ["../../secret", "x", modelId(other)]) {
      await assert.rejects(desk.bytes(name), (error: DocketError) => error.code === "not_found");
    }
    while (names.length < keptModelsMax) names.push(`${names.length}`);
    await assert.rejects(desk.keep(other), (error: DocketError) => error.code === "overloaded");
  });
});

test("a general model comes with Docket for each kind, and its policies let it only flag at the cut", () => {
  for (const kind of modelKinds) assert.equal(readModel(generalModel(kind), kind).kind, kind);
  const directory = new URL("../../assets/policies/", import.meta.url);
  const files = readdirSync(directory)
    .filter((name) => name.endsWith(".yaml"))
    .map((path) => ({ path, text: readFileSync(new URL(path, directory), "utf8") }));
  const rules = loadPolicies(files).policies.flatMap((policy) => policy.rules);
  const reading = rules.filter(({ reads }) => reads.some((path) => path.startsWith("models.")));
  assert.equal(reading.length, 3);
  for (const { when, then, points } of reading) {
    assert.match(when, new RegExp(`^models\\.\\w+\\.score >= ${shippedCut}$`));
    assert.deepEqual([then?.outcome, then?.strike, points], ["flag", 0, 0]);
  }
});
