// SPDX-License-Identifier: Apache-2.0
// Reads files of a directory that may be hostile: regular files only, so that no pipe or device makes us wait
// for ever, and never more than their size or the bound.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { VerifyError } from "@docket/verify";

// Opening a pipe for reading waits for its writer, unless told not to.
const flags = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Reads a file with blocking calls, in a thread that has nothing else to do.
 *
 * @param directory where `name` is, or nothing
 * @returns `undefined` if there is no such regular file
 * @throws {VerifyError} `size`, `source`
 */
export function readFileSyncBounded(
  directory: string,
  name: string,
  bytesMax: number,
): Uint8Array | undefined {
  const path = directory === "" ? name : join(directory, name);
  let file: number | undefined;
  try {
    file = openSync(path, flags);
    const found = fstatSync(file);
    if (!found.isFile()) return undefined;
    checkSize(path, found.size, bytesMax);
    const bytes = Buffer.allocUnsafeSlow(found.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    return absentOrThrow(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Reads a whole regular file, as {@link readFileSyncBounded} does.
 *
 * @returns `undefined` if there is no such regular file
 * @throws {VerifyError} `size`, `source`
 */
export async function readFileBounded(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path, flags);
    const found = await file.stat();
    if (!found.isFile()) return undefined;
    checkSize(path, found.size, bytesMax);
    const bytes = Buffer.allocUnsafeSlow(found.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    return absentOrThrow(path, error);
  }
}

/**
 * Reads files of a directory one after the other, with blocking calls, each into memory that the next one
 * takes again: making a new buffer for each costs as much as hashing half of what it holds. Full bundles,
 * tiles and parts have memory of their own, so that those of one bundle can be held together. What is no
 * regular file reads as something short, never for ever.
 */
export function scratchReader(directory: string): (name: string, bytesMax: number) => Uint8Array | undefined {
  const scratch = new Map<string, Uint8Array>();
  return (name, bytesMax) => {
    const path = join(directory, name);
    const kind = name.includes(".p/") ? name : name.slice(0, name.indexOf("/", "tile/".length));
    let file: number | undefined;
    try {
      file = openSync(path, flags);
      let bytes = scratch.get(kind) ?? new Uint8Array(scratchBytes);
      let length = readSync(file, bytes, 0, bytes.length, 0);
      if (length === bytes.length) {
        // There is more, or that was all: only now is it worth asking how long the file is.
        const found = fstatSync(file);
        if (!found.isFile()) return undefined;
        checkSize(path, found.size, bytesMax);
        bytes = new Uint8Array(found.size + 1);
        length = readSync(file, bytes, 0, bytes.length, 0);
      }
      checkSize(path, length, bytesMax);
      if (!name.includes(".p/")) scratch.set(kind, bytes);
      return bytes.subarray(0, length);
    } catch (error) {
      return absentOrThrow(path, error);
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };
}

/** With how much memory for a kind of file it begins, in bytes. */
const scratchBytes = 262_144;

/** What an error of reading means: that there is no file, or that nothing can be said. */
export function absentOrThrow(path: string, error: unknown): undefined {
  if (error instanceof VerifyError) throw error;
  const { code } = error as NodeJS.ErrnoException;
  // ENXIO: a socket or a pipe that nobody serves; ELOOP: links that lead in a circle.
  const absent = ["ENOENT", "ENOTDIR", "EISDIR", "ENXIO", "ELOOP", "ENAMETOOLONG"];
  if (absent.includes(code ?? "")) return undefined;
  throw new VerifyError("source", `cannot read ${path}: ${code}`, { cause: error });
}

/**
 * Refuses a file that is too long.
 *
 * @throws {VerifyError} `size`
 */
export function checkSize(path: string, size: number, bytesMax: number): void {
  if (size > bytesMax) throw new VerifyError("size", `${path} is longer than ${bytesMax} bytes`);
}
