// SPDX-License-Identifier: Apache-2.0
// The versions of lists and models that a release names.
import { DocketError } from "../error.ts";
import type { ReleaseListStore, ReleaseModelStore } from "./contract.ts";
import { conflict } from "./refusals.ts";
import { loadKept, modelsOf } from "./release.ts";
import type { KeptRelease, ListVersion, ModelVersion, Release, ReleaseManifest } from "./release.ts";

/** Makes a kept release ready to decide under, with its lists and models. @throws as {@link loadKept} */
export function loadWith(
  kept: KeptRelease,
  { lists, models }: { readonly lists: ReleaseListStore; readonly models: ReleaseModelStore },
): Release {
  return loadKept(
    kept,
    (versions) => lists.at(versions).views,
    (versions) => models.at(versions).models,
  );
}

/**
 * The models of a release with another one under a name.
 *
 * @throws {DocketError} `not_found` if no policy declares it, `change_conflict` if it is from a file
 */
export function withModel(
  current: Release,
  { name, sha256 }: { readonly name: string; readonly sha256: string },
): ModelVersion[] {
  const declared = current.policies.models.get(name);
  if (declared === undefined) {
    const names = [...current.policies.models.keys()].join(", ");
    const there = names === "" ? "no policy in force declares one" : `there are: ${names}`;
    throw new DocketError("not_found", `there is no model ${JSON.stringify(name)}; ${there}`);
  }
  if (declared.file !== undefined) {
    const message = `the policy has the model ${name} from ${declared.file}, at ${declared.place}`;
    throw conflict(`${message}: put the new one there and propose the policy, or declare use: general`);
  }
  const others = modelsOf(current).filter((model) => model.name !== name);
  return [...others, { name, kind: declared.kind, sha256 }];
}

/**
 * A candidate's lists and models: those that it does not change are as they are in force now.
 *
 * @param base what was in force when it was proposed
 */
export function versionsNow(
  wanted: ReleaseManifest,
  base: ReleaseManifest | undefined,
  current: Release,
): { lists: ListVersion[]; models: ModelVersion[] } {
  const { lists, models } = JSON.parse(current.manifest) as ReleaseManifest;
  return {
    lists: goneOn(wanted.lists, base?.lists, lists, ({ version }) => version),
    models: goneOn(wanted.models, base?.models, models, ({ sha256 }) => sha256),
  };
}

function goneOn<Version extends { readonly name: string }>(
  wanted: readonly Version[] = [],
  base: readonly Version[] = [],
  inForce: readonly Version[] = [],
  hashOf: (version: Version) => string,
): Version[] {
  const then = new Map(base.map((each) => [each.name, hashOf(each)]));
  const now = new Map(inForce.map((each) => [each.name, each]));
  return wanted.map((each) => (then.get(each.name) === hashOf(each) ? (now.get(each.name) ?? each) : each));
}
