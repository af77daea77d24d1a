// SPDX-License-Identifier: Apache-2.0
// Makes and updates a verified copy of a log's public files. Nothing is put in place that does not lead to
// the root of a checkpoint that the log signed, and no checkpoint that does not continue the one before.
import { join } from "node:path";
import { encodeBase64, noteBytesMax, tilePath, tileWidth, TlogError } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { FollowError } from "./error.ts";
import { keepEvidence } from "./evidence.ts";
import { judge, tilesOfServer } from "./judge.ts";
import { copyCheckpoints, keptSizes } from "./mirror-checkpoints.ts";
import type { CopiedCheckpoints } from "./mirror-checkpoints.ts";
import { copyTree } from "./mirror-copy.ts";
import type { Copied } from "./mirror-copy.ts";
import { MirrorFiles } from "./mirror-files.ts";
import type { MirrorDisk } from "./mirror-files.ts";
import { noState, numbersOf, rangesOf, readMirrorState } from "./mirror-state.ts";
import type { MirrorState } from "./mirror-state.ts";
import type { Finding } from "./monitor.ts";
import type { LogServer } from "./server.ts";
import { isFresher, openSignedHead } from "./signed-head.ts";
import type { FollowTrust, SignedHead } from "./signed-head.ts";
import { openTree } from "./tree.ts";
import type { ReadTile, Tree } from "./tree.ts";

/** What {@link mirrorLog} needs. The caller holds the directory's lock. */
export type MirrorOptions = {
  server: LogServer;
  trust: FollowTrust;
  disk: MirrorDisk;
  directory: string;
  /** Whether entries are copied too; a copy that has them gets the new ones in any case. */
  entries: boolean;
  /** Whether the checkpoints that a log of Docket keeps for good are copied too. */
  checkpoints?: boolean;
  /** Whether every file that is there is checked again. */
  recheck: boolean;
  /** Told of how many entries tiles and bundles were copied, of how many, in steps of 256. */
  onProgress?: (done: number, total: number) => void;
};

/** What a run of the mirror came to. */
export type MirrorReport = {
  /**
   * `complete`: the copy holds all that was asked for. `incomplete`: what it holds is verified, but the
   * server did not give all, or could not be reached. `wrong`: the server's files contradict its checkpoint,
   * or its checkpoint contradicts the copy's; what the copy holds is verified all the same.
   */
  outcome: "complete" | "incomplete" | "wrong";
  origin: string;
  /** Size and root of the copy as it is now; `null` where there is none yet. */
  size: number | null;
  root: string | null;
  /** Its size before. */
  from: number | null;
  /** Files that were fetched: tiles of hashes, and bundles of entries. */
  tiles: number;
  bundles: number;
  /** Kept checkpoints that were fetched. */
  checkpoints: number;
  /** How many entries the copy has bundles for; `null` where entries are not copied. */
  entries: number | null;
  /** Entries, from the first to the last, that the server did not give. */
  missing: { first: number; last: number }[];
  /** Paths that were damaged in the copy, and are right again. */
  repaired: string[];
  /** Why it is not `complete`. */
  reasons: string[];
  /** What the served checkpoint did wrong. */
  finding: Finding | null;
};

/**
 * Brings the copy in a directory up to the log's newest checkpoint.
 *
 * @throws {DocketError} `usage` for a directory that is no mirror of this log, `directory_damaged`
 */
export async function mirrorLog(options: MirrorOptions): Promise<MirrorReport> {
  const { disk, directory } = options;
  checkMirrorDirectory(disk, directory);
  const local = readLocal(options);
  const known = readMirrorState(disk, directory) ?? noState;
  const before = options.recheck ? { ...noState, partials: known.partials } : known;
  const entries = options.entries || known.entries !== undefined;
  const run: Run = { options, local, before, known, entries, files: new MirrorFiles(disk, directory) };
  try {
    const served = await readServed(run);
    if ("outcome" in served) return served;
    return await continueWith(run, served);
  } catch (error) {
    if (!(error instanceof FollowError)) throw error;
    // What was fetched waits for the next run.
    const outcome = error.code === "unreachable" || error.code === "refused" ? "incomplete" : "wrong";
    return reportOf(run, local, { outcome, reasons: [error.message] });
  }
}

