// SPDX-License-Identifier: Apache-2.0
// What the server answers of the log.

/** A record as its leaf has it; what else it says depends on its kind. */
export type LogRecord = {
  readonly v: 1;
  readonly index: number;
  readonly prev: string;
  readonly time: string;
  readonly uncertaintyMs: number | null;
  readonly kind: string;
  readonly by: string;
  readonly parts?: string;
} & Readonly<Record<string, unknown>>;

/** `GET /v1/records`. */
export type RecordsAnswer = {
  readonly records: readonly { readonly record: LogRecord; readonly says: string }[];
  readonly next: number | null;
  readonly size: number;
};

/** A checkpoint, and who signed it. */
export type CheckpointAnswer = {
  readonly size: number;
  readonly root: string;
  readonly signers: readonly string[];
};

/** A witness, as the site that asks it sees it. */
export type WitnessAnswer = {
  readonly name: string;
  readonly url: string;
  readonly state: string;
  readonly cosignedSize: number;
  readonly cosignatures: number;
  readonly failures: number;
  readonly fault: string | null;
};

/** `GET /v1/log`. */
export type LogAnswer = {
  readonly origin: string;
  readonly size: number;
  readonly durableSize: number;
  readonly integratedSize: number;
  readonly publishedSize: number;
  readonly fault: string | null;
  readonly published: CheckpointAnswer | null;
  readonly cosigned: CheckpointAnswer | null;
  readonly kept: readonly CheckpointAnswer[];
  readonly witnesses: readonly WitnessAnswer[];
  readonly alarms: readonly string[];
  readonly publicEntries: boolean;
};

/** A whole number with its thousands apart. */
export function grouped(value: number): string {
  return value.toLocaleString("en");
}
