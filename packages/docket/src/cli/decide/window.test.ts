// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ProtocolError } from "@docket/protocol";
import type { Decision } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type { DecideRequest } from "../../intake/contract.ts";
import type { OrderedItem } from "./order.ts";
import { decideInOrder, windowEvents } from "./window.ts";
import type { Answer, WindowOptions } from "./window.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function items(count: number): OrderedItem[] {
  return Array.from({ length: count }, (_, place) => ({
    line: place + 1,
    event: { id: String(place), type: "comment", actor: { id: "a" } },
    decidedAtMs: place,
  }));
}

function decisionOf({ event, receivedMs }: DecideRequest): Decision {
  return {
    sealed: true,
    index: Number(event.id),
    repeat: false,
    outcome: "allow",
    rules: [],
    reasons: [],
    restrictions: [],
    decidedAt: new Date(receivedMs).toISOString(),
    release: "r",
  };
}

type Answers = { answers: Answer[]; options: WindowOptions; stop: AbortController };

function answersOf(decide: WindowOptions["decide"]): Answers {
  const answers: Answer[] = [];
  const stop = new AbortController();
  const onAnswer = (answer: Answer): void => {
    answers.push(answer);
  };
  return { answers, stop, options: { decide, receipts: false, onAnswer, stop: stop.signal, wait: turn } };
}

describe("many events at once", () => {
  test("are answered in their order, whatever order they end in; never more than the window", async () => {
    let underWay = 0;
    let most = 0;
    const { answers, options } = answersOf(async (request) => {
      most = Math.max(most, ++underWay);
      for (let turns = Number(request.event.id) % 3; turns > 0; turns--) await turn();
      underWay--;
      return decisionOf(request);
    });
    const count = windowEvents + 500;
    assert.equal(await decideInOrder(items(count), options), undefined);
    assert.deepEqual(
      answers.map((answer) => answer.line),
      items(count).map((item) => item.line),
    );
    assert.ok(most > 100 && most <= windowEvents, String(most));
  });

  test("are handed over as a file's, with the time to decide by", async () => {
    const requests: DecideRequest[] = [];
    const { options } = answersOf(async (request) => {
      requests.push(request);
      return decisionOf(request);
    });
    await decideInOrder(items(2), options);
    assert.deepEqual(
      requests.map(({ dryRun, by, source, receivedMs }) => ({ dryRun, by, source, receivedMs })),
      [0, 1].map((receivedMs) => ({ dryRun: false, by: "operator", source: "file", receivedMs })),
    );
  });

  test("are answered without waiting for a stream that pauses", async () => {
    const answered = Promise.withResolvers<void>();
    const { options } = answersOf(async (request) => decisionOf(request));
    async function* stream(): AsyncGenerator<OrderedItem> {
      yield* items(1);
      await answered.promise;
    }
    await decideInOrder(stream(), { ...options, onAnswer: () => answered.resolve() });
  });

  test("wait and keep their order where there is no room", async () => {
    const order: string[] = [];
    let refuse = true;
    const { answers, options } = answersOf(async (request) => {
      if (refuse && Number(request.event.id) >= 3) throw new DocketError("overloaded", "full");
      order.push(request.event.id);
      return decisionOf(request);
    });
    const wait = async (): Promise<void> => {
      refuse = false;
    };
    assert.equal(await decideInOrder(items(8), { ...options, wait }), undefined);
    assert.deepEqual(order, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert.deepEqual(
      answers.map((answer) => answer.line),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
  });
});

describe("an event that cannot be decided", () => {
  test("is answered with its error, and the others go on", async () => {
    const { answers, options } = answersOf(async (request) => {
      if (request.event.id === "1") throw new ProtocolError("event_id_conflict", "another body");
      return decisionOf(request);
    });
    const error = { code: "json_syntax" as const, message: "bad", remedy: "mend it" };
    await decideInOrder([...items(3), { line: 4, error }], options);
    assert.deepEqual(
      answers.map((answer) => ("error" in answer ? answer.error.code : "decided")),
      ["decided", "event_id_conflict", "decided", "json_syntax"],
    );
  });

  test("because the log takes no more ends the run, with the line", async () => {
    const { answers, options } = answersOf(async (request) => {
      await turn();
      if (Number(request.event.id) >= 2) throw new DocketError("sealing_failed", "no room on the disk");
      return decisionOf(request);
    });
    const fault = await decideInOrder(items(5000), options);
    assert.equal(fault?.line, 3);
    assert.equal(fault.error.code, "sealing_failed");
    assert.deepEqual(
      answers.map((answer) => answer.line),
      [1, 2],
    );
  });

  test("for a reason that nobody expects ends the run with that", async () => {
    const { options } = answersOf(async () => {
      throw new TypeError("a bug");
    });
    await assert.rejects(decideInOrder(items(10), options), /a bug/);
  });
});

test("a stop reads no further, finishes what is under way, and does not wait for the input", async () => {
  const { answers, options, stop } = answersOf(async (request) => {
    await turn();
    return decisionOf(request);
  });
  async function* endless(): AsyncGenerator<OrderedItem> {
    yield* items(10);
    stop.abort();
    await new Promise(() => undefined);
  }
  assert.equal(await decideInOrder(endless(), options), undefined);
  assert.deepEqual(
    answers.map((answer) => answer.line),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
});

test("an input that fails is reported after what is under way has ended", async () => {
  const { answers, options } = answersOf(async (request) => {
    await turn();
    return decisionOf(request);
  });
  async function* broken(): AsyncGenerator<OrderedItem> {
    yield* items(3);
    throw new DocketError("usage", "cannot be read to its end");
  }
  await assert.rejects(decideInOrder(broken(), options), /cannot be read to its end/);
  assert.equal(answers.length, 3);
});
