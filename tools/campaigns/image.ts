// SPDX-License-Identifier: Apache-2.0
// The files of a directory in memory, as verification reads them.
import { posix } from "node:path";
import type { DirectoryFiles } from "../../packages/docket/src/cli/verify/directory.ts";
import type { LogDisk } from "../../packages/docket/src/log/disk.ts";

/** Contents by path. A directory is there if a file is in it, or if it is listed. */
export type Image = { files: Map<string, Buffer>; directories: ReadonlySet<string> };

/** Copies what lies below a directory of a disk. */
export function imageOf(disk: Pick<LogDisk, "list" | "readFile">, root: string): Image {
  const files = new Map<string, Buffer>();
  const directories = new Set<string>();
  const visit = (path: string): void => {
    const bytes = disk.readFile(path);
    if (bytes !== undefined) {
      files.set(path, bytes);
      return;
    }
    directories.add(path);
    for (const name of disk.list(path)) visit(posix.join(path, name));
  };
  visit(root);
  return { files, directories };
}

/** A copy whose files can be replaced. Contents are shared with the original: replace them whole. */
export function copyImage({ files, directories }: Image): Image {
  return { files: new Map(files), directories };
}

/** The image as the file system that `docket verify` reads a directory from. */
export function filesOf({ files, directories }: Image): DirectoryFiles {
  const children = new Map<string, Set<string>>();
  for (const path of directories) children.set(path, new Set());
  for (const path of [...files.keys(), ...directories]) addParents(children, path);
  const list = (path: string): string[] => [...(children.get(strip(path)) ?? [])].sort();
  const isDirectory = (path: string): boolean => children.has(strip(path)) && !files.has(strip(path));
  return {
    stat: (path) => {
      const size = files.get(strip(path))?.length;
      if (size === undefined && !isDirectory(path)) return Promise.reject(missing(path));
      return Promise.resolve({ size: size ?? 0, isDirectory: () => isDirectory(path) });
    },
    readFile: (path) => {
      const bytes = files.get(strip(path));
      return bytes === undefined ? Promise.reject(missing(path)) : Promise.resolve(bytes);
    },
    readdir: (path) => {
      if (!isDirectory(path)) return Promise.reject(missing(path));
      const entryOf = (name: string): { name: string; isDirectory(): boolean } => ({
        name,
        isDirectory: () => isDirectory(posix.join(path, name)),
      });
      return Promise.resolve(list(path).map(entryOf));
    },
    disk: { list, readFile: (path) => files.get(path) },
  };
}

function addParents(children: Map<string, Set<string>>, path: string): void {
  for (let at = path; at !== "/"; at = posix.dirname(at)) {
    const parent = posix.dirname(at);
    const names = children.get(parent);
    if (names?.has(posix.basename(at)) === true) return;
    if (names === undefined) children.set(parent, new Set([posix.basename(at)]));
    else names.add(posix.basename(at));
  }
}

function strip(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function missing(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`there is no ${path}`), { code: "ENOENT" });
}
