// SPDX-License-Identifier: Apache-2.0
// Requests on a log in memory: time stands still until it is moved, sealing may fail, and a restart opens the
// desk anew on what was sealed.
import { encodeBody, encodeLeaf, formatTime, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord } from "@docket/protocol";
import type { DutyLevel } from "@docket/protocol";
import type { PlainPart } from "../../evidence/seal.ts";
import type { Author } from "../../releases/duties.ts";
import { ApprovalDesk } from "../approval-desk.ts";

const digest = "A".repeat(43);

/** Whoever has the data directory, and the holders of keys. */
export const operator: Author = { by: "operator", role: "operator" };
export const ada: Author = { by: keyId("ada"), role: "admin" };
export const bob: Author = { by: keyId("bob"), role: "admin" };
export const eve: Author = { by: keyId("eve"), role: "auditor" };

/** A small site on which something dangerous is asked for. */
export class ApprovalWorld {
  nowMs: number = Date.UTC(2026, 10, 23, 12);
  level: DutyLevel = "solo";
  readonly keys = new Map([ada, bob, eve].map(({ by, role }) => [by, { role, madeAt: -1 }]));
  readonly leaves: string[] = [];
  readonly parts = new Map<number, string>();
  readonly faults: unknown[] = [];
  readonly notices: string[] = [];
  /** Called before each sealing; what it throws is what the sealing throws. */
  beforeSeal: (body: BodyWithoutParts) => void = () => undefined;
  desk: ApprovalDesk;
  #timers: { atMs: number; run: () => void }[] = [];

  constructor() {
    this.desk = this.#open();
  }

  /** The records that were sealed. */
  get records(): DocketRecord[] {
    return this.leaves.map(parseLeaf);
  }

  /** Steps and requests, a word each. */
  get story(): string[] {
    return this.records.map((record) => (record.kind === "request-step" ? record.step : record.kind));
  }

  /** Opens the desk anew. */
  async restart(): Promise<void> {
    this.desk.close();
    this.#timers = [];
    this.desk = this.#open();
    await this.desk.start();
  }

  /** Lets time pass; what becomes due is done. */
  async pass(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      const next = this.#timers.sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > end) break;
      this.#timers.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
      // What a timer began is done in turns of its own.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
    this.nowMs = end;
  }

  #open(): ApprovalDesk {
    return new ApprovalDesk(this.records, {
      seal: (body, parts) => this.#seal(body, parts),
      partOf: async (index) => this.parts.get(index),
      duties: () => this,
      siteKey: new Uint8Array(32),
      clock: () => this.nowMs,
      timer: (ms, run) => {
        const timer = { atMs: this.nowMs + ms, run };
        this.#timers.push(timer);
        return () => (this.#timers = this.#timers.filter((each) => each !== timer));
      },
      onFault: (error) => this.faults.push(error),
      onRequest: (notice) => this.notices.push(notice),
    });
  }

  async #seal(body: BodyWithoutParts, parts: readonly PlainPart[]): Promise<{ index: number }> {
    this.beforeSeal(body);
    const index = this.leaves.length;
    const header = { v: 1 as const, index, prev: digest, time: formatTime(this.nowMs), uncertaintyMs: null };
    const leaf = encodeLeaf(header, encodeBody(body), parts.length > 0 ? digest : undefined);
    this.leaves.push(leaf);
    for (const { plaintext } of parts) this.parts.set(index, plaintext);
    await Promise.resolve();
    this.desk.takeIn(parseLeaf(leaf));
    return { index };
  }
}

/** The id of somebody's key. */
export function keyId(name: string): string {
  return `k_${name.padEnd(16, "0")}`;
}
