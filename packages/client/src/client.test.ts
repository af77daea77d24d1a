// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { errorTable } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import { batchEventsMax, DocketClient, passingCodes } from "./client.ts";
import type { ClientFault, ClientOptions, Spool, SpooledEvent } from "./client.ts";
import { DocketApiError, DocketUnreachableError, DocketUsageError } from "./errors.ts";

const event: Event = { id: "e1", type: "comment", actor: { id: "u1" }, content: { text: "hello" } };
const decision = { sealed: true, index: 7, repeat: false, outcome: "allow", rules: [], reasons: [] };

type Asked = { url: string; body: string; headers: Headers };
/** A server whose answers the test gives, in order; the last one goes on for ever. */
class Server {
  readonly asked: Asked[] = [];
  readonly waits: number[] = [];
  nowMs = 1_000_000;
  readonly #answers: (() => Response | Promise<Response>)[];

  constructor(...answers: (() => Response | Promise<Response>)[]) {
    this.#answers = answers;
  }

  client(over: Partial<ClientOptions> = {}): DocketClient {
    return new DocketClient({
      url: "http://docket.test/",
      apiKey: "dk_secret",
      timeoutMs: 2500,
      fallback: { signup: "hold", "*": "allow" },
      ...over,
      ports: {
        fetch: async (url, init) => {
          const { body, headers } = init ?? {};
          this.asked.push({
            url: url instanceof URL ? url.href : "",
            body: typeof body === "string" ? body : "",
            headers: new Headers(headers),
          });
          const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
          return (answer as () => Response)();
        },
        clock: () => this.nowMs,
        random: () => 0.5,
        wait: async (ms) => {
          this.waits.push(ms);
          this.nowMs += ms;
        },
      },
    });
  }
}

const decided = (): Response => Response.json(decision);
const failing =
  (status: number, code: string, headers: Record<string, string> = {}) =>
  (): Response =>
    Response.json({ error: { code, message: "no", remedy: "" } }, { status, headers });
const away = (): Promise<Response> => Promise.reject(new TypeError("fetch failed"));

class MemorySpool implements Spool {
  held: SpooledEvent[] = [];
  full = false;

  async append(spooled: SpooledEvent): Promise<void> {
    if (this.full) throw new Error("the disk is full");
    this.held.push(spooled);
  }

  async drain(deliver: (events: readonly SpooledEvent[]) => Promise<void>): Promise<void> {
    while (this.held.length > 0) {
      const some = this.held.slice(0, 2);
      await deliver(some);
      this.held = this.held.slice(some.length);
    }
  }

  async close(): Promise<void> {}
}

test("a decision is asked for with the key, and answered as it is", async () => {
  const server = new Server(decided);
  assert.deepEqual(await server.client().decide(event), decision);
  const [asked] = server.asked;
  assert.equal(asked?.url, "http://docket.test/v1/decisions");
  assert.equal(asked?.headers.get("authorization"), "Bearer dk_secret");
  assert.deepEqual(JSON.parse(asked?.body ?? ""), event);
});

test("what may pass by itself is asked again, the same, and no longer than there is time", async () => {
  const busy = failing(503, "overloaded", { "retry-after": "1" });
  const server = new Server(away, busy, decided);
  assert.deepEqual(await server.client().decide(event), decision);
  assert.deepEqual(server.waits, [25, 1000]);
  assert.equal(new Set(server.asked.map(({ body }) => body)).size, 1);

  const slow = new Server(busy);
  const answer = await slow.client({ retries: 9 }).decide(event);
  assert.equal(answer.outcome, "allow");
  assert.deepEqual(slow.waits, [1000, 1000], "a third would be over the 2.5 s");
  assert.match(answer.fallback?.why ?? "", /^overloaded: no$/);
});

test("with nobody there, the app goes on with what it chose, and the answer says so", async () => {
  const client = new Server(away).client();
  const comment = await client.decide(event);
  assert.deepEqual([comment.outcome, comment.sealed, comment.fallback?.spooled], ["allow", false, false]);
  assert.equal((await client.decide({ ...event, type: "signup" })).outcome, "hold");
  const page = new Server(() => new Response("<html>502</html>", { status: 502 })).client();
  assert.equal((await page.decide(event)).outcome, "allow");
});

test("what only the app can mend is thrown", async () => {
  for (const [status, code] of [
    [400, "schema_mismatch"],
    [401, "unauthenticated"],
    [409, "event_id_conflict"],
  ] as const) {
    const server = new Server(failing(status, code));
    await assert.rejects(server.client().decide(event), (error) => {
      assert.ok(error instanceof DocketApiError);
      assert.deepEqual([error.status, error.code], [status, code]);
      assert.ok(!error.message.includes("dk_secret"));
      return true;
    });
    assert.equal(server.asked.length, 1, "asking again would not help");
  }
});

test("calls that have no fallback say that nobody answered", async () => {
  await assert.rejects(new Server(away).client().standing("u 1/2"), DocketUnreachableError);
  const server = new Server(() => Response.json({ actor: null }));
  await server.client().standing("u 1/2");
  assert.equal(server.asked[0]?.url, "http://docket.test/v1/actors/u%201%2F2/standing");
});