/**
 * Refuses a directory of something else; call it before anything is written there.
 *
 * @throws {DocketError} `usage`
 */
export function checkMirrorDirectory(disk: Pick<MirrorDisk, "list">, directory: string): void {
  const stranger = disk
    .list(directory)
    .find((name) => !ownNames.has(name.replace(/(?:-journal|\.tmp)$/, "")));
  if (stranger === undefined) return;
  const remedy = "name a new or empty directory";
  throw new DocketError("usage", `${directory} is no mirror: it has ${stranger}; ${remedy}`);
}

type Run = {
  options: MirrorOptions;
  /** The copy's checkpoint. */
  local: SignedHead | undefined;
  /** The state that this run goes out from, and that of the last. */
  before: MirrorState;
  known: MirrorState;
  entries: boolean;
  files: MirrorFiles;
};

const ownNames: ReadonlySet<string> = new Set([
  "checkpoint",
  "checkpoints",
  "tile",
  "incoming",
  "evidence",
  "mirror.json",
  "mirror.lock",
]);

function readLocal({ disk, directory, trust }: MirrorOptions): SignedHead | undefined {
  const path = join(directory, "checkpoint");
  const bytes = disk.readFile(path);
  if (bytes === undefined) return undefined;
  try {
    return openSignedHead(bytes, trust);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    const why = `${path} is no checkpoint of ${trust.origin} under these keys: ${error.message}`;
    throw new DocketError("usage", `${why}; give the keys that the log had before too`, { cause: error });
  }
}

async function readServed(run: Run): Promise<SignedHead | MirrorReport> {
  const { server, trust } = run.options;
  const bytes = await server.read("checkpoint", noteBytesMax);
  if (bytes === undefined) throw new FollowError("unreachable", "the server has no checkpoint there");
  const refuse = (kind: "signature" | "quorum", reason: string): MirrorReport =>
    reportOf(run, run.local, { outcome: "wrong", reasons: [reason], finding: { kind, reason } });
  try {
    const served = openSignedHead(bytes, trust);
    if (served.quorum !== false) return served;
    return refuse("quorum", `the checkpoint of ${served.head.size} entries lacks the policy's quorum`);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return refuse("signature", `what is served is no checkpoint of ${trust.origin}: ${error.message}`);
  }
}

async function continueWith(run: Run, served: SignedHead): Promise<MirrorReport> {
  const { options, local } = run;
  const readTile = tilesOf(run);
  if (local === undefined) return copy(run, served, await openTree(served.head, readTile.read), readTile);
  const judgement = await judge(local.head, served.head, readTile.read);
  if (judgement.kind === "grown") return copy(run, served, judgement.tree, readTile);
  if (judgement.kind === "same") {
    const newest = isFresher(served, local) ? served : local;
    if (newest === local && isUpToDate(run, local))
      return reportOf(run, local, { outcome: "complete", reasons: [] });
    return copy(run, newest, await openTree(newest.head, readTile.read), readTile);
  }
  const { kind, reason } = judgement;
  const proof = kind === "fork" ? judgement.proof : undefined;
  const path = join(options.directory, "evidence");
  const evidence = keepEvidence(options.disk, path, kind, { kept: local, served, proof });
  const { size, root } = served.head;
  const finding: Finding = { kind, size, root: encodeBase64(root), reason, evidence };
  return reportOf(run, local, { outcome: "wrong", reasons: [reason], finding });
}

function isUpToDate({ options, known, entries }: Run, { head }: SignedHead): boolean {
  if (options.recheck || options.checkpoints === true || known.size !== head.size) return false;
  return !entries || (known.entries === head.size && known.missing.length === 0);
}

type CountedTiles = { read: ReadTile; fetched: number };

