// SPDX-License-Identifier: Apache-2.0
// Dual control: what is dangerous is asked for, approved by another person, and done once, as it was
// approved. Each step is a record, and what they come to is read from the log, so that a restart changes
// nothing. A request is used up by a record before its act is carried out: a crash between the two leaves it
// used and the act undone, never the other way round.
import type { BodyWithoutParts, DocketRecord, RequestStep } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import { objection } from "../releases/duties.ts";
import type { Author } from "../releases/duties.ts";
import { openRequestsMax, requestActs } from "./contract.ts";
import type {
  Outcome,
  RequestAct,
  RequestDetail,
  RequestFigures,
  RequestView,
  RequestWish,
  SiteRequests,
  TakenRequest,
} from "./contract.ts";
import { doableAtMs, expiresAtMs, requestState, requestView, takeRequestRecord } from "./state.ts";
import type { Duties, Request, Requests } from "./state.ts";
import { checkReason, hashOfWish, readRequestPart, requestPart } from "./what.ts";
import type { RequestPart } from "./what.ts";

/** A timer is set for no longer than this, in ms: longer ones are set again. */
const timerMsMax = 3_600_000;
/** A request that expired and could not be sealed as such is tried again after so many ms. */
const retryMs = 60_000;

/** What the desk leans on. */
export type ApprovalPorts = {
  /** Seals a record: appended in this turn, durable when it resolves. */
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ readonly index: number }>;
  /** The plaintext of the part `change` of a record. */
  readonly partOf: (index: number) => Promise<string | undefined>;
  readonly duties: () => Duties;
  readonly siteKey: Uint8Array;
  readonly clock: () => number;
  /** Runs something later; the result cancels it. */
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** Told when something was asked for: a sentence for the operator, without what is personal. */
  readonly onRequest?: ((notice: string) => void) | undefined;
};

/** Takes requests along their way. One for each open site. */
export class ApprovalDesk implements SiteRequests {
  readonly #ports: ApprovalPorts;
  readonly #requests: Requests = new Map();
  readonly #parts = new Map<number, RequestPart>();
  /** Requests of which a step is being sealed: no other is begun meanwhile. */
  readonly #busy = new Set<number>();
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  /** @param records of {@link requestKinds}, in the order of the log */
  constructor(records: readonly DocketRecord[], ports: ApprovalPorts) {
    this.#ports = ports;
    for (const record of records) this.takeIn(record);
  }

