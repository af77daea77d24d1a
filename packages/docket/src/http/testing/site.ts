// SPDX-License-Identifier: Apache-2.0
// A site for tests of the server alone: it rejects texts with "spam" in them, remembers what it decided, and
// does wrong what it is told to. The real site is tested through the server in `integration.test.ts`.
import { encodeEvent } from "@docket/protocol/events";
import type { Decision, DocketRecord, Event, Facts, Receipt } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type {
  DecideRequest,
  RecordedDecision,
  Site,
  SiteStatus,
  StandingView,
} from "../../intake/contract.ts";
import { logPaths } from "../../log/paths.ts";

const digest = "A".repeat(43);

/** A site that keeps everything in memory. */
export class MemorySite implements Site {
  readonly origin = "docket-0011223344556677/main";
  readonly verifierKey = "docket-0011223344556677/main+00000000+AA";
  readonly paths: Site["paths"];
  /** Called before each decision; may throw or wait. */
  beforeDecide: (request: DecideRequest) => Promise<void> | void = () => undefined;
  fault: string | undefined;
  publishedSize = 0;
  readonly requests: DecideRequest[] = [];
  readonly openings: { index: number; by: string; reason: string }[] = [];
  readonly standings: { accountId: string; atMs: number }[] = [];
  readonly access: { change: string; key: string; role: string }[] = [];
  readonly #records: RecordedDecision[] = [];
  readonly #events = new Map<string, { body: string; index: number }>();

  constructor(data = "/nonexistent") {
    this.paths = logPaths(data, "main");
  }

  tried(): Promise<never> {
    return Promise.reject(new DocketError("overloaded", "a site in memory tries nothing"));
  }

  async decide(request: DecideRequest): Promise<Decision> {
    await this.beforeDecide(request);
    this.requests.push(request);
    const { event, dryRun, by } = request;
    const outcome = event.content?.text?.includes("spam") === true ? "reject" : "allow";
    const answer = {
      sealed: !dryRun,
      repeat: false,
      outcome,
      rules: [],
      reasons: [],
      restrictions: [],
      decidedAt: "2026-11-22T23:11:05.123Z",
      release: digest,
    } satisfies Decision;
    if (dryRun) return answer;
    const body = encodeEvent(event);
    const earlier = this.#events.get(event.id);
    if (earlier !== undefined && earlier.body !== body) {
      throw new DocketError("event_id_conflict", `another event has the id ${event.id}`);
    }
    if (earlier !== undefined) {
      return { ...(this.#records[earlier.index]?.decision as Decision), repeat: true };
    }
    const index = this.#records.length;
    const decision: Decision = { ...answer, index, actor: `a_${"b".repeat(22)}` };
    this.#events.set(event.id, { body, index });
    this.#records.push({
      record: decisionRecord(decision, by),
      decision,
      facts: factsOf(event, decision),
      disclosed: undefined,
    });
    return { ...decision, receipt: this.#receipt(index) };
  }

  async recorded(index: number): Promise<RecordedDecision> {
    const recorded = this.#records[index];
    if (recorded === undefined) throw new DocketError("not_found", `the log has no record ${index}`);
    return recorded;
  }

  async receipt(index: number): Promise<Receipt> {
    await this.recorded(index);
    return this.#receipt(index);
  }

  async opening(index: number, by: string, reason: string): Promise<Receipt> {
    await this.recorded(index);
    this.openings.push({ index, by, reason });
    return {
      ...this.#receipt(index),
      opening: [{ name: "disclosed", secret: digest, plaintext: '{"v":1,"reasons":[],"facts":{}}' }],
    };
  }

  async standing(accountId: string, atMs: number): Promise<StandingView> {
    this.standings.push({ accountId, atMs });
    return { actor: null, at: new Date(atMs).toISOString(), strikes: [], restrictions: [] };
  }

  async sealAccess(change: string, key: string, role: string): Promise<void> {
    this.access.push({ change, key, role });
  }

  status(): SiteStatus {
    return {
      origin: this.origin,
      release: digest,
      size: this.#records.length,
      durableSize: this.#records.length,
      integratedSize: this.#records.length,
      publishedSize: this.publishedSize,
      waiting: 0,
      lastTimeMs: 0,
      ended: false,
      lastBatchMs: 1,
      counterKeys: 0,
      counterBytes: 0,
      countersEvicted: 0,
      rulesWarming: 0,
      warming: { done: 0, total: 0 },
      fault: this.fault,
    };
  }

  async close(): Promise<void> {}

  #receipt(index: number): Receipt {
    const record = this.#records[index]?.record;
    const proof = "c2sp.org/tlog-proof@v1\n";
    return {
      format: "docket-receipt/v1",
      leaf: JSON.stringify(record),
      proof,
      manifest: '{"v":1,"parts":[]}',
    };
  }
}

function decisionRecord(decision: Decision, by: string): DocketRecord {
  return {
    v: 1,
    index: decision.index as number,
    prev: digest,
    time: decision.decidedAt,
    uncertaintyMs: null,
    kind: "decision",
    by,
    actor: decision.actor as string,
    outcome: decision.outcome as "allow" | "reject",
    rules: [],
    restrictions: [],
    release: digest,
    parts: digest,
  };
}

function factsOf(event: Event, { decidedAt }: Decision): Facts {
  const { id, type } = event;
  return {
    v: 1,
    event: { id, body: "", type, op: "create", time: null, inReplyTo: null },
    decidedAt,
    clock: "received",
    source: "http",
    values: {},
    counters: {},
    keys: {},
    standing: { strikes: 0, restrictions: [] },
    clauses: "",
    fired: [],
    missing: [],
    points: 0,
    refusedBy: null,
    strikes: [],
    retryAfterMs: null,
    holdUntil: null,
    otherwise: null,
  };
}
