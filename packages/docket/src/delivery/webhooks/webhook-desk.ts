// SPDX-License-Identifier: Apache-2.0
// The endpoints that are told of changes and notices. Which there are says the log: each is made, changed and
// removed by a record, whose part holds its address. Secrets lie in the keys directory and nowhere else; how
// far an endpoint is, in a file of its own.
import { formatTime } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type { PlainPart, RandomBytes } from "../../evidence/seal.ts";
import { messageFamilies } from "./contract.ts";
import type {
  DeadLetter,
  Endpoint,
  EndpointProgress,
  MessageFamily,
  MessageSource,
  Post,
  ProgressStore,
  SecretStore,
} from "./contract.ts";
import { answerMsMax, Sender } from "./sender.ts";
import type { SenderStatus } from "./sender.ts";
import { newSecret, signedHeaders } from "./signature.ts";

/** Most endpoints of a site. */
export const endpointsMax = 20;
/** Longest address. */
export const urlLengthMax = 2048;
/** After a change of secrets messages are signed with the old one too for so long, in ms: a day. */
export const oldSecretMs = 86_400_000;
/** Secrets that sign at once. */
const secretsMax = 3;
const endpointIdBytes = 12;

/** Who acts. */
export type WebhookAuthor = { readonly by: string; readonly role: string };

/** What the desk leans on. */
export type WebhookDeskPorts = {
  readonly source: MessageSource;
  readonly post: Post;
  readonly secrets: SecretStore;
  readonly progress: ProgressStore;
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ readonly index: number }>;
  readonly partOf: (index: number) => Promise<string | undefined>;
  readonly siteKey: Uint8Array;
  readonly randomBytes: RandomBytes;
  readonly random: () => number;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Told what the operator should know: a sentence. */
  readonly onNotice: (notice: string) => void;
};

/** An endpoint, and how it fares. */
export type EndpointView = Endpoint & {
  secrets: { endsAt: string | null }[];
  status: SenderStatus;
};
/** What came of a message that only tried the endpoint. */
export type TestResult = { ok: boolean; status: number | null; why: string | null; ms: number };

type Described = { url: string; families: readonly MessageFamily[]; disabled: string | null };

/** The endpoints of a site. */
export class WebhookDesk {
  readonly #ports: WebhookDeskPorts;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #senders = new Map<string, Sender>();
  #started = false;
  /** Changes of endpoints, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(ports: WebhookDeskPorts) {
    this.#ports = ports;
  }

  /** Takes in the records of kind `webhook` that the log has, in its order. */
  async load(records: readonly DocketRecord[]): Promise<void> {
    const last = new Map<string, { added: number; index: number }>();
    for (const record of records) {
      if (record.kind !== "webhook") continue;
      if (record.change === "removed") last.delete(record.id);
      else last.set(record.id, { added: last.get(record.id)?.added ?? record.index, index: record.index });
    }
    for (const [id, { added, index }] of last) {
      const plaintext = await this.#ports.partOf(index);
      if (plaintext === undefined) continue;
      const { url, families, disabled } = JSON.parse(plaintext) as Described;
      this.#endpoints.set(id, { id, url, families, disabled, addedAt: added });
    }
  }

  /** Messages are sent from now on. */
  async start(): Promise<void> {
    this.#started = true;
    for (const endpoint of this.#endpoints.values()) await this.#send(endpoint);
  }

  /** There may be something new to send. */
  poke(): void {
    for (const sender of this.#senders.values()) sender.poke();
  }

  /** All endpoints. */
  async list(): Promise<EndpointView[]> {
    return Promise.all([...this.#endpoints.values()].map((endpoint) => this.#view(endpoint)));
  }

  /**
   * Adds an endpoint, which is told of what comes from then on. The secret is given this once.
   *
   * @throws {DocketError} `usage` for an address that is none, or too many endpoints
   */
  add(
    author: WebhookAuthor,
    wish: { url: string; families?: readonly MessageFamily[] | undefined },
  ): Promise<{ id: string; secret: string; index: number }> {
    return this.#inTurn(async () => {
      checkUrl(wish.url);
      if (this.#endpoints.size >= endpointsMax) {
        throw new DocketError("usage", `there are ${endpointsMax} webhooks already; remove one first`);
      }
      const { randomBytes, secrets, progress } = this.#ports;
      const id = `w_${randomBytes(endpointIdBytes).toString("base64url")}`;
      const secret = newSecret(randomBytes);
      const families = wish.families ?? messageFamilies;
      // Dying here leaves a secret of no endpoint behind, which nobody asks for.
      await secrets.keep(id, [{ secret, endsMs: null }]);
      const described: Described = { url: wish.url, families, disabled: null };
      const index = await this.#sealChange(author, "added", id, described);
      const endpoint: Endpoint = { id, ...described, addedAt: index };
      await progress.keep(id, freshProgress(index));
      this.#endpoints.set(id, endpoint);
      await this.#send(endpoint);
      return { id, secret, index };
    });
  }

  /** Removes an endpoint, its secrets, and how far it was. @throws {DocketError} `not_found` */
  remove(author: WebhookAuthor, id: string): Promise<{ index: number }> {
    return this.#inTurn(async () => {
      this.#endpoint(id);
      const { by, role } = author;
      const { index } = await this.#ports.seal({ kind: "webhook", by, role, change: "removed", id }, []);
      this.#endpoints.delete(id);
      await this.#stopSender(id);
      await this.#ports.secrets.remove(id);
      await this.#ports.progress.remove(id);
      return { index };
    });
  }