  /** Takes in a record that was sealed. Call with each, in the order of the log. */
  takeIn(record: DocketRecord): void {
    takeRequestRecord(this.#requests, record);
  }

  /** Seals what expired meanwhile, and from then on each when it does. */
  async start(): Promise<void> {
    await this.#sealExpired();
  }

  /** Ends that. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  /** How many are open. */
  figures(): RequestFigures {
    const figures = { waiting: 0, approved: 0, alone: 0 };
    for (const request of this.#requests.values()) {
      const state = request.ended === undefined ? this.#stateOf(request) : undefined;
      if (state === "waiting") figures.waiting++;
      if (state !== "approved") continue;
      figures.approved++;
      if (request.approvals.every(({ alone }) => alone)) figures.alone++;
    }
    return figures;
  }

  /** Whether an act takes a request at all, as the level of duties is now. */
  need(act: RequestAct): boolean {
    return requestActs[act].recordedAlone || this.#ports.duties().level !== "solo";
  }

  list({
    open = false,
    limit,
    by,
  }: {
    open?: boolean;
    limit: number;
    by?: string | undefined;
  }): RequestView[] {
    const views: RequestView[] = [];
    for (const request of [...this.#requests.values()].reverse()) {
      if (views.length >= limit) break;
      if (by !== undefined && request.by !== by) continue;
      const view = this.#view(request);
      if (!open || view.state === "waiting" || view.state === "approved") views.push(view);
    }
    return views;
  }

  async show(index: number): Promise<RequestDetail> {
    const request = this.#request(index);
    const { what, reach, why } = await this.#part(index);
    const { act, of, subject } = request;
    const hash = hashOfWish({ act, of, subject, what });
    return { ...this.#view(request), what, reach: reach ?? null, why, hash };
  }

  /**
   * Asks for something.
   *
   * @throws {DocketError} `usage` without a reason, or for too much text; `request_conflict` where too many
   *   wait
   */
  async request(author: Author, wish: RequestWish): Promise<RequestDetail> {
    const { index } = await this.#ask(author, wish);
    return this.show(index);
  }

  /**
   * Approves a request: at level solo also one's own, which is marked `alone`.
   *
   * @throws {DocketError} `not_found`; `approval_needed` where another person must; `request_conflict` if it
   *   does not wait for it, or `hash` is given and is of something else
   */
  async approve(
    author: Author,
    index: number,
    { hash, why }: { hash?: string | undefined; why?: string | undefined } = {},
  ): Promise<RequestDetail> {
    const shown = await this.show(index);
    if (hash !== undefined && hash !== shown.hash) {
      throw conflict(`request ${index} asks for something else: its hash is ${shown.hash}`);
    }
    const request = this.#open(index);
    const { level, keys } = this.#ports.duties();
    const doubt = objection(level, request, author, keys);
    if (doubt !== undefined) throw new DocketError("approval_needed", `request ${index}: ${doubt}`);
    await this.#step(author, request, "approved", { alone: author.by === request.by, why });
    return this.show(index);
  }

  /** Refuses a request. @throws {DocketError} `not_found`, `request_conflict` */
  async refuse(author: Author, index: number, why?: string): Promise<RequestDetail> {
    await this.#step(author, this.#open(index), "refused", { why });
    return this.show(index);
  }

  /**
   * Takes one's own request back, also after it was approved; whoever has the data directory takes back any.
   *
   * @throws {DocketError} `not_found`, `approval_needed` for another's, `request_conflict`
   */
  async withdraw(author: Author, index: number, why?: string): Promise<RequestDetail> {
    const request = this.#open(index);
    if (author.by !== request.by && author.by !== "operator") {
      throw new DocketError("approval_needed", `request ${index} is another's: you can refuse it`);
    }
    await this.#step(author, request, "withdrawn", { why });
    return this.show(index);
  }

  /**
   * Uses an approved request up, once, for exactly what was approved.
   *
   * @param act carries it out, once the record that uses the request up is durable; if it fails, the request
   *   stays used, so it checks before what it can
   * @throws {DocketError} `not_found`; `approval_needed` while it waits; `request_conflict` if it is
   *   another's, of something else, not yet to be done, or over
   */
  async take<T>(
    author: Author,
    index: number,
    wish: Omit<RequestWish, "why" | "reach">,
    act: (taken: TakenRequest) => Promise<T>,
  ): Promise<T> {
    const { hash } = await this.show(index);
    // From here to the append nothing waits.
    const request = this.#open(index);
    if (request.by !== author.by) throw conflict(`request ${index} is another's, who does it`);
    if (hash !== hashOfWish(wish)) {
      throw conflict(`request ${index} was for something else; make a new one for this`);
    }
    const { duties, clock } = this.#ports;
    if (requestState(request, duties(), clock()) !== "approved") {
      throw new DocketError("approval_needed", `request ${index} waits for another person to approve it`);
    }
    const waitMs = doableAtMs(request) - clock();
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      throw conflict(
        `request ${index} was approved alone: it can be done in ${seconds} s, until then withdrawn`,
      );
    }
    await this.#step(author, request, "done");
    // A crash here leaves the request used and nothing done: it is asked for again.
    return act(takenOf(request));
  }

  /**
   * The one way of an act that takes a second person: does it where nobody else is needed, or makes a request
   * that waits; with the index of an approved request, does what was approved.
   *
   * @param of the request that was approved; `undefined` to begin
   * @param act carries it out; told nothing where no request was needed
   * @throws {DocketError} as {@link request} and {@link take}, and what `act` throws
   */
  async through<T>(
    author: Author,
    wish: RequestWish,
    of: number | undefined,
    act: (taken: TakenRequest | undefined) => Promise<T>,
  ): Promise<Outcome<T>> {
    let taken: TakenRequest | undefined;
    const carryOut = (request: TakenRequest): Promise<T> => act((taken = request));
    if (of !== undefined) return { done: await this.take(author, of, wish, carryOut), taken };
    // Where nobody else is needed, a reason is not either: the act's own record may ask for one.
    if (!this.need(wish.act)) return { done: await act(undefined), taken: undefined };
    const { index } = await this.#ask(author, wish);
    const request = this.#request(index);
    if (this.#ports.duties().level === "solo") await this.#step(author, request, "approved", { alone: true });
    const isNow = this.#stateOf(request) === "approved" && doableAtMs(request) <= this.#ports.clock();
    if (!isNow) return { waits: await this.show(index) };
    return { done: await this.take(author, index, wish, carryOut), taken };
  }

  async #ask(author: Author, wish: RequestWish): Promise<{ index: number }> {
    const part = requestPart(wish);
    const open = [...this.#requests.values()].filter(({ ended }) => ended === undefined).length;
    if (open >= openRequestsMax) throw conflict(`there are ${open} open requests already; settle some first`);
    const { act, of, subject } = wish;
    const { by, role } = author;
    const about = { ...(of === undefined ? {} : { of }), ...(subject === undefined ? {} : { subject }) };
    const body: BodyWithoutParts = { kind: "request", by, role, act, ...about };
    const { index } = await this.#ports.seal(body, [this.#sitePart(part)]);
    this.#parts.set(index, part);
    this.#ports.onRequest?.(
      `${by} (${role}) asks to ${requestActs[act].about}: docket request show ${index}`,
    );
    this.#schedule();
    return { index };
  }

  async #step(
    { by, role }: Author | { by: "docket"; role: string },
    request: Request,
    step: RequestStep,
    { alone = false, why }: { alone?: boolean; why?: string | undefined } = {},
  ): Promise<void> {
    const { index: of } = request;
    if (why !== undefined) checkReason(why);
    if (this.#busy.has(of)) throw conflict(`request ${of} is being settled; look at it again`);
    this.#busy.add(of);
    try {
      const parts = why === undefined ? [] : [this.#sitePart({ v: 1, why })];
      const said = alone ? { alone: true as const } : {};
      await this.#ports.seal({ kind: "request-step", by, role, of, step, ...said }, parts);
    } finally {
      this.#busy.delete(of);
    }
    if (request.ended !== undefined) this.#parts.delete(of);
    this.#schedule();
  }

  /** A request that is not over. */
  #open(index: number): Request {
    const request = this.#request(index);
    const state = this.#stateOf(request);
    if (this.#busy.has(index)) throw conflict(`request ${index} is being settled; look at it again`);
    if (state === "waiting" || state === "approved") return request;
    throw conflict(`request ${index} is over: ${state}`);
  }

  #request(index: number): Request {
    const request = this.#requests.get(index);
    if (request !== undefined) return request;
    throw new DocketError("not_found", `record ${index} is no request`);
  }

  async #part(index: number): Promise<RequestPart> {
    const known = this.#parts.get(index);
    if (known !== undefined) return known;
    const plaintext = await this.#ports.partOf(index);
    if (plaintext === undefined) {
      throw new DocketError("not_found", `what request ${index} was about is gone from the evidence`);
    }
    return readRequestPart(plaintext);
  }

  #view(request: Request): RequestView {
    return requestView(request, this.#ports.duties(), this.#ports.clock());
  }

  #stateOf(request: Request): RequestView["state"] {
    return requestState(request, this.#ports.duties(), this.#ports.clock());
  }

  #sitePart(part: object): PlainPart {
    return {
      name: "change",
      subject: "site",
      key: this.#ports.siteKey,
      plaintext: JSON.stringify(part),
    };
  }

