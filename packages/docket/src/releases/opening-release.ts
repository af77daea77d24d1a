// SPDX-License-Identifier: Apache-2.0
// Which release a site begins with. At level solo the policy directory is taken when it was edited, as it
// always was: change a file, start again. Above it, and where the directory is as it was taken before, the
// release that the log says is in force is loaded from its kept files, whatever the directory holds.
import type { ReleaseBody } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { ChangeState } from "./change-state.ts";
import type { ReleaseListStore, ReleaseModelStore } from "./contract.ts";
import { filesIdOf, filesIdOfTexts, isOfThisVersion, keptModelsInFiles, releaseOf } from "./release.ts";
import type { KeptRelease, Release } from "./release.ts";
import { loadWith } from "./versions.ts";
import type { PolicyFile } from "@docket/policy";

/** What a site is opened with. */
export type OpeningRelease = {
  release: Release;
  /** What is sealed before the first decision; `undefined` if the release is in force already. */
  body: ReleaseBody | undefined;
  /** What the operator should know, in a sentence. */
  notice: string | undefined;
};

/** What the choice is made of. */
export type OpeningPorts = {
  readonly state: ChangeState;
  /** The files of the policy directory; throws if there are none or they cannot be read. */
  readonly directory: () => readonly PolicyFile[];
  /** Whether an edited directory is taken, where the level allows it: not while it is being proposed. */
  readonly takesEdits: boolean;
  /** A kept release. @throws {DocketError} `not_found`, `directory_damaged` */
  readonly kept: (id: string) => KeptRelease;
  readonly lists: ReleaseListStore;
  readonly models: ReleaseModelStore;
  /** Ms since 1970. */
  readonly nowMs: number;
};

/**
 * Chooses the release to begin with.
 *
 * @throws {DocketError} `policy_invalid` or `usage` where the directory is to be taken and cannot be;
 *   `not_found` or `directory_damaged` where a kept release is needed and is not there
 */
export function chooseOpeningRelease(ports: OpeningPorts): OpeningRelease {
  const { state, nowMs } = ports;
  const { inForce, provisional } = state;
  if (inForce === undefined) return fromDirectory(ports, ports.directory());
  // Lists and models go on from the versions in force, whichever release is chosen.
  const before = ports.kept(inForce.release);
  ports.lists.adopted(before.manifest.lists ?? []);
  ports.models.adopted(before.manifest.models ?? [], keptModelsInFiles(before));
  if (state.level === "solo" && ports.takesEdits) {
    const taken = edited(ports, inForce);
    if (taken !== undefined) return taken;
  }
  // A glass that was broken and whose time is over: nothing is decided under it any more.
  if (provisional !== undefined && provisional.untilMs <= nowMs) {
    const kept = ports.kept(provisional.before);
    const release = provisional.listsChanged ? remade(ports, kept) : loaded(ports, kept);
    const body = bodyOf(state, release, { by: provisional.by, via: "revert", of: provisional.index });
    return { release, body, notice: `the release of record ${provisional.index} was not confirmed in time` };
  }
  const kept = ports.kept(inForce.release);
  const release = loaded(ports, kept);
  const notice = noticeOf(ports, kept);
  if (release.id === inForce.release) return { release, body: undefined, notice };
  // Another version of the language or of signals decides otherwise: that is another release.
  return { release, body: bodyOf(state, release, { by: "operator", via: "start", alone: true }), notice };
}

function fromDirectory(ports: OpeningPorts, files: readonly PolicyFile[]): OpeningRelease {
  const release = current(ports, files);
  const body = bodyOf(ports.state, release, { by: "operator", via: "start", alone: true });
  return { release, body, notice: undefined };
}

function edited(
  ports: OpeningPorts,
  { release, since }: NonNullable<ChangeState["inForce"]>,
): OpeningRelease | undefined {
  const files = ports.directory();
  if (wasEdited(ports, files)) return fromDirectory(ports, files);
  // Files of lists beside the policy: what was published or withdrawn since says more than they do.
  const isStart = since.via === "start" || since.via === undefined;
  if (!isStart || filesIdOfTexts(files) !== filesIdOf(ports.kept(release).manifest)) return undefined;
  const taken = fromDirectory(ports, files);
  return taken.release.id === release ? { ...taken, body: undefined } : taken;
}

// What was published or gone back to since the directory was taken last is not undone by starting again: only
// files that were not in force at any time since are news.
function wasEdited({ state, kept }: OpeningPorts, files: readonly PolicyFile[]): boolean {
  const since = state.releases.filter(({ index }) => index >= state.started);
  const origins = new Set(since.map(({ release }) => state.origins.get(release) ?? release));
  const found = filesIdOfTexts(files);
  return [...origins].every((id) => filesIdOf(kept(id).manifest) !== found);
}

function loaded(ports: OpeningPorts, kept: KeptRelease): Release {
  if (!isOfThisVersion(kept.manifest)) return remade(ports, kept);
  try {
    return loadWith(kept, ports);
  } catch (error) {
    // A model that another version of Docket made, and this one can't score with.
    if (error instanceof DocketError && error.code === "model_invalid") return remade(ports, kept);
    throw error;
  }
}

function remade(ports: OpeningPorts, kept: KeptRelease): Release {
  return current(ports, kept.files);
}

function current({ lists, models }: OpeningPorts, files: readonly PolicyFile[]): Release {
  return releaseOf(
    files,
    (declared) => lists.current(declared),
    (declared) => models.current(declared),
  );
}

function bodyOf(
  state: ChangeState,
  release: Release,
  how: Pick<ReleaseBody, "by" | "via" | "of" | "alone">,
): ReleaseBody {
  return { kind: "release", release: release.id, previous: state.inForce?.release ?? null, ...how };
}

function noticeOf({ state, directory, takesEdits }: OpeningPorts, kept: KeptRelease): string | undefined {
  if (!takesEdits) return undefined;
  let files: readonly PolicyFile[];
  try {
    files = directory();
  } catch (error) {
    // Above solo nobody needs the directory.
    if (error instanceof DocketError) return undefined;
    throw error;
  }
  if (filesIdOfTexts(files) === filesIdOf(kept.manifest)) return undefined;
  const since = state.inForce?.since.index;
  const what = `the policy directory differs from the release in force (record ${since}) and is not taken`;
  if (state.level === "solo") {
    return `${what}: that release came into force after it; edit it further, or use docket policy propose`;
  }
  return `${what} at level ${state.level}: propose it with docket policy propose`;
}
