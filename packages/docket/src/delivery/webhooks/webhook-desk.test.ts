// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { DeliveryWorld } from "../testing/delivery-world.ts";
import type { WebhookDesk } from "./webhook-desk.ts";
import { endpointsMax } from "./webhook-desk.ts";

const operator = { by: "operator", role: "operator" } as const;

async function open(): Promise<{ world: DeliveryWorld; webhooks: WebhookDesk }> {
  const world = new DeliveryWorld(Date.UTC(2026, 10, 23, 12));
  await world.ready;
  return { world, webhooks: world.delivery.webhooks ?? assert.fail() };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < 1000 && !holds(); turns++) await turn();
  assert.ok(holds());
}

test("an endpoint is told of what comes after it was added, in the order of the log", async () => {
  const { world, webhooks } = await open();
  await webhooks.start();
  await webhooks.add(operator, { url: "https://app.example/hooks" });
  const event = { id: "e1", type: "comment", actor: { id: "bob" }, content: { id: "c1", text: "spam" } };
  const row = await world.log.decide(event, "reject", `a_${"b".repeat(22)}`, { late: true });
  world.delivery.takeDecision(row);
  await until(() => world.posted.length === 2);
  const types = world.posted.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  assert.deepEqual(types, ["change.removed", "notice.removal"]);
  const ids = world.posted.map(({ headers }) => headers["webhook-id"]);
  assert.ok(ids.every((id) => /^msg_[0-9a-f]{8}_\d+_\d+$/.test(id ?? "")));
  // Back to the beginning: what was before is told too, under ids of its own.
  await webhooks.replay((await webhooks.list())[0]?.id ?? "", { after: -1 });
  await until(() => world.posted.length === 6);
  const again = new Set(world.posted.map(({ headers }) => headers["webhook-id"]));
  assert.equal(again.size, 4);
  await webhooks.close();
});

test("an endpoint that is gone is switched off by Docket, on record, and goes on where it was", async () => {
  const { world, webhooks } = await open();
  await webhooks.start();
  const { id } = await webhooks.add(operator, { url: "https://app.example/hooks", families: ["notice"] });
  world.answerStatus = 410;
  const event = { id: "e1", type: "comment", actor: { id: "bob" }, content: { id: "c1" } };
  world.delivery.takeDecision(await world.log.decide(event, "reject", `a_${"b".repeat(22)}`));
  await until(
    () => world.log.records.at(-1)?.kind === "webhook" && world.log.records.at(-1)?.by === "docket",
  );
  const [off] = await webhooks.list();
  assert.equal(off?.disabled, "it answered 410 Gone");
  assert.equal(webhooks.figures().troubled, 1);
  world.answerStatus = 200;
  await webhooks.switch(operator, id, null);
  await until(() => world.posted.length === 2);
  const ids = world.posted.map(({ headers }) => headers["webhook-id"]);
  assert.equal(ids[0], ids[1]);
  await webhooks.close();
});

test("an old secret signs for a day, and no longer; there are so many endpoints and no more", async () => {
  const { world, webhooks } = await open();
  const { id } = await webhooks.add(operator, { url: "https://app.example/hooks" });
  await webhooks.rotate(operator, id);
  await webhooks.rotate(operator, id);
  await webhooks.test(id);
  assert.equal(world.posted.at(-1)?.headers["webhook-signature"]?.split(" ").length, 3);
  world.log.nowMs += 86_400_001;
  await webhooks.test(id);
  assert.equal(world.posted.at(-1)?.headers["webhook-signature"]?.split(" ").length, 1);
  for (let more = 1; more < endpointsMax; more++) {
    await webhooks.add(operator, { url: `https://app.example/${more}` });
  }
  await assert.rejects(webhooks.add(operator, { url: "https://app.example/one-more" }), { code: "usage" });
  // No record shows an address to whoever reads the log.
  assert.ok(world.log.records.every((record) => !JSON.stringify(record).includes("app.example")));
});
