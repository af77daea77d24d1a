// SPDX-License-Identifier: Apache-2.0
// A log that lies in a directory: a whole data directory, one site's, or a copy of what is published. Nothing
// here writes, locks or recovers.
import { lstatSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { hash as digest } from "node:crypto";
import {
  asHash,
  decodeBase64Url,
  encodeBase64Url,
  fromUtf8,
  parseTilePath,
  tileWidth,
  TlogError,
} from "@docket/tlog";
import { VerifyError } from "@docket/verify";
import type { Fault, Listed, LogSource, RootClaim, WriterState } from "@docket/verify";
import type { LogDisk } from "../../log/disk.ts";
import { logPaths } from "../../log/paths.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { absentOrThrow, checkSize, readFileBounded, readFileSyncBounded } from "./bounded-file.ts";
import { scanJournal } from "./journal.ts";

/** The site of a data directory that is checked. */
const site = "main";

/** Longest state file, in bytes: directories of partial tiles that are to be removed stand in it. */
const stateBytesMax = 1_048_576;

/** Longest segment of a journal that is read, in bytes: a full one, and room for the longest batch. */
const segmentFileBytesMax = 134_217_728;

/** How often the journal is read again because a segment was published and removed meanwhile. */
const journalReadsMax = 5;

/**
 * What reading a directory takes of a file system: calls as of `node:fs/promises`, errors with their `code`,
 * and the journal's disk. The campaigns give one in memory.
 */
export type DirectoryFiles = {
  stat(path: string): Promise<{ size: number; isDirectory(): boolean }>;
  readFile(path: string): Promise<Uint8Array>;
  readdir(
    path: string,
    options: { withFileTypes: true },
  ): Promise<readonly { name: string; isDirectory(): boolean }[]>;
  disk: Pick<LogDisk, "list" | "readFile">;
};

/** The local file system. */
export const localFiles: DirectoryFiles = {
  stat,
  readFile,
  readdir,
  disk: { list: (path) => disk.list(path), readFile: readSegment },
};

/** A log in a directory. `data` is the data directory around it, if there is one. */
export type DirectorySource = LogSource & {
  directory: string;
  data: string | undefined;
  /** Whether its `site.json` says that it is an opaque log: then its entries are bytes. */
  opaque: boolean;
  files: DirectoryFiles;
};

/**
 * The log in a directory: `DIR/sites/main` where there is one, else `DIR` itself.
 *
 * @throws {VerifyError} `source` if the directory cannot be read
 */
export async function directorySource(
  path: string,
  files: DirectoryFiles = localFiles,
): Promise<DirectorySource> {
  const inner = logPaths(path, site).site;
  const data = (await exists(files, inner)) ? path : undefined;
  const directory = data === undefined ? path : inner;
  const names = await list(files, directory, "");
  const has = (name: string): boolean => data !== undefined || names.some((listed) => listed.name === name);
  const { opaque } = await readSite(files, directory);
  const source: DirectorySource = {
    directory,
    data,
    opaque,
    files,
    hasParts: has("parts"),
    read: (name, bytesMax) => readBounded(join(directory, name), bytesMax, files),
    list: (name) => list(files, directory, name),
  };
  if (!has("journal") && !has("materialised.json")) {
    const tiles = await list(files, directory, "tile");
    return tiles.some((listed) => listed.name === "entries") ? source : withoutEntries(source);
  }
  return { ...source, writerState: (size, origin) => readWriterState(source, size, origin) };
}

// A copy of the tree alone, as `docket mirror` makes it: there is nothing wrong with it, and less to check.
function withoutEntries(source: DirectorySource): DirectorySource {
  return {
    ...source,
    read: async (name, bytesMax) => {
      if (!name.startsWith("tile/entries/")) return source.read(name, bytesMax);
      throw new VerifyError("refused", "this copy has no entries; docket mirror --entries fetches them");
    },
  };
}

// What is no file reads as empty, which no segment is; one that vanished meanwhile is undefined.
function readSegment(path: string): Buffer | undefined {
  const bytes = readFileSyncBounded("", path, segmentFileBytesMax);
  if (bytes !== undefined) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : Buffer.alloc(0);
}

/**
 * Reads a file that may not be longer than `bytesMax`.
 *
 * @returns `undefined` if there is none
 * @throws {VerifyError} `size`, `source`
 */
export async function readBounded(
  path: string,
  bytesMax: number,
  files: DirectoryFiles = localFiles,
): Promise<Uint8Array | undefined> {
  try {
    if (files === localFiles) return await readFileBounded(path, bytesMax);
    const { size } = await files.stat(path);
    checkSize(path, size, bytesMax);
    return await files.readFile(path);
  } catch (error) {
    return absentOrThrow(path, error);
  }
}

/**
 * The text of a file, if there is one. One that is too long or not UTF-8 reads as empty, which no checked
 * file is.
 */
export async function readText(
  path: string,
  bytesMax: number,
  files: DirectoryFiles = localFiles,
): Promise<string | undefined> {
  try {
    const bytes = await readBounded(path, bytesMax, files);
    return bytes === undefined ? undefined : fromUtf8(bytes);
  } catch (error) {
    if (error instanceof TlogError) return "";
    if (error instanceof VerifyError && error.code === "size") return "";
    throw error;
  }
}

async function list(files: DirectoryFiles, directory: string, name: string): Promise<Listed[]> {
  const path = join(directory, name);
  try {
    const entries = await files.readdir(path, { withFileTypes: true });
    return entries
      .map((entry) => ({ name: entry.name, directory: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && name !== "") return [];
    throw new VerifyError("source", `cannot read the directory ${path}: ${code}`, { cause: error });
  }
}

async function exists(files: DirectoryFiles, path: string): Promise<boolean> {
  try {
    return (await files.stat(path)).isDirectory();
  } catch {
    return false;
  }
}

// The state is read before the journal and after it: the root it named first must be one of the journal's,
// and what it covered last need not be in the journal any more.
async function readWriterState(
  { files, directory, opaque }: DirectorySource,
  size: number,
  origin: string | undefined,
): Promise<WriterState> {
  const faults: Fault[] = [];
  const before = await readState(files, directory, faults);
  const name = origin ?? (await readSite(files, directory)).origin ?? "";
  const originHash = digest("sha256", name, "buffer");
  let scan: ReturnType<typeof scanJournal>;
  for (let reads = 0; scan === undefined && reads < journalReadsMax; reads++) {
    const materialised = before?.size ?? 0;
    scan = scanJournal(files.disk, join(directory, "journal"), originHash, { size, materialised, opaque });
  }
  if (scan === undefined) throw new VerifyError("source", "the journal changes faster than it can be read");
  const after = (await readState(files, directory, [])) ?? before;
  if (scan.firstIndex !== undefined && after !== undefined && scan.firstIndex > after.size) {
    const reason = `it begins at record ${scan.firstIndex}, but only ${after.size} are materialised`;
    faults.push({ check: "journal", place: "journal", index: after.size, offset: null, reason });
  }
  return {
    ...scan,
    faults: [...faults, ...scan.faults],
    roots: [...(before === undefined ? [] : [before]), ...scan.roots],
    materialisedSize: before?.size,
  };
}

async function readState(
  files: DirectoryFiles,
  directory: string,
  faults: Fault[],
): Promise<RootClaim | undefined> {
  const place = "materialised.json";
  const text = await readText(join(directory, place), stateBytesMax, files);
  const wrong = (reason: string): undefined => {
    faults.push({ check: "state", place, index: null, offset: null, reason });
  };
  if (text === undefined) return wrong("it is missing");
  try {
    const { size = 0, root = "", obsolete = [] } = JSON.parse(text) as Partial<State>;
    const claim = { size, root: asHash(decodeBase64Url(root)) };
    const state = { v: 1, size, root: encodeBase64Url(claim.root) };
    const canonical = JSON.stringify(obsolete.length === 0 ? state : { ...state, obsolete });
    if (`${canonical}\n` !== text || !Number.isSafeInteger(size) || size < 0)
      return wrong("it is not canonical");
    const needed = obsolete.find((path) => !isOfFullTile(path, size));
    if (needed !== undefined) return wrong(`it calls ${needed} obsolete, which is of no full tile`);
    return { check: "state", place, offset: null, signature: undefined, ...claim };
  } catch (error) {
    if (!(error instanceof TlogError || error instanceof TypeError || error instanceof SyntaxError))
      throw error;
    return wrong("it is not canonical");
  }
}

type State = { v: 1; size: number; root: string; obsolete: string[] };

// Recovery removes what the state calls obsolete: it may name nothing but partial tiles beside a full one.
function isOfFullTile(directory: string, size: number): boolean {
  const parsed = directory.endsWith(".p") ? parseTilePath(directory.slice(0, -2)) : undefined;
  if (parsed === undefined) return false;
  const [level, index] = parsed.kind === "hash" ? [parsed.tile.level, parsed.tile.index] : [0, parsed.index];
  return (index + 1) * tileWidth ** (level + 1) <= size;
}

async function readSite(
  files: DirectoryFiles,
  directory: string,
): Promise<{ origin: string | undefined; opaque: boolean }> {
  const bytesMax = 4096;
  const text = await readText(join(directory, "site.json"), bytesMax, files);
  try {
    const { origin, opaque } = JSON.parse(text ?? "") as { origin?: unknown; opaque?: unknown };
    return { origin: typeof origin === "string" ? origin : undefined, opaque: opaque === true };
  } catch {
    return { origin: undefined, opaque: false };
  }
}
