// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "./client.ts";
import { acceptedLanguages, answerToPoster, guard } from "./guard.ts";
import { guardRoute } from "./next.ts";

const reasons = [{ rule: "r", text: { en: "No spam.", de: "Kein Spam." } }];

test("what goes through is answered nothing, all else with a status that says what to do", () => {
  for (const outcome of ["allow", "flag"] as const) {
    assert.equal(answerToPoster({ outcome, sealed: true }), undefined);
  }
  const rejected = answerToPoster({ outcome: "reject", sealed: true, index: 7, reasons }, ["de-AT"]);
  assert.deepEqual(rejected, {
    status: 422,
    headers: {},
    body: { outcome: "reject", reasons: ["Kein Spam."], record: 7 },
  });
  const delayed = answerToPoster({ outcome: "delay", sealed: true, retryAfterMs: 1500 });
  assert.deepEqual(
    [delayed?.status, delayed?.headers, delayed?.body.retryAfterMs],
    [429, { "retry-after": "2" }, 1500],
  );
  assert.equal(answerToPoster({ outcome: "challenge", sealed: true })?.status, 403);
  const held = answerToPoster({ outcome: "hold", sealed: true, holdUntil: "2026-11-23T00:00:00.000Z" });
  assert.deepEqual([held?.status, held?.body.holdUntil], [202, "2026-11-23T00:00:00.000Z"]);
  assert.deepEqual(answerToPoster({ outcome: "reject", sealed: false })?.body, {
    outcome: "reject",
    reasons: [],
  });
});

test("reasons are told in the first language that there is", () => {
  assert.deepEqual(acceptedLanguages("fr;q=0.3, de-CH, *;q=0.1, en;q=0.7, it;q=0"), ["de-ch", "en", "fr"]);
  assert.deepEqual(acceptedLanguages(undefined), []);
  const told = (languages: string[], text: Record<string, string>): string | undefined =>
    answerToPoster({ outcome: "reject", sealed: true, reasons: [{ rule: "r", text }] }, languages)?.body
      .reasons[0];
  assert.equal(told(["fr", "de-ch"], { en: "No.", de: "Nein." }), "Nein.");
  assert.equal(told(["fr"], { en: "No.", de: "Nein." }), "No.");
  assert.equal(told(["fr"], { pl: "Nie." }), "Nie.");
});

test("a guard asks about what is an event, and may let through what is held", async () => {
  const client = { decide: async (): Promise<Answer> => ({ outcome: "hold", sealed: true }) };
  const event = (request: string): never => ({ id: request, type: "comment", actor: { id: "u" } }) as never;
  assert.equal((await guard("a", { client, event }))?.refusal?.status, 202);
  assert.equal((await guard("a", { client, event, passHeld: true }))?.refusal, undefined);
  assert.equal(await guard("a", { client, event: () => undefined }), undefined);
});

test("a route of Request and Response is called where the event goes through", async () => {
  const outcomes: Answer["outcome"][] = ["allow", "reject"];
  const client = {
    decide: async (): Promise<Answer> => ({ outcome: outcomes.shift() ?? "allow", sealed: true, reasons }),
  };
  const post = guardRoute(
    {
      client,
      event: async (request) => {
        const { text } = (await request.clone().json()) as { text: string };
        return { id: text, type: "comment", actor: { id: "u" }, content: { text } };
      },
    },
    async (request, answer) =>
      Response.json({ saved: await request.json(), outcome: answer?.outcome }, { status: 201 }),
  );
  const ask = (): Promise<Response> =>
    post(
      new Request("http://app.test/comments", {
        method: "POST",
        headers: { "accept-language": "de" },
        body: JSON.stringify({ text: "hello" }),
      }),
    );
  const saved = await ask();
  assert.deepEqual([saved.status, await saved.json()], [201, { saved: { text: "hello" }, outcome: "allow" }]);
  const refused = await ask();
  assert.deepEqual(
    [refused.status, await refused.json()],
    [422, { outcome: "reject", reasons: ["Kein Spam."] }],
  );
});