// Tiles that lie here are read here, checked as if a server had sent them; the others are fetched, and wait.
function tilesOf({ options, files }: Run): CountedTiles {
  const remote = tilesOfServer(options.server);
  const counted: CountedTiles = {
    fetched: 0,
    async read(tile, isGenuine) {
      const path = tilePath(tile);
      const isFull = tile.width === tileWidth;
      const here = isFull ? files.genuine(path, isGenuine) : undefined;
      if (here !== undefined) return here;
      const bytes = await remote(tile, isGenuine);
      counted.fetched += 1;
      if (isFull) files.stage(path, bytes);
      return bytes;
    },
  };
  return counted;
}

async function copy(run: Run, served: SignedHead, tree: Tree, tiles: CountedTiles): Promise<MirrorReport> {
  const { options, local, before, known, entries, files } = run;
  const { size } = served.head;
  const copied = await copyTree({
    server: options.server,
    tree,
    files,
    tilesFrom: Math.min(before.size, local?.head.size ?? 0),
    entriesFrom: entries ? (before.entries ?? 0) : undefined,
    missing: before.missing,
    onProgress: options.onProgress ?? (() => undefined),
  });
  const kept = options.checkpoints === true ? await copyKept(run, tree) : undefined;
  const isShown = entries && copied.refused === undefined;
  const missing = isShown ? copied.missing : numbersOf(known.missing);
  const state = { size, entries: isShown ? size : known.entries, missing: rangesOf(missing) };
  files.place(served.bytes, state, known);
  const wrong = [...wrongBundles(copied), ...(kept?.wrong ?? [])];
  const reasons = [...wrong, ...incompleteEntries(copied, isShown), ...(kept?.incomplete ?? [])];
  return reportOf(run, served, {
    outcome: wrong.length > 0 ? "wrong" : reasons.length > 0 ? "incomplete" : "complete",
    tiles: tiles.fetched,
    bundles: copied.bundles,
    checkpoints: kept?.count ?? 0,
    entries: state.entries ?? null,
    missing: state.missing.map(([first, end]) => ({
      first: first * tileWidth,
      last: Math.min(end * tileWidth, size) - 1,
    })),
    // A checkpoint that was cosigned since is replaced too, and was not damaged.
    repaired: [...files.repaired].filter((path) => path.startsWith("tile/")),
    reasons,
    finding: kept?.forked === undefined ? null : forkOfKept(run, kept.forked, served),
  });
}

function copyKept({ options, files }: Run, tree: Tree): Promise<CopiedCheckpoints> {
  const { server, trust, disk, directory } = options;
  const known = options.recheck ? [] : keptSizes(disk.list(join(directory, "checkpoints")));
  return copyCheckpoints({ server, trust, tree, files, known });
}

function forkOfKept({ options }: Run, kept: SignedHead, served: SignedHead): Finding {
  const { disk, directory } = options;
  const evidence = keepEvidence(disk, join(directory, "evidence"), "fork", {
    kept,
    served,
    proof: undefined,
  });
  const { size, root } = kept.head;
  const reason = `the checkpoint kept at size ${size} is not of the tree of ${served.head.size} entries`;
  return { kind: "fork", size, root: encodeBase64(root), reason, evidence };
}

function wrongBundles({ wrong, wrongCount }: Copied): string[] {
  const more = wrongCount - wrong.length;
  return more === 0 ? wrong : [...wrong, `and ${more} more bundles that are not what the tree commits to`];
}

function incompleteEntries({ refused, missing, wrongCount }: Copied, isShown: boolean): string[] {
  if (refused !== undefined) return [`entries: ${refused}; an auditor's API key may help`];
  const absent = missing.length - wrongCount;
  return isShown && absent > 0 ? [`the server does not give ${absent} bundles of entries`] : [];
}

function reportOf(
  { options, local, known }: Run,
  now: SignedHead | undefined,
  found: Pick<MirrorReport, "outcome" | "reasons"> & Partial<MirrorReport>,
): MirrorReport {
  return {
    origin: options.trust.origin,
    size: now?.head.size ?? null,
    root: now === undefined ? null : encodeBase64(now.head.root),
    from: local?.head.size ?? null,
    tiles: 0,
    bundles: 0,
    checkpoints: 0,
    entries: known.entries ?? null,
    missing: [],
    repaired: [],
    finding: null,
    ...found,
  };
}
