// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a log come from: a directory, a server, or a test's memory.
import type { PartName } from "@docket/protocol";
import type { Fault } from "./report.ts";

/** A name in a directory. */
export type Listed = { name: string; directory: boolean };

/**
 * The files of one log. Paths are those of C2SP tlog-tiles and of Docket's own layout, without a leading
 * slash: `checkpoint`, `checkpoint.cosigned`, `tile/0/000`, `tile/entries/000.p/12`, `parts/000`,
 * `checkpoints/600`.
 */
export interface LogSource {
  /** Whether it holds sealed parts. Where it does not, they are said to be unchecked. */
  readonly hasParts: boolean;
  /**
   * The whole file, or `undefined` if there is none. The bytes are the caller's to keep.
   *
   * @throws {VerifyError} `size` if it is longer than `bytesMax`; `refused`; `source`
   */
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
  /** The names in a directory, none if it does not exist. Absent where the source cannot list. */
  list?(path: string): Promise<readonly Listed[]>;
  /**
   * What the log's writer keeps beside the published files. Absent where there is no writer's directory.
   *
   * @param size records that the checkpoint covers: of later ones the whole record is wanted
   * @param origin the log's origin, where it is known already
   */
  writerState?(size: number, origin: string | undefined): Promise<WriterState>;
}

/** A root that something in the source names, signed or not. */
export type RootClaim = {
  check: "journal" | "state";
  place: string;
  offset: number | null;
  size: number;
  root: Uint8Array;
  /** Ed25519 over the checkpoint's text; `undefined` where the claim is not signed. */
  signature: Uint8Array | undefined;
};

/** A record beyond the checkpoint, whole. */
export type TailRecord = {
  index: number;
  place: string;
  offset: number;
  leaf: Uint8Array;
  manifest: Uint8Array | undefined;
  parts: readonly { name: PartName; bytes: Uint8Array }[];
};

/** A record that is published already: its leaf's hash and, from the materialised size on, its parts. */
export type RecordCopy = {
  index: number;
  place: string;
  offset: number;
  hash: Uint8Array;
  sealed: Pick<TailRecord, "manifest" | "parts"> | undefined;
};

/** The writer's journal and state, read but not yet compared with the tree. */
export type WriterState = {
  /** What is wrong with them in themselves. */
  faults: readonly Fault[];
  notes: readonly string[];
  /** Size that everything is materialised and synced up to. */
  materialisedSize: number | undefined;
  roots: readonly RootClaim[];
  /** The journal's records below the checkpoint's size. */
  copies: readonly RecordCopy[];
  /** The records from the checkpoint's size on, without a gap. */
  tail: readonly TailRecord[];
  /** Number after that of the journal's last intact record. */
  end: number;
  /** Bytes after the last intact batch: a torn tail, if every signed size is at most `end`. */
  torn: { place: string; offset: number; reason: string } | undefined;
};
