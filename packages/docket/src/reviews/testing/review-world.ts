// SPDX-License-Identifier: Apache-2.0
// The review queue and corrections on a log in memory, with an enforcement that knows outcomes and nothing of
// strikes. What is sealed is durable a turn later, as on a real site.
import { createHmac } from "node:crypto";
import { formatTime } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, Facts, Verdict } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type {
  ActAuthor,
  Along,
  OutcomeInForce,
  SiteEnforcement,
  VerdictDone,
  VerdictEffect,
  VerdictPreview,
  VerdictWish,
} from "../../enforcement/contract.ts";
import type { PlainPart } from "../../evidence/seal.ts";
import { defaultSettings } from "../../settings/settings.ts";
import type { Settings } from "../../settings/settings.ts";
import type { DecisionRow } from "../../views/decision-row.ts";
import type { BatchDeskPorts } from "../batch-desk.ts";
import type { RefusedNow } from "../batch-plan.ts";
import { openReviews } from "../open-reviews.ts";
import type { OpenedReviews } from "../open-reviews.ts";
import { MemoryViews } from "./memory-views.ts";

type Listener = { onRecord: (record: DocketRecord) => void; onDecision: (row: DecisionRow) => void };

/** Kinds that always have parts, whatever a test says. */
const sealedWithParts: ReadonlySet<string> = new Set(["verdict", "measure", "dispute", "ruling"]);

