// SPDX-License-Identifier: Apache-2.0
// Who is told of records when they are durable, in the order of the log.
import type { DocketRecord } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";

/** Told of records in the order of the log, once they are durable. */
export type RecordListener = {
  /** Of every record but decisions. */
  readonly onRecord?: (record: DocketRecord) => void;
  readonly onDecision?: (row: DecisionRow) => void;
};

/** The listeners of a site. */
export class RecordListeners {
  readonly #listeners = new Set<RecordListener>();
  readonly #onFault: (error: unknown) => void;

  /** @param onFault told what a listener threw: sealing must go on */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Adds a listener; the result takes it away. */
  add(listener: RecordListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells of a record. */
  record(record: DocketRecord): void {
    for (const { onRecord } of this.#listeners) if (onRecord !== undefined) this.#try(() => onRecord(record));
  }

  /** Tells of a decision. */
  decision(row: DecisionRow): void {
    for (const { onDecision } of this.#listeners) {
      if (onDecision !== undefined) this.#try(() => onDecision(row));
    }
  }

  #try(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#onFault(error);
    }
  }
}
