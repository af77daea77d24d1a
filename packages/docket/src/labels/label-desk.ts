// SPDX-License-Identifier: Apache-2.0
// Labels: what people and other systems say that the content of a decision is. Each is a record; the last
// one of a decision is in force. They change no decision: models learn from them, and backtests are judged by
// them.
import { labelReasonPattern, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, Event, LabelSource, LabelValue } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Author } from "../releases/duties.ts";
import type { LabelQuery } from "../views/site-index.ts";

/** Longest note of a label, in characters. */
export const noteLengthMax = 4_000;
/** Most labels of one answer, and how many if nothing is said. */
export const labelsListedMax = 10_000;
export const labelsListedDefault = 1_000;

/** What somebody says of a decision. */
export type LabelWish = {
  /** Index of the decision's record. */
  index: number;
  label: LabelValue;
  /** Who is behind it (default: a moderator). */
  source?: LabelSource | undefined;
  /** A code of the site's own: `phishing`, `wrong-list`. */
  reason?: string | undefined;
  /** Sealed with the site's key. */
  note?: string | undefined;
};

/** A label in force. */
export type LabelInForce = {
  /** Index of the decision's record. */
  of: number;
  label: LabelValue;
  source: LabelSource;
  reason: string | null;
  /** Who said so, and in which role. */
  by: string;
  role: string;
  /** When it was sealed, RFC 3339. */
  at: string;
  /** Index of the label's own record. */
  index: number;
};

/** A labelled decision. */
export type LabelledDecision = {
  label: LabelInForce;
  /** The pseudonym of the account. */
  actor: string;
  /** What was decided on; absent where its evidence is gone. */
  event: Event | undefined;
};

/** Labels in force, in the order of their decisions; `next` is where to go on, `null` at the end. */
export type LabelPage = { labels: LabelInForce[]; next: number | null };

/** What the desk leans on. */
export type LabelDeskPorts = {
  /** Seals a record; resolves with its leaf when it is durable. */
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ readonly leaf: string }>;
  /** The kind of a record. Rejects with `not_found`. */
  readonly kindOf: (index: number) => Promise<string>;
  readonly labels: (query: LabelQuery) => Promise<string[]>;
  /** Resolves when the view of labels has all that was sealed. */
  readonly indexed: () => Promise<void>;
  readonly siteKey: Uint8Array;
};

/** Labels of a site, as HTTP and the command line see them. */
export type SiteLabels = Pick<LabelDesk, "label" | "list">;

/** The labels of a site. */
export class LabelDesk {
  readonly #ports: LabelDeskPorts;

  constructor(ports: LabelDeskPorts) {
    this.#ports = ports;
  }

  /**
   * Labels a decision. A later label takes the place of an earlier one.
   *
   * @throws {DocketError} `not_found` if there is no such decision; `usage` for a reason that is no code,
   *   or a
   *   note that is too long
   */
  async label(author: Author, wish: LabelWish): Promise<LabelInForce> {
    const { index: of, label, source = "moderator", reason, note } = wish;
    if (reason !== undefined && !reasonCode.test(reason)) {
      throw new DocketError(
        "usage",
        `a reason is a code such as phishing or wrong-list: ${labelReasonPattern}`,
      );
    }
    if (note !== undefined && (note.trim() === "" || note.length > noteLengthMax)) {
      throw new DocketError("usage", `a note has 1 to ${noteLengthMax} characters`);
    }
    if ((await this.#ports.kindOf(of)) !== "decision") {
      throw new DocketError("not_found", `record ${of} is no decision, so there is nothing to label`);
    }
    const { by, role } = author;
    const said = reason === undefined ? {} : { reason };
    const parts = note === undefined ? [] : [this.#notePart(note)];
    const body = { kind: "label", by, role, of, label, source, ...said } as const;
    const { leaf } = await this.#ports.seal(body, parts);
    return labelOfLeaf(leaf);
  }

  /** The labels in force of decisions from `from` on. */
  async list(from: number, limit: number): Promise<LabelPage> {
    await this.#ports.indexed();
    const leaves = await this.#ports.labels({ from, limit: limit + 1 });
    const labels = leaves.map(labelOfLeaf);
    return { labels: labels.slice(0, limit), next: labels[limit]?.of ?? null };
  }

  #notePart(note: string): PlainPart {
    const plaintext = JSON.stringify({ v: 1, why: note });
    return { name: "change", subject: "site", key: this.#ports.siteKey, plaintext };
  }
}

const reasonCode = new RegExp(labelReasonPattern);

/** The label that a record of kind `label` says. */
export function labelOfLeaf(leaf: string): LabelInForce {
  const record = parseLeaf(leaf);
  if (record.kind !== "label") throw new Error("a record that is kept as a label is one");
  const { of, label, source, reason, by, role, time, index } = record;
  return { of, label, source, reason: reason ?? null, by, role, at: time, index };
}