  async #sealExpired(): Promise<void> {
    const now = this.#ports.clock();
    let failed = false;
    for (const request of this.#requests.values()) {
      if (request.ended !== undefined || now < expiresAtMs(request) || this.#busy.has(request.index))
        continue;
      try {
        await this.#step({ by: "docket", role: "docket" }, request, "expired");
      } catch (error) {
        failed = true;
        this.#ports.onFault?.(error);
      }
    }
    this.#schedule(failed ? retryMs : 0);
  }

  #schedule(leastMs = 0): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const ends = [...this.#requests.values()].filter(({ ended }) => ended === undefined).map(expiresAtMs);
    if (this.#closed || ends.length === 0) return;
    const nextMs = ends.reduce((a, b) => Math.min(a, b)) - this.#ports.clock();
    const ms = Math.min(Math.max(nextMs, leastMs), timerMsMax);
    this.#cancelTimer = this.#ports.timer(ms, () => void this.#sealExpired());
  }
}

function takenOf({ index, by, approvals }: Request): TakenRequest {
  // It is approved, so there is one.
  const last = approvals.at(-1) as Request["approvals"][number];
  return {
    index,
    approved: last.index,
    by,
    approvedBy: last.by,
    alone: approvals.every(({ alone }) => alone),
  };
}

function conflict(message: string): DocketError {
  return new DocketError("request_conflict", message);
}