test("a client without a fallback or a time is refused", () => {
  const fine = {
    url: "http://docket.test",
    apiKey: "dk_a",
    timeoutMs: 1,
    fallback: { "*": "allow" },
  } as const;
  for (const wrong of [
    { fallback: { comment: "allow" } },
    { fallback: { "*": "flag" } },
    { timeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { url: "docket.test" },
    { apiKey: "" },
  ]) {
    assert.throws(() => new DocketClient({ ...fine, ...wrong } as ClientOptions), DocketUsageError);
  }
});

/** Answers a batch, each line by its event. */
function batch(server: Server, each: (event: Event) => object, cut = false): () => Response {
  return () => {
    const lines = (server.asked.at(-1)?.body ?? "").trim().split("\n");
    const answers = lines.map((line, place) => ({ line: place + 1, ...each(JSON.parse(line) as Event) }));
    const all = cut ? answers.slice(1) : [...answers, { end: true, lines: lines.length }];
    return new Response(all.map((answer) => `${JSON.stringify(answer)}\n`).join(""));
  };
}

test("many events go in batches, and are answered in their order", async () => {
  const events = Array.from({ length: batchEventsMax + 3 }, (_, place) => ({ ...event, id: `e${place}` }));
  const server = new Server(() => respond());
  const respond = batch(server, ({ id }) => {
    if (id === "e2") return { error: { code: "schema_mismatch", message: "no" } };
    if (id === "e4") return { error: { code: "overloaded", message: "later" } };
    return { decision: { ...decision, index: Number(id.slice(1)) } };
  });
  const answers = await server.client().decideMany(events);
  assert.equal(server.asked.length, 2);
  assert.equal(answers.length, events.length);
  for (const [place, answer] of answers.entries()) {
    if (place === 2) assert.ok("error" in answer && answer.error.code === "schema_mismatch");
    else if (place === 4) assert.ok("answer" in answer && answer.answer.fallback !== undefined);
    else assert.ok("answer" in answer && answer.answer.index === place, String(place));
  }
});

test("an answer to a batch that is cut short counts for nothing", async () => {
  const server = new Server(() => respond());
  const respond = batch(server, () => ({ decision }), true);
  const answers = await server.client({ retries: 0 }).decideMany([event, { ...event, id: "e2" }]);
  assert.ok(answers.every((answer) => "answer" in answer && answer.answer.fallback !== undefined));
});

test("decisions that are asked for at once go in one request, where that is wished", async () => {
  const server = new Server(() => respond());
  const respond = batch(server, ({ id }) =>
    id === "bad" ? { error: { code: "schema_mismatch", message: "no" } } : { decision },
  );
  const client = server.client({ gatherMs: 1 });
  const asked = ["a", "b", "bad"].map((id) => client.decide({ ...event, id }));
  assert.deepEqual(await Promise.allSettled(asked).then((all) => all.map(({ status }) => status)), [
    "fulfilled",
    "fulfilled",
    "rejected",
  ]);
  assert.equal(server.asked.length, 1);
  assert.match(server.asked[0]?.url ?? "", /batch$/);
});

test("events wait in the spool until they can be decided; what can't be is told", async () => {
  const spool = new MemorySpool();
  const faults: ClientFault[] = [];
  const onFault = (fault: ClientFault): void => void faults.push(fault);
  const options = { spool, retries: 0, onFault };
  const out = new Server(away).client(options);
  for (const id of ["a", "b", "bad", "c"]) {
    const answer = await out.decide({ ...event, id });
    assert.deepEqual([answer.outcome, answer.fallback?.spooled], ["allow", true]);
  }
  await out.drain();
  assert.equal(spool.held.length, 4, "nobody is there");
  assert.equal(faults.length, 0);

  const server = new Server(() => respond());
  const respond = batch(server, ({ id }) =>
    id === "bad" ? { error: { code: "schema_mismatch", message: "no" } } : { decision },
  );
  const back = server.client(options);
  await Promise.all([back.drain(), back.drain()]);
  assert.deepEqual(spool.held, []);
  assert.equal(server.asked.length, 2);
  assert.ok(server.asked.every(({ url }) => url.endsWith("/v1/decisions/batch?late=true")));
  assert.deepEqual(
    faults.map((fault: ClientFault) => [fault.kind, fault.event?.id]),
    [["refusedLater", "bad"]],
  );
  await Promise.all([out.close(), back.close()]);
});

test("an event that could not be kept is told, and the app goes on", async () => {
  const spool = new MemorySpool();
  spool.full = true;
  const faults: ClientFault[] = [];
  const client = new Server(away).client({ spool, retries: 0, onFault: (fault) => faults.push(fault) });
  const answer = await client.decide(event);
  assert.deepEqual([answer.outcome, answer.fallback?.spooled], ["allow", false]);
  assert.deepEqual(
    faults.map(({ kind, message }) => [kind, message]),
    [["notSpooled", "the disk is full"]],
  );
  await client.close();
});

test("codes of lines that may pass by themselves are those of the server's table", () => {
  const passing = [...passingCodes];
  for (const code of passing) {
    const { status } = errorTable[code as keyof typeof errorTable];
    assert.ok(status === 429 || status >= 500, code);
  }
  for (const code of ["overloaded", "sealing_unknown", "sealing_failed", "log_closed", "internal"]) {
    assert.ok(passingCodes.has(code), code);
  }
});
