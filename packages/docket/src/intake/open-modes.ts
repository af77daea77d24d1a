// SPDX-License-Identifier: Apache-2.0
// Opens what takes power from rules: makes it again from the log, under the releases that are kept.
import type { BrakeFacts, ReleaseBody, ListBody } from "@docket/protocol";
import { loadPolicies } from "@docket/policy";
import { parseLeaf } from "@docket/protocol";
import type { SiteKeys } from "../evidence/keys.ts";
import { openPart } from "../evidence/seal.ts";
import { readListPart } from "../lists/list-changes.ts";
import type { LogPaths } from "../log/paths.ts";
import type { LogReader } from "../log/reader.ts";
import type { ChangeState } from "../releases/change-state.ts";
import { keptReleasePath, listsOf, modelsOf, readKeptReleaseLater } from "../releases/release.ts";
import type { Release } from "../releases/release.ts";
import type { ListChange, Origin } from "../rollout/brake-state.ts";
import { declarationsOf } from "../rollout/declarations.ts";
import type { Declarations } from "../rollout/declarations.ts";
import { rebuildModes } from "../rollout/rebuild-modes.ts";
import { RuleModes } from "../rollout/rule-modes.ts";
import type { ModesPorts } from "../rollout/rule-modes.ts";
import type { SiteIndex } from "../views/site-index.ts";
import type { DocketSite } from "./site.ts";

/** What the modes are opened with. */
export type OpenModesOptions = ModesPorts & {
  readonly reader: LogReader;
  /** Records of the log, all published and taken in by the views. */
  readonly size: number;
  readonly index: SiteIndex;
  readonly paths: LogPaths;
  readonly origin: string;
  readonly keys: SiteKeys;
  readonly readLater: (path: string) => Promise<Uint8Array | undefined>;
  readonly state: ChangeState;
  /** The release that the site opens with, and the record that will say so, if it is another one. */
  readonly release: Release;
  readonly body: ReleaseBody | undefined;
};

/** Opens the modes of a site. */
export async function openModes(options: OpenModesOptions): Promise<RuleModes> {
  const { reader, size, index, keys, origin, state, release, body } = options;
  const modes = new RuleModes(options);
  await rebuildModes(modes, {
    size,
    kept: (kinds) => index.keptRecords(kinds),
    latestDecidedMs: () => index.latestDecidedMs(),
    firstRecordSince: (decidedMs) => index.firstRecordSince(decidedMs),
    read: async (at) => {
      const { leaf, parts } = await reader.record(at, size);
      const part = (name: "facts" | "change"): string | undefined => {
        const sealed = parts?.parts.find((each) => each.name === name);
        return sealed && openPart(sealed.bytes, name, keys.site, origin)?.plaintext.toString("utf8");
      };
      return { record: parseLeaf(leaf), part };
    },
    declared: declaredBy(options),
    proposer: (each) => originOf(each, state).by,
    listChange: (list, part) => listChangeOf(list, part, options.entryHash),
  });
  const by = body === undefined ? (state.inForce?.since.by ?? "operator") : originOf(body, state).by;
  modes.adopt(releaseDeclarations(release), { release: release.id, by });
  return modes;
}

/** What a release declares. */
export function releaseDeclarations(release: Release): Declarations {
  return declarationsOf(release.policies.policies, listsOf(release), modelsOf(release));
}

/** With what something came into force: whoever proposed a release counts, not who published it. */
export function originOf({ release, by, of }: ReleaseBody, { proposals }: ChangeState): Origin {
  return { release, by: (of === undefined ? undefined : proposals.get(of)?.by) ?? by };
}

/** What a record of a list changed, from its part; `undefined` if that is gone. */
export function listChangeOf(
  { list, listKind, version }: ListBody,
  part: string | undefined,
  entryHash: ModesPorts["entryHash"],
): ListChange | undefined {
  const delta = readListPart(part, listKind)?.delta;
  if (delta === undefined) return undefined;
  const added = delta.base === undefined ? delta.add.map(({ value }) => entryHash(list, value)) : "all";
  return { added, removed: delta.remove.map((value) => entryHash(list, value)), version };
}

/**
 * Puts under watch what a record of a list added. Called before the release with the list's new version is
 * adopted, which has nothing to tell of what changed then.
 */
export async function watchListChange(
  modes: RuleModes,
  site: Pick<DocketSite, "recorded" | "sitePart">,
  index: number,
  entryHash: ModesPorts["entryHash"],
): Promise<void> {
  const { record } = await site.recorded(index);
  if (record.kind !== "list") return;
  const change = listChangeOf(record, await site.sitePart(index, "change"), entryHash);
  if (change !== undefined) {
    modes.listChanged(record.list, change, { release: record.version, by: record.by });
  }
}

/** What the operator is told when a brake is drawn. */
export function brakeNotice({ key, cap, hits, events }: BrakeFacts): string {
  const what = cap
    ? `${key} has restricted as many accounts as it may, and waits for a person`
    : `${key} hit ${hits} of ${events} events, and has no power to restrict until a person confirms it`;
  return `${what}: docket policy brakes`;
}

// Releases that differ in lists alone have the same policies, and there may be thousands of them.
function declaredBy({
  paths,
  readLater,
}: OpenModesOptions): (release: string) => Promise<Declarations | undefined> {
  let last: { files: string; policies: Parameters<typeof declarationsOf>[0] } | undefined;
  return async (release) => {
    try {
      const kept = await readKeptReleaseLater((id) => readLater(keptReleasePath(paths, id)), release);
      const files = JSON.stringify(kept.manifest.files);
      if (last?.files !== files) last = { files, policies: loadPolicies(kept.files).policies };
      return declarationsOf(last.policies, kept.manifest.lists ?? [], kept.manifest.models ?? []);
    } catch {
      // It is gone, or of a version of the language that this program doesn't know: what it declared is new.
      return undefined;
    }
  };
}
