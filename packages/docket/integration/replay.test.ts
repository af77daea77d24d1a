// SPDX-License-Identifier: Apache-2.0
// The short form of the replay campaign (`npm run campaign:replay` is the long one), and the commands.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import {
  campaignPolicies,
  decideStream,
  replayChangedFiles,
  replayErased,
  replayForged,
  replaySame,
  shortForm,
  streamName,
} from "../../../tools/campaigns/replay/campaign.ts";
import type { ReplayWorld } from "../../../tools/campaigns/replay/campaign.ts";
import { seededRandom } from "../../../tools/campaigns/seeded-random.ts";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { docket, postEvent, startServer } from "./testing/docket.ts";

test("decisions replay after kills and erasure; what is forged or changed is found", async (t) => {
  const stream = sharedPath(streamName);
  if (stream === undefined) {
    t.skip(skipReason(streamName));
    return;
  }
  const seed = process.env["DOCKET_SEED"] ?? String(Date.now());
  t.diagnostic(`seed ${seed}`);
  const world: ReplayWorld = {
    directory: temporary(t),
    stream,
    ...campaignPolicies,
    random: seededRandom(seed),
    say: (text) => t.diagnostic(text),
  };
  const data = await decideStream(world, shortForm);
  const rows = [
    await replaySame("as it was decided", data),
    await replayErased(world, data),
    ...(await replayChangedFiles(world, data, shortForm)),
    await replayForged(world, shortForm),
  ];
  for (const { check, wrong } of rows) assert.deepEqual(wrong, [], check);
});

test("a decision is explained to each reader, from a directory and by a server", async (t) => {
  const data = join(temporary(t), "data");
  const server = await startServer(t, ["--data", data]);
  const event = {
    id: "e1",
    type: "comment",
    actor: { id: "u1" },
    content: { text: "FREE PSN CODES at http://codes.example/now" },
  };
  const { body } = await postEvent(server, event);
  const { index } = body as { index: number };
  const made = await docket(["apikey", "create", "--role", "ingest", "--data", data]);
  const ingest = /dk_[A-Za-z0-9_-]{43}/.exec(made.stdout)?.[0] ?? "";
  const asked = ["explain", String(index), "--url", server.url];

  const analyst = await docket([...asked, "--api-key", server.key]);
  assert.equal(analyst.code, 0, analyst.stderr);
  assert.match(analyst.stdout, /comments\/free-codes: rejects, 1 strike/);
  assert.match(analyst.stdout, /the value is personal and not shown here/);
  assert.doesNotMatch(analyst.stdout, /codes\.example/);

  const user = await docket([...asked, "--api-key", server.key, "--for", "user", "--lang", "de"]);
  assert.match(user.stdout, /^Dein Beitrag wurde abgelehnt\./);
  assert.doesNotMatch(user.stdout, /free-codes|Punkte/);

  const opened = await docket([...asked, "--api-key", server.key, "--evidence", "dispute 1", "--json"]);
  const { evidence } = JSON.parse(opened.stdout) as { evidence: { content: { text: string } } };
  assert.equal(evidence.content.text, event.content.text);

  // The server takes a new key in within two seconds.
  let answered = await explanationFor(server.url, index, ingest);
  for (let tries = 0; answered.status === 401 && tries < 60; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    answered = await explanationFor(server.url, index, ingest);
  }
  assert.equal(answered.status, 200);
  assert.equal((answered.body as { format: string }).format, "docket-explanation-user/v1");
  assert.equal((await explanationFor(server.url, index, ingest, "?for=analyst")).status, 403);
  assert.equal((await explanationFor(server.url, index, server.key, "?lang=fr")).status, 400);
  assert.equal((await explanationFor(server.url, 0, server.key)).status, 404);

  // Beside the server that runs: its records replay, with the opening and the key among them.
  const beside = await docket(["replay", "--data", data, "--evidence"]);
  assert.equal(beside.code, 0, beside.stdout);
  assert.equal(await server.stop(), 0);
  const offline = await docket(["explain", String(index), "--data", data]);
  assert.match(offline.stdout, /comments\/free-codes: rejects, 1 strike/);
  const shown = await docket(["replay", "--data", data, "--from", "0", "--to", "1"]);
  assert.equal(shown.code, 0, shown.stderr);
  assert.equal((await docket(["replay", "--data", data, "--from", "9999"])).code, 2);
});

async function explanationFor(
  url: string,
  index: number,
  key: string,
  query = "",
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/v1/decisions/${index}/explanation${query}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: response.status, body: await response.json() };
}

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-replay-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
