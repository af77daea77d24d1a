// SPDX-License-Identifier: Apache-2.0
// A disk in memory that forgets as real ones do. What was written lives at once in its cache; only what was
// synced survives a power loss for certain, and of the rest an arbitrary, seeded subset does: single sectors
// of writes, truncations, and creations, renames and removals of names, each by itself.
import { posix } from "node:path";
import type { LogDisk, LogFile } from "../log/disk.ts";

/** What of a write survives or is lost as one, in bytes. */
const sectorBytes = 512;

/** One step that a crash can come before. */
export type DiskStep =
  | "create"
  | "write"
  | "sync"
  | "truncate"
  | "mkdir"
  | "rename"
  | "syncDirectory"
  | "remove";
/** Thrown by every call once the machine is down. */
export class CrashError extends Error {}

type FileChange = { kind: "write"; at: number; bytes: Buffer } | { kind: "truncate"; size: number };
type FileNode = { kind: "file"; content: Buffer; durable: Buffer; pending: FileChange[] };
type NameChange = { set: [string, Node][]; unset: string[] };
type DirectoryNode = {
  kind: "directory";
  names: Map<string, Node>;
  durable: Map<string, Node>;
  pending: NameChange[];
};
type Node = FileNode | DirectoryNode;

/** A {@link LogDisk} in memory. Set `onStep` to make steps fail: what it throws is what the step throws. */
export class MemoryDisk implements LogDisk {
  /** Called before each step; `CrashError` ends the machine, another error only the step. */
  onStep: ((step: DiskStep, path: string) => void) | undefined;
  /** How many steps were taken. */
  steps = 0;
  /** How much of a write that fails, or that a crash cuts short, was written: never all of it. */
  writtenOfFailed: (bytes: number) => number = (bytes) => Math.floor(bytes / 2);
  #root: DirectoryNode = emptyDirectory();
  #down = false;

  /** Whether a crash has ended the machine. */
  get down(): boolean {
    return this.#down;
  }

  /**
   * The machine starts again. Handles of before are of no use any more; with `power` what was not synced may
   * be lost.
   */
  restart(power: "kept" | "lost", random: () => number): void {
    this.#down = false;
    this.onStep = undefined;
    this.#root = power === "lost" ? (survivor(this.#root, random, new Map()) as DirectoryNode) : this.#root;
  }

  /** Everything that is there now is durable: as if the machine had been idle for long. */
  settle(): void {
    settleNode(this.#root);
  }

  open(path: string, create: boolean): LogFile {
    this.#alive();
    const directory = this.#directory(posix.dirname(path));
    const name = posix.basename(path);
    const there = directory.names.get(name);
    if (create && there !== undefined) throw systemError("EEXIST", path);
    if (!create && there?.kind !== "file") throw systemError("ENOENT", path);
    if (there?.kind === "file") return this.#file(path, there);
    this.#step("create", path);
    const file = emptyFile();
    change(directory, { set: [[name, file]], unset: [] });
    return this.#file(path, file);
  }

  readFile(path: string): ReturnType<LogDisk["readFile"]> {
    this.#alive();
    const node = this.#find(path);
    return node?.kind === "file" ? Buffer.from(node.content) : undefined;
  }

  list(path: string): string[] {
    this.#alive();
    const node = this.#find(path);
    return node?.kind === "directory" ? [...node.names.keys()].sort() : [];
  }

  makeDirectory(path: string, durable = true): void {
    this.#alive();
    if (this.#find(path) !== undefined) return;
    const parent = posix.dirname(path);
    this.makeDirectory(parent, durable);
    this.#step("mkdir", path);
    change(this.#directory(parent), { set: [[posix.basename(path), emptyDirectory()]], unset: [] });
    if (durable) this.syncDirectory(parent);
  }

  replaceFile(path: string, bytes: Uint8Array, durable: boolean): void {
    this.#alive();
    const directory = this.#directory(posix.dirname(path));
    const name = posix.basename(path);
    const temporary = `${name}.tmp`;
    this.#step("create", path);
    const file = emptyFile();
    change(directory, { set: [[temporary, file]], unset: [] });
    const handle = this.#file(path, file);
    handle.write(0, bytes);
    if (durable) handle.sync();
    this.#step("rename", path);
    change(directory, { set: [[name, file]], unset: [temporary] });
    if (durable) this.syncDirectory(posix.dirname(path));
  }

  syncFile(path: string): void {
    this.#alive();
    const node = this.#find(path);
    if (node?.kind !== "file") throw systemError("ENOENT", path);
    this.#file(path, node).sync();
  }

  syncDirectory(path: string): void {
    this.#alive();
    const directory = this.#directory(path);
    this.#step("syncDirectory", path);
    directory.durable = new Map(directory.names);
    directory.pending = [];
  }

  remove(path: string): void {
    this.#alive();
    const node = this.#find(path);
    if (node === undefined) return;
    if (node.kind === "directory") for (const name of node.names.keys()) this.remove(posix.join(path, name));
    this.#step("remove", path);
    change(this.#directory(posix.dirname(path)), { set: [], unset: [posix.basename(path)] });
  }

  #file(path: string, node: FileNode): LogFile {
    return {
      size: () => node.content.length,
      read: (position, length) => Buffer.from(node.content.subarray(position, position + length)),
      write: (position, bytes) => {
        this.#alive();
        try {
          this.#step("write", path);
        } catch (error) {
          // A write that fails may have written any beginning, but never all.
          applyChange(node, position, Buffer.from(bytes.subarray(0, this.writtenOfFailed(bytes.length))));
          throw error;
        }
        applyChange(node, position, Buffer.from(bytes));
      },
      sync: () => {
        this.#alive();
        try {
          this.#step("sync", path);
        } catch (error) {
          // As Linux does: the pages are called clean, so that no later sync writes them.
          if (!(error instanceof CrashError)) node.pending = [];
          throw error;
        }
        node.durable = changed(node.durable, node.pending);
        node.pending = [];
      },
      truncate: (size) => {
        this.#alive();
        this.#step("truncate", path);
        record(node, { kind: "truncate", size });
      },
      close: () => undefined,
    };
  }

  #step(step: DiskStep, path: string): void {
    this.#alive();
    this.steps++;
    try {
      this.onStep?.(step, path);
    } catch (error) {
      if (error instanceof CrashError) this.#down = true;
      throw error;
    }
  }

  #alive(): void {
    if (this.#down) throw new CrashError("the machine is down");
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path.split("/").filter((each) => each !== "")) {
      node = node?.kind === "directory" ? node.names.get(name) : undefined;
    }
    return node;
  }

  #directory(path: string): DirectoryNode {
    const node = this.#find(path);
    if (node?.kind !== "directory") throw systemError("ENOENT", path);
    return node;
  }
}

