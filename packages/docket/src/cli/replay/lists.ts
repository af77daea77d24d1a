// SPDX-License-Identifier: Apache-2.0
// The lists of a release as they can be proved: made again from bases and changes, each held against the hash
// that names it, without leaning on snapshots.
import type { KeyObject } from "node:crypto";
import type { ListKind, ListView } from "@docket/policy";
import type { ReplayRelease } from "@docket/verify/replay";
import { DocketError } from "../../error.ts";
import { keyedHash } from "../../evidence/keys.ts";
import { loadVersion } from "../../lists/history.ts";
import type { Loaded } from "../../lists/history.ts";
import { openListStore } from "../../lists/store.ts";
import { disk } from "../../stores/files/node-disk.ts";

/** The views of a release's lists by name, or what is wrong with one. */
export type ReleaseViews = { views: ReadonlyMap<string, ListView> } | { fault: string };

/** Gives the lists of releases. */
export type ListProof = (release: ReplayRelease) => ReleaseViews;

/** Bytes of the keyed hash that stands for an account in a list of actors. */
const actorHashBytes = 16;

/**
 * Reads the lists below a site's directory.
 *
 * @param hashing the site's key of keyed hashes
 */
export function openListProof(site: string, hashing: KeyObject): ListProof {
  const store = openListStore(disk, { site }, () => Promise.reject(new Error("replay writes nothing")));
  const hashActor = (accountId: string): string =>
    keyedHash(hashing, "list actor", accountId).subarray(0, actorHashBytes).toString("base64url");
  // The version that was proved last: that of the next release is mostly a change of it.
  const proved = new Map<string, Loaded>();
  const known = (name: string, version: string): Loaded | undefined => {
    const last = proved.get(name);
    return last?.version === version ? last : undefined;
  };
  return ({ manifest }) => {
    const views = new Map<string, ListView>();
    for (const { name, kind, version } of manifest.lists ?? []) {
      try {
        const ports = { store, hashActor, known, snapshots: false };
        const loaded = loadVersion(name, kind as ListKind, version, ports);
        proved.set(name, loaded);
        views.set(name, loaded.list.view);
      } catch (error) {
        if (!(error instanceof DocketError)) throw error;
        return { fault: error.message };
      }
    }
    return { views };
  };
}
