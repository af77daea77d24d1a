// SPDX-License-Identifier: Apache-2.0
// The checkpoints that a log of Docket keeps for good, beside its newest one: each is of the same tree, or
// the log signed two histories.
import { fromUtf8, hashesEqual, noteBytesMax, rootFromNodes, rootNodes, TlogError } from "@docket/tlog";
import { forEachBounded } from "./bounded.ts";
import { FollowError } from "./error.ts";
import { fetchesAtOnce } from "./mirror-copy.ts";
import type { MirrorFiles } from "./mirror-files.ts";
import type { LogServer } from "./server.ts";
import { isFresher, openSignedHead } from "./signed-head.ts";
import type { FollowTrust, SignedHead } from "./signed-head.ts";
import type { Tree } from "./tree.ts";

/** Longest page of the list of kept checkpoints, in bytes. */
const listBytesMax = 262_144;
/** How many checkpoints are copied in one run at most; the next run goes on. */
export const checkpointsCopiedMax = 100_000;

/** What of the kept checkpoints was copied. */
export type CopiedCheckpoints = {
  count: number;
  /** What could not be had, and what was wrong. */
  incomplete: string[];
  wrong: string[];
  /** The first one that is of another tree: the log signed it, and the tree of the copy's checkpoint. */
  forked: SignedHead | undefined;
};

/** What is copied from where. */
export type CopyCheckpointsOptions = {
  server: LogServer;
  trust: FollowTrust;
  tree: Tree;
  files: MirrorFiles;
  /** Sizes of the kept checkpoints that lie in the copy, ascending. */
  known: readonly number[];
};

/** The path of a kept checkpoint. */
export function keptCheckpointPath(size: number): string {
  return `checkpoints/${size}`;
}

/** The sizes that names in a directory of kept checkpoints say, ascending. */
export function keptSizes(names: readonly string[]): number[] {
  const sizes = names.filter((name) => /^[1-9]\d{0,15}$/.test(name)).map(Number);
  return sizes.filter(Number.isSafeInteger).sort((a, b) => a - b);
}

/**
 * Fetches the kept checkpoints that the copy lacks, and the newest that it has, which may have been cosigned
 * since. Each is checked against the tree before it waits to be put in place.
 *
 * @throws {FollowError} `unreachable`; and as `tree.hashes` does
 */
export async function copyCheckpoints(options: CopyCheckpointsOptions): Promise<CopiedCheckpoints> {
  const { tree, known } = options;
  const copied: CopiedCheckpoints = { count: 0, incomplete: [], wrong: [], forked: undefined };
  const listed = await listSizes(options.server, tree.head.size, copied);
  const there = new Set(known.slice(0, -1));
  const wanted = listed.filter((size) => !there.has(size));
  await forEachBounded(wanted, fetchesAtOnce, async (size) => {
    const wrong = await copyOne(options, size, copied);
    if (wrong !== undefined) copied.wrong.push(`${keptCheckpointPath(size)}: ${wrong}`);
  });
  return copied;
}

async function copyOne(
  { server, trust, tree, files }: CopyCheckpointsOptions,
  size: number,
  copied: CopiedCheckpoints,
): Promise<string | undefined> {
  const path = keptCheckpointPath(size);
  let bytes: Uint8Array | undefined;
  let kept: SignedHead;
  try {
    bytes = await server.read(path, noteBytesMax);
    if (bytes === undefined) return "it is listed, and not there";
    // Kept ones that no witness saw are as much the log's word as those that one did.
    kept = openSignedHead(bytes, { ...trust, policy: undefined });
  } catch (error) {
    if (error instanceof TlogError) return error.message;
    if (!(error instanceof FollowError) || error.code === "unreachable") throw error;
    return error.message;
  }
  if (kept.head.size !== size) return `it covers ${kept.head.size} entries`;
  const root = rootFromNodes(size, await tree.hashes(rootNodes(size)));
  if (!hashesEqual(root, kept.head.root)) {
    copied.forked ??= kept;
    return "its root is not that of the tree: the log signed two histories";
  }
  if (files.genuine(path, (there) => isAsGood(there, kept, trust)) !== undefined) return undefined;
  copied.count += 1;
  files.stage(path, bytes);
  return undefined;
}

function isAsGood(there: Uint8Array, fetched: SignedHead, trust: FollowTrust): boolean {
  try {
    const known = openSignedHead(there, { ...trust, policy: undefined });
    return hashesEqual(known.head.root, fetched.head.root) && !isFresher(fetched, known);
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
}

/** The sizes that the server keeps, up to that of the copy. */
async function listSizes(server: LogServer, size: number, copied: CopiedCheckpoints): Promise<number[]> {
  const sizes: number[] = [];
  for (let more = true; more && sizes.length < checkpointsCopiedMax;) {
    const after: number = sizes.at(-1) ?? 0;
    const page = await readPage(server, after);
    if (typeof page === "string") {
      copied.incomplete.push(`kept checkpoints: ${page}`);
      return sizes;
    }
    sizes.push(...page.sizes.filter((each) => each <= size));
    more = page.more && page.sizes.length > 0 && (page.sizes.at(-1) as number) <= size;
  }
  return sizes;
}

type Page = { sizes: number[]; more: boolean };

async function readPage(server: LogServer, after: number): Promise<Page | string> {
  try {
    const bytes = await server.read(`v1/checkpoints?after=${after}`, listBytesMax);
    if (bytes === undefined) return "the server does not list them";
    const page = JSON.parse(fromUtf8(bytes)) as Page;
    const ascends = page.sizes.every(
      (size, at) => Number.isSafeInteger(size) && size > (page.sizes[at - 1] ?? after),
    );
    if (ascends && typeof page.more === "boolean") return page;
  } catch (error) {
    if (error instanceof FollowError && error.code === "unreachable") throw error;
    if (error instanceof FollowError) return error.message;
  }
  return "the server's list of them is none";
}