/** A small site of reviewers. */
export class ReviewWorld {
  readonly views = new MemoryViews();
  readonly parts = new Map<number, string>();
  /** Rules that fired with their outcomes, for decisions of several rules. */
  readonly fired = new Map<number, Facts["fired"]>();
  readonly keys = new Map<string, { role: string; madeAt: number }>();
  readonly notices: string[] = [];
  settings: Settings = {
    ...defaultSettings,
    sampleOfAllowedPerMillion: 0,
    sampleOfRefusedPerMillion: 0,
    secondReviewPerMille: 0,
    qualitySamplePerMille: 0,
  };
  nowMs: number = Date.UTC(2026, 10, 30);
  refusedNow: readonly RefusedNow[] = [];
  /** Called before each verdict is sealed; what it throws is what sealing failed with. */
  beforeVerdict: (wish: VerdictWish) => void | Promise<void> = () => undefined;
  opened!: OpenedReviews;
  #listener: Listener | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Opens the desks anew on what the log has. Batches that run go on. */
  async open(): Promise<OpenedReviews> {
    await this.opened?.batches.close();
    this.#listener = undefined;
    this.opened = await openReviews({
      views: this.views,
      enforcement: this.#enforcement(),
      ...this.#sealing(),
      settings: Object.defineProperty({ current: this.settings }, "current", { get: () => this.settings }),
      recorded: async (index) => ({ record: this.#recordAt(index), facts: undefined }),
      facts: async (index) => ({ fired: this.fired.get(index) ?? [] }) as unknown as Facts,
      event: async () => undefined,
      reportText: async () => undefined,
      label: async () => undefined,
      reports: () => undefined,
      listen: (listener) => (this.#listener = listener),
      size: () => this.views.size,
      keyOf: (purpose) => createHmac("sha256", "world").update(purpose).digest(),
      rules: () => ["p/links", "p/words"],
      releases: () => ["A".repeat(43), "Bcdefghi".padEnd(43, "B")],
      refusedNow: async () => ({ refused: [...this.refusedNow], notes: [] }),
      keys: () => this.keys,
      siteKey: new Uint8Array(32),
      clock: () => this.nowMs,
      wait: () => Promise.resolve(),
      breathe: () => Promise.resolve(),
      onFault: (error) => this.notices.push(String(error)),
      onNotice: (notice) => this.notices.push(notice),
    });
    await this.opened.batches.start();
    return this.opened;
  }

  /** Appends a decision. */
  decide(facts: Partial<DecisionRow>): number {
    const row = this.views.decide(facts);
    this.#listener?.onDecision(row);
    return row.index;
  }

  /** Appends a record; it is durable a turn later. */
  async seal(body: BodyWithoutParts, parts: readonly PlainPart[] = []): Promise<DocketRecord> {
    const hasParts = parts.length > 0 || sealedWithParts.has(body.kind);
    const record = this.views.seal(body, hasParts);
    for (const { plaintext } of parts) this.parts.set(record.index, plaintext);
    const durable = this.#last.then(() => this.#listener?.onRecord(record));
    this.#last = durable;
    await durable;
    return record;
  }

  /** The verdicts that were sealed, in order. */
  verdicts(): { of: number; verdict: Verdict; for: number | undefined; by: string; cause: string }[] {
    return this.views.records.flatMap(({ record }) =>
      record.kind === "verdict"
        ? [{ of: record.of, verdict: record.verdict, for: record.for, by: record.by, cause: record.cause }]
        : [],
    );
  }

  #sealing(): Pick<BatchDeskPorts, "seal" | "settled" | "partOf"> {
    return {
      seal: async (body, parts) => {
        const record = await this.seal(body, parts);
        return { index: record.index, leaf: "" };
      },
      settled: async () => void (await this.#last),
      partOf: async (index) => this.parts.get(index),
    };
  }

  #recordAt(index: number): DocketRecord {
    const row = this.views.rows.find((each) => each.index === index);
    const known = this.views.records.find(({ record }) => record.index === index)?.record;
    if (row === undefined && known === undefined) {
      throw new DocketError("not_found", `there is no record ${index}`);
    }
    return (
      known ?? ({ ...row, kind: "decision", time: formatTime(row?.sealedMs ?? 0) } as unknown as DocketRecord)
    );
  }

  #outcomeOf(of: number): OutcomeInForce {
    const row = this.views.rows.find((each) => each.index === of);
    if (row === undefined) throw new DocketError("not_found", `record ${of} is no decision`);
    const verdicts = this.views.records.flatMap(({ record }) =>
      record.kind === "verdict" && record.of === of ? [record] : [],
    );
    let { outcome } = row;
    for (const { verdict } of verdicts) {
      if (verdict === "remove") outcome = "reject";
      else if (verdict === "release" || verdict === "restore") outcome = "allow";
    }
    const last = verdicts.at(-1);
    const said = last && {
      index: last.index,
      verdict: last.verdict,
      cause: last.cause,
      by: last.by,
      at: last.time,
    };
    return { of, actor: row.actor, decided: row.outcome, outcome, ...(said && { verdict: said }) };
  }

  #effect({ of, verdict }: VerdictWish): VerdictEffect {
    const { actor, outcome } = this.#outcomeOf(of);
    const fits: Partial<Record<Verdict, boolean>> = {
      remove: outcome !== "reject",
      release: outcome === "hold",
      restore: outcome === "reject",
    };
    if (!(fits[verdict] ?? true)) {
      throw new DocketError("act_conflict", `record ${of} is ${outcome} already`);
    }
    const nothing = { strikes: [], voided: [], restrictions: [], ended: [], proposed: [] };
    const after = verdict === "keep" ? outcome : verdict === "remove" ? "reject" : "allow";
    return { of, actor, verdict, outcome: after, ...nothing };
  }

  #enforcement(): Pick<
    SiteEnforcement,
    "verdict" | "previewVerdict" | "takeSteps" | "outcomeOf" | "standingOf"
  > {
    return {
      verdict: async (author: ActAuthor, wish: VerdictWish, along?: Along): Promise<VerdictDone> => {
        await this.beforeVerdict(wish);
        const effect = this.#effect(wish);
        const before = along?.() ?? [];
        const sealing = this.seal({
          kind: "verdict",
          ...author,
          of: wish.of,
          actor: effect.actor,
          verdict: wish.verdict,
          cause: wish.cause,
          ...(wish.for === undefined ? {} : { for: wish.for }),
          restrictions: [],
          ended: [],
          reason: wish.reason,
        });
        const [record] = await Promise.all([sealing, ...before]);
        return { ...effect, index: record.index, leaf: "" };
      },
      previewVerdict: async (wish): Promise<VerdictPreview> => {
        const more = { consequences: false, like: false };
        return { ...this.#effect(wish), consequences: [], like: [], more };
      },
      takeSteps: async () => {
        throw new DocketError("act_conflict", "no step waits");
      },
      outcomeOf: async (of) => this.#outcomeOf(of),
      standingOf: (actor, atMs) => ({
        actor,
        at: formatTime(atMs),
        strikes: [],
        restrictions: [],
        links: [],
      }),
    };
  }
}
