// SPDX-License-Identifier: Apache-2.0
// What the keys directory knows of a log's newest state, so that a copy or a restored backup is noticed
// before it signs. The threads of an open log ask here whether they may still sign, and tell here what was
// published.
//
//   KEYS/main/epoch    which opening may sign: raised at each, and by a promotion (succession/epoch.ts)
//   KEYS/main/newest   the newest published checkpoint, in one of two slots of a fixed place: whichever is
//                      whole and larger counts. It is written in place, because replacing a file ten times a
//                      second costs what it saves, and a slot fits into one sector of a disk.
//
// slot: length in decimal, a space, SHA-256 of the note in hex, a line feed, the note with its first line
// only; then zeros
import { hash } from "node:crypto";
import {
  closeSync,
  constants,
  fdatasyncSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { formatSignature, parseCheckpoint, parseNote } from "@docket/tlog";
import type { Checkpoint, NoteSignature } from "@docket/tlog";
import { DocketError } from "../error.ts";

/** Distance of the two slots, in bytes: they lie in different pages. */
const slotBytes = 4096;

/** What a thread needs to know to ask whether it may sign. Plain data: it crosses between threads. */
export type PrimacyStart = {
  epochPath: string;
  newestPath: string;
  /** The epoch as which this process opened the log. */
  epoch: number;
};

/** The right of this process to sign. Each thread has its own. */
export type Primacy = {
  /**
   * Returns if this process may still sign. Costs one `stat`.
   *
   * @throws {DocketError} `log_fenced` if another copy of the log was promoted, or opened, meanwhile;
   *   `log_unproven` if the keys directory can't be asked
   */
  check(): void;
  /** Writes down a checkpoint that is about to be published; not synced. Larger ones only. */
  published(checkpoint: Uint8Array): void;
  /** Makes durable what was written down. */
  sync(): void;
  close(): void;
};

/** The newest published checkpoint that the keys directory knows: a note with one line. */
export type NewestCheckpoint = { note: Uint8Array; checkpoint: Checkpoint };

/** Opens what a thread asks; nothing is read before the first call. */
export function openPrimacy(start: PrimacyStart): Primacy {
  let seen = "";
  let file: { handle: number; next: 0 | 1; size: number } | undefined;
  const newestFile = (): NonNullable<typeof file> => {
    const { newest, slot } = readSlots(start.newestPath);
    const handle = openSync(start.newestPath, constants.O_RDWR | constants.O_CREAT, 0o600);
    return { handle, next: slot === 0 ? 1 : 0, size: newest?.checkpoint.size ?? 0 };
  };
  return {
    check() {
      const now = stampOf(start.epochPath);
      if (now === seen) return;
      const epoch = readEpochNumber(start.epochPath);
      if (epoch !== start.epoch) throw fenced(start.epoch, epoch);
      seen = now;
    },
    published(checkpoint) {
      file ??= newestFile();
      const { text, signatures } = parseNote(checkpoint);
      const { size } = parseCheckpoint(text);
      if (size <= file.size) return;
      const note = Buffer.from(`${text}\n${formatSignature(signatures[0] as NoteSignature)}`, "utf8");
      writeSync(file.handle, encodeSlot(note), 0, slotBytes, file.next * slotBytes);
      file.next = file.next === 0 ? 1 : 0;
      file.size = size;
    },
    sync() {
      if (file !== undefined) fdatasyncSync(file.handle);
    },
    close() {
      if (file !== undefined) closeSync(file.handle);
      file = undefined;
    },
  };
}

/**
 * Reads the newest published checkpoint that the keys directory knows.
 *
 * @returns `"none"` if nothing was ever written down, `"unreadable"` if something was and neither slot is
 *   whole
 */
export function readNewest(path: string): NewestCheckpoint | "none" | "unreadable" {
  const { newest, bytes } = readSlots(path);
  if (newest !== undefined) return newest;
  return bytes.every((byte) => byte === 0) ? "none" : "unreadable";
}

/** The number in an epoch file; `undefined` if it is no such file. */
export function epochOf(text: string): number | undefined {
  try {
    const { epoch } = JSON.parse(text) as { epoch?: unknown };
    return Number.isSafeInteger(epoch) ? (epoch as number) : undefined;
  } catch {
    return undefined;
  }
}

function encodeSlot(note: Uint8Array): Buffer {
  const slot = Buffer.alloc(slotBytes);
  const head = Buffer.from(`${note.length} ${hash("sha256", note)}\n`, "latin1");
  if (head.length + note.length > slotBytes) {
    throw new DocketError("internal", `a checkpoint of ${note.length} bytes is too long to be remembered`);
  }
  slot.set(head, 0);
  slot.set(note, head.length);
  return slot;
}

function readSlots(path: string): {
  newest: NewestCheckpoint | undefined;
  slot: 0 | 1 | undefined;
  bytes: Buffer;
} {
  const bytes = readBytes(path);
  const [first, second] = [decodeSlot(bytes, 0), decodeSlot(bytes, 1)];
  const later = (second?.checkpoint.size ?? -1) > (first?.checkpoint.size ?? -1);
  if (later) return { newest: second, slot: 1, bytes };
  return { newest: first, slot: first === undefined ? undefined : 0, bytes };
}

function readBytes(path: string): Buffer {
  let handle: number;
  try {
    handle = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
  try {
    const bytes = Buffer.alloc(2 * slotBytes);
    return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(handle);
  }
}

// A slot that a power loss tore, or that was never written, has another digest.
function decodeSlot(bytes: Buffer, slot: 0 | 1): NewestCheckpoint | undefined {
  const at = bytes.subarray(slot * slotBytes, (slot + 1) * slotBytes);
  const head = /^(\d{1,4}) ([0-9a-f]{64})\n/.exec(at.toString("latin1", 0, 80));
  if (head === null) return undefined;
  const note = Buffer.from(at.subarray(head[0].length, head[0].length + Number(head[1])));
  if (hash("sha256", note) !== head[2]) return undefined;
  try {
    return { note, checkpoint: parseCheckpoint(parseNote(note).text) };
  } catch {
    return undefined;
  }
}

// Every epoch is a new file, so another inode or time of change means: look again.
function stampOf(path: string): string {
  try {
    const { ino, mtimeNs } = statSync(path, { bigint: true });
    return `${ino}.${mtimeNs}`;
  } catch (error) {
    throw unasked(path, error);
  }
}

function readEpochNumber(path: string): number | undefined {
  try {
    return epochOf(readFileSync(path, "utf8"));
  } catch (error) {
    throw unasked(path, error);
  }
}

function unasked(path: string, error: unknown): DocketError {
  const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  return new DocketError(
    "log_unproven",
    `${path} cannot be read (${why}), so nobody knows whether this log may still sign; ` +
      "bring it back and restart",
    { cause: error },
  );
}

function fenced(own: number, now: number | undefined): DocketError {
  return new DocketError(
    "log_fenced",
    `this process opened the log as epoch ${own}, and the keys directory is at epoch ${now ?? "unknown"}: ` +
      "another copy was promoted; this one signs no more",
  );
}