/** An error as Node's file system throws it. */
export function systemError(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

function emptyFile(): FileNode {
  return { kind: "file", content: Buffer.alloc(0), durable: Buffer.alloc(0), pending: [] };
}

function emptyDirectory(): DirectoryNode {
  return { kind: "directory", names: new Map(), durable: new Map(), pending: [] };
}

function change(directory: DirectoryNode, names: NameChange): void {
  applyNames(directory.names, names);
  directory.pending.push(names);
}

function applyNames(names: Map<string, Node>, { set, unset }: NameChange): void {
  for (const name of unset) names.delete(name);
  for (const [name, node] of set) names.set(name, node);
}

function record(node: FileNode, each: FileChange): void {
  node.content = changed(node.content, [each]);
  node.pending.push(each);
}

function applyChange(node: FileNode, position: number, bytes: Buffer): void {
  for (let from = 0; from < bytes.length;) {
    const at = position + from;
    const to = Math.min(bytes.length, from + sectorBytes - (at % sectorBytes));
    node.pending.push({ kind: "write", at, bytes: bytes.subarray(from, to) });
    from = to;
  }
  node.content = changed(node.content, [{ kind: "write", at: position, bytes }]);
}

function changed(content: Buffer, changes: readonly FileChange[]): Buffer {
  if (changes.length === 0) return content;
  const ends = changes.map((each) => (each.kind === "write" ? each.at + each.bytes.length : each.size));
  const result = Buffer.alloc(Math.max(content.length, ...ends));
  content.copy(result);
  let size = content.length;
  for (const each of changes) {
    if (each.kind === "write") {
      each.bytes.copy(result, each.at);
      size = Math.max(size, each.at + each.bytes.length);
    } else {
      result.fill(0, each.size);
      size = each.size;
    }
  }
  return result.subarray(0, size);
}

// Three tempers of a power loss: nothing that was not synced survives, all of it does, or each piece by
// chance.
function survivor(node: Node, random: () => number, known: Map<Node, Node>): Node {
  const before = known.get(node);
  if (before !== undefined) return before;
  const temper = random();
  const survives = (): boolean => (temper < 0.25 ? false : temper < 0.5 ? true : random() < 0.5);
  if (node.kind === "file") {
    const content = changed(node.durable, node.pending.filter(survives));
    const file: FileNode = { kind: "file", content, durable: content, pending: [] };
    known.set(node, file);
    return file;
  }
  const directory = emptyDirectory();
  known.set(node, directory);
  const names = new Map(node.durable);
  for (const each of node.pending) if (survives()) applyNames(names, each);
  for (const [name, child] of names) directory.names.set(name, survivor(child, random, known));
  directory.durable = new Map(directory.names);
  return directory;
}

function settleNode(node: Node): void {
  if (node.kind === "file") node.durable = node.content;
  else {
    node.durable = new Map(node.names);
    for (const child of node.names.values()) settleNode(child);
  }
  node.pending = [];
}