  /** Gives an endpoint a new secret; the old one signs too for a day. @throws {DocketError} `not_found` */
  rotate(author: WebhookAuthor, id: string): Promise<{ id: string; secret: string; index: number }> {
    return this.#inTurn(async () => {
      const endpoint = this.#endpoint(id);
      const { secrets, randomBytes, clock } = this.#ports;
      const endsMs = clock() + oldSecretMs;
      const before = await this.#valid(id);
      const older = before.map((each) => ({ ...each, endsMs: Math.min(each.endsMs ?? endsMs, endsMs) }));
      const secret = newSecret(randomBytes);
      await secrets.keep(id, [{ secret, endsMs: null }, ...older].slice(0, secretsMax));
      const index = await this.#sealChange(author, "changed", id, endpoint, "a new secret");
      return { id, secret, index };
    });
  }

  /** Switches an endpoint off or on again; nothing is lost meanwhile. @throws {DocketError} `not_found` */
  switch(author: WebhookAuthor, id: string, disabled: string | null): Promise<{ index: number }> {
    return this.#inTurn(async () => {
      const endpoint = { ...this.#endpoint(id), disabled };
      const index = await this.#sealChange(author, "changed", id, endpoint);
      this.#endpoints.set(id, endpoint);
      await this.#stopSender(id);
      await this.#send(endpoint);
      return { index };
    });
  }

  /** Sends a message that says nothing, and tells what came back. @throws {DocketError} `not_found` */
  async test(id: string): Promise<TestResult> {
    const { url } = this.#endpoint(id);
    const { clock, post, randomBytes } = this.#ports;
    const startMs = clock();
    const message = `msg_test_${randomBytes(endpointIdBytes).toString("base64url")}`;
    const body = JSON.stringify({ type: "webhook.test", timestamp: formatTime(startMs), data: {} });
    const secrets = (await this.#valid(id)).map(({ secret }) => secret);
    const headers = signedHeaders(message, startMs, body, secrets);
    try {
      const { status } = await post({ url, headers, body, timeoutMs: answerMsMax });
      const ok = status >= 200 && status < 300;
      return { ok, status, why: ok ? null : `it answered ${status}`, ms: clock() - startMs };
    } catch {
      return { ok: false, status: null, why: "it did not answer", ms: clock() - startMs };
    }
  }

  /** Forgets messages about these actors: nobody can be told anything any more. Durable when it resolves. */
  async forget(actors: ReadonlySet<string>): Promise<void> {
    await this.#inTurn(async () => {
      for (const sender of this.#senders.values()) await sender.forget(actors);
      for (const id of this.#endpoints.keys()) {
        if (!this.#senders.has(id)) await this.#forgetKept(id, actors);
      }
    });
  }

  /** Messages that were given up. @throws {DocketError} `not_found` */
  async dead(id: string): Promise<readonly DeadLetter[]> {
    this.#endpoint(id);
    return this.#senders.get(id)?.dead ?? (await this.#ports.progress.read(id))?.dead ?? [];
  }

  /**
   * Sends messages again: those that were given up, or everything after a record.
   *
   * @throws {DocketError} `not_found`; `usage` where messages that were given up are to go out and none are
   *   sent here
   */
  replay(
    id: string,
    wish: { after?: number | undefined; ids?: readonly string[] | undefined },
  ): Promise<number> {
    return this.#inTurn(async () => {
      const endpoint = this.#endpoint(id);
      const { after, ids } = wish;
      if (after === undefined) {
        const sender = this.#senders.get(id);
        if (sender === undefined) {
          throw new DocketError("usage", "only a server sends; ask the one that runs, with --url");
        }
        return sender.replay(ids === undefined ? undefined : new Set(ids));
      }
      const dead = await this.dead(id);
      await this.#stopSender(id);
      await this.#ports.progress.keep(id, { ...freshProgress(after), dead });
      await this.#send(endpoint);
      return 0;
    });
  }

  /** For metrics: endpoints, those off or in trouble; messages that wait, were given up, or delivered. */
  figures(): { endpoints: number; troubled: number; waiting: number; dead: number; delivered: number } {
    const all = [...this.#senders.values()].map((sender) => sender.status());
    const off = [...this.#endpoints.values()].filter(({ disabled }) => disabled !== null).length;
    const sum = (pick: (status: SenderStatus) => number): number =>
      all.reduce((total, status) => total + pick(status), 0);
    return {
      endpoints: this.#endpoints.size,
      troubled: off + all.filter(({ trouble }) => trouble !== null).length,
      waiting: sum(({ waiting }) => waiting),
      dead: sum(({ dead }) => dead),
      delivered: sum(({ delivered }) => delivered),
    };
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => undefined);
    this.#started = false;
    await Promise.all([...this.#senders.keys()].map((id) => this.#stopSender(id)));
  }

  async #forgetKept(id: string, actors: ReadonlySet<string>): Promise<void> {
    const kept = await this.#ports.progress.read(id);
    if (kept?.dead.some(({ about }) => actors.has(about)) !== true) return;
    await this.#ports.progress.keep(id, {
      ...kept,
      dead: kept.dead.filter(({ about }) => !actors.has(about)),
    });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.catch(() => undefined).then(act);
    this.#turn = done;
    return done;
  }

  #endpoint(id: string): Endpoint {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) throw new DocketError("not_found", `there is no webhook ${id}`);
    return endpoint;
  }

  async #view(endpoint: Endpoint): Promise<EndpointView> {
    const { id } = endpoint;
    const secrets = (await this.#valid(id)).map(({ endsMs }) => ({
      endsAt: endsMs === null ? null : formatTime(endsMs),
    }));
    const status = this.#senders.get(id)?.status() ?? (await this.#restingStatus(id));
    return { ...endpoint, secrets, status };
  }

  async #restingStatus(id: string): Promise<SenderStatus> {
    const { cursor, dead } = (await this.#ports.progress.read(id)) ?? freshProgress(-1);
    const none = { waiting: 0, delivered: 0, failed: 0, trouble: null, nextTryAt: null };
    return { cursor, dead: dead.length, ...none };
  }

  async #valid(id: string): Promise<{ secret: string; endsMs: number | null }[]> {
    const nowMs = this.#ports.clock();
    const all = await this.#ports.secrets.read(id);
    return all.filter(({ endsMs }) => endsMs === null || endsMs > nowMs);
  }

  async #sealChange(
    { by, role }: WebhookAuthor,
    change: "added" | "changed",
    id: string,
    { url, families, disabled }: Described,
    why?: string,
  ): Promise<number> {
    const plaintext = JSON.stringify({
      v: 1,
      url,
      families,
      disabled,
      ...(why === undefined ? {} : { why }),
    });
    const part: PlainPart = { name: "change", subject: "site", key: this.#ports.siteKey, plaintext };
    return (await this.#ports.seal({ kind: "webhook", by, role, change, id }, [part])).index;
  }

  async #send(endpoint: Endpoint): Promise<void> {
    const { id, addedAt, disabled } = endpoint;
    if (!this.#started || disabled !== null) return;
    const { progress, source, post, clock, random, timer } = this.#ports;
    const sender = new Sender(endpoint, (await progress.read(id)) ?? freshProgress(addedAt), {
      source,
      post,
      clock,
      random,
      timer,
      secrets: async () => (await this.#valid(id)).map(({ secret }) => secret),
      keep: (each) => progress.keep(id, each),
      onOff: (why) => this.#switchedOff(id, why),
    });
    this.#senders.set(id, sender);
    sender.poke();
  }

  // The receiver wants no more, or nobody was there for days: it is on record, and a person switches it on.
  #switchedOff(id: string, why: string): void {
    this.#ports.onNotice(`nothing is sent to webhook ${id} any more: ${why}; docket webhooks enable ${id}`);
    this.switch({ by: "docket", role: "docket" }, id, why).catch((error: unknown) => {
      this.#ports.onNotice(`that webhook ${id} is off could not be sealed: ${(error as Error).message}`);
    });
  }

  async #stopSender(id: string): Promise<void> {
    const sender = this.#senders.get(id);
    this.#senders.delete(id);
    await sender?.stop();
  }
}

function freshProgress(cursor: number): EndpointProgress {
  return { v: 1, cursor, done: [], dead: [] };
}

// The address is shown to whoever may list webhooks, so it may hold no password.
function checkUrl(url: string): void {
  const parsed = url.length <= urlLengthMax && URL.canParse(url) ? new URL(url) : undefined;
  const sound =
    parsed !== undefined &&
    (parsed.protocol === "https:" || parsed.protocol === "http:") &&
    parsed.username === "" &&
    parsed.password === "" &&
    parsed.hash === "";
  if (sound) return;
  throw new DocketError("usage", "a webhook's address is an http or https URL without name, password or #");
}
