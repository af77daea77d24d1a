// SPDX-License-Identifier: Apache-2.0
// A served log and its outside clocks: `openssl ts` and a Roughtime server on loopback, and one that hangs.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { opensslMissing, startAuthority } from "../src/anchors/testing/openssl-authority.ts";
import { startRoughtime } from "../src/anchors/testing/roughtime.ts";
import type { AnchorPage, AnchorRound } from "../src/anchors/contract.ts";
import { docket, postEvent, startServing } from "./testing/docket.ts";

const anchoredWithinMs = 60_000;

test("outside clocks stamp a served log; one that hangs delays no decision", async (t) => {
  const missing = opensslMissing();
  if (missing !== undefined) return t.skip(missing);
  const folder = mkdtempSync(join(tmpdir(), "docket-anchors-"));
  const data = join(folder, "data");
  const [one, dead] = [
    await startAuthority(join(folder, "one")),
    await startAuthority(join(folder, "dead"), "dead"),
  ];
  const rough = await startRoughtime();
  t.after(async () => {
    await Promise.all([one.close(), dead.close(), rough.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  dead.behave("hangs");
  assert.equal((await docket(["init", data])).code, 0);
  const roughtimeKey = Buffer.from(rough.key).toString("base64");
  writeFileSync(
    join(data, "docket.yaml"),
    `anchors:
  authorities:
    - { name: one, url: "${one.url}", roots: "${one.roots}" }
    - { name: dead, url: "${dead.url}", roots: "${dead.roots}" }
  roughtime:
    - { name: rough, address: "127.0.0.1:${rough.port}", key: "${roughtimeKey}" }
`,
  );
  const made = await docket(["apikey", "create", "--role", "admin", "--data", data, "--json"]);
  const { key } = JSON.parse(made.stdout) as { key: string };
  const server = await startServing(t, ["serve", "--data", data, "--listen", "127.0.0.1:0"]);
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const answer = await fetch(`${server.url}${path}`, { headers, ...init });
    assert.equal(answer.status, 200, path);
    return (await answer.json()) as T;
  };

  // On schedule: a log with records is stamped at once.
  let stamped: AnchorPage["anchors"] = [];
  for (let waitedMs = 0; waitedMs < anchoredWithinMs && stamped.length < 2; waitedMs += 100) {
    stamped = (await ask<AnchorPage>("/v1/anchors")).anchors;
    await sleep(100);
  }
  assert.deepEqual(stamped.map(({ name }) => name).sort(), ["one", "rough"]);
  for (const { size } of stamped) {
    assert.ok(existsSync(join(data, "sites/main/checkpoints", String(size))), "its checkpoint is kept");
  }

  const event = { id: "1", type: "comment", actor: { id: "alice" }, content: { text: "hello" } };
  const decision = await postEvent({ ...server, key }, event);
  assert.equal(decision.status, 200);
  const { index } = decision.body as { index: number };
  // On demand: what hangs is told as such, and waited for by nobody.
  let round = await ask<AnchorRound>("/v1/anchors", { method: "POST", body: "{}" });
  while (round.size <= index) round = await ask<AnchorRound>("/v1/anchors", { method: "POST", body: "{}" });
  assert.deepEqual(
    round.outcomes.filter(({ state }) => state === "anchored").map(({ name }) => name),
    ["one", "rough"],
  );
  assert.notEqual(round.outcomes.find(({ name }) => name === "dead")?.state, "anchored");
  const metrics = await (await fetch(`${server.url}/metrics`, { headers })).text();
  assert.match(metrics, /docket_anchor_age_seconds\{clock="one"\} \d/);
  assert.doesNotMatch(metrics, /docket_anchor_age_seconds\{clock="dead"\}/);

  const file = join(folder, "receipt.json");
  const remote = ["--url", server.url, "--api-key", key];
  const fetched = await docket(["receipt", String(index), ...remote, "--anchored", "-o", file]);
  assert.equal(fetched.code, 0, fetched.stderr);
  await server.stop();

  const trust = ["--key", join(data, "log.vkey"), "--tsa-roots", one.roots, "--roughtime", roughtimeKey];
  const verified = await docket(["verify", data, ...trust, "--record", String(index)]);
  assert.equal(verified.code, 0, verified.stdout);
  assert.match(verified.stdout, /^ok +anchors +\d+ stamps by (one, rough|rough, one)$/m);
  assert.match(
    verified.stdout,
    new RegExp(`^record ${index} was sealed: not before .* not after .* apart$`, "m"),
  );
  const receipt = await docket(["verify", file, ...trust]);
  assert.equal(receipt.code, 0, receipt.stdout);
  assert.match(receipt.stdout, new RegExp(`^record ${index} was sealed: not before .*, not after .*`, "m"));
});
