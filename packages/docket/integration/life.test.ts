// SPDX-License-Identifier: Apache-2.0
// A scripted life, over HTTP, among the comments of a real stream: a spammer is flagged, warned, throttled
// and suspended; the app says what it did; the user objects with the dispute token alone; somebody else
// overturns; everything that followed is undone; and whoever doubts it checks the log, the replay and the
// case file.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { docket, startServer } from "./testing/docket.ts";
import type { RunningServer } from "./testing/docket.ts";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";

const policy = `policy: comments
on: [comment]
rules:
  - id: my-channel
    when: signals.normalised.contains("my channel")
    then: { outcome: flag, strike: 1 }
    reason: { en: It advertises a channel., de: Es wirbt für einen Kanal. }
  - id: free-stuff
    when: signals.linkCount >= 1 && signals.normalised.contains("free")
    then: { outcome: reject, strike: 1 }
    reason: { en: It offers something for free behind a link., de: Es verspricht etwas hinter einem Link. }
    disclose: [signals.linkCount]
  - id: cheap-goods
    when: signals.linkCount >= 1 && signals.normalised.contains("cheap")
    then: { outcome: reject, strike: 1 }
    reason: { en: It offers cheap goods behind a link., de: Es bietet billige Ware hinter einem Link an. }
ladder:
  - { strikes: 1, within: 7d, then: { warn: true } }
  - { strikes: 2, within: 7d, then: { throttle: { rate: 1/m, for: 1h } } }
  - { strikes: 3, within: 7d, then: { suspend: 24h } }
`;

const texts = {
  flagged: "Hello guys, come and look at my channel, I sing there every day",
  disputed: "The museum is free on Sundays, see https://museum.example/visit for the hours",
  third: "cheap watches cheap bags at https://goods.example",
  refused: "I only wanted to say thanks for the song",
  after: "Thank you all, it was a mistake after all",
};
const author = "spammer-or-not";

type Json = Record<string, unknown>;
/** A caller of the API: a server, and the key or token that is shown to it. */
type Caller = {
  get: <T = Json>(path: string) => Promise<T>;
  post: <T = Json>(path: string, body: object) => Promise<T>;
  refused: (path: string, body: object) => Promise<string>;
  /** Has many events decided: how many were, and how many could not be. */
  batch: (lines: readonly string[]) => Promise<{ lines: number; errors: number }>;
};

function callerOf(server: RunningServer, bearer: string): Caller {
  const ask = async (path: string, body?: object): Promise<{ status: number; answer: Json }> => {
    const response = await fetch(`${server.url}/v1/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: (await response.json()) as Json };
  };
  const fine = async <T>(path: string, body?: object): Promise<T> => {
    const { status, answer } = await ask(path, body);
    assert.equal(status, 200, `${path}: ${JSON.stringify(answer)}`);
    return answer as T;
  };
  const batch: Caller["batch"] = async (lines) => {
    const response = await fetch(`${server.url}/v1/decisions/batch`, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/x-ndjson" },
      body: lines.map((line) => `${line}\n`).join(""),
    });
    const answers = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Json);
    assert.equal(answers.pop()?.["end"], true);
    return { lines: answers.length, errors: answers.filter((answer) => "error" in answer).length };
  };
  return {
    batch,
    get: (path) => fine(path),
    post: (path, body) => fine(path, body),
    refused: async (path, body) => {
      const { answer } = await ask(path, body);
      return (answer["error"] as { code?: string } | undefined)?.code ?? "it was not refused";
    },
  };
}

/** A server with that policy, its data directory, and callers in their roles. */
async function setUp(t: TestContext): Promise<{
  folder: string;
  data: string;
  server: RunningServer;
  app: Caller;
  first: Caller;
  second: Caller;
  admin: Caller;
}> {
  const folder = mkdtempSync(join(tmpdir(), "docket-life-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  await succeeds("init", data);
  const policies = join(data, "policy");
  for (const name of readdirSync(policies)) rmSync(join(policies, name), { recursive: true });
  writeFileSync(join(policies, "comments.yaml"), policy);
  const server = await startServer(t, ["--data", data]);
  const callerIn = async (role: string): Promise<Caller> => {
    const made = await succeeds("apikey", "create", "--data", data, "--role", role, "--json");
    const caller = callerOf(server, (JSON.parse(made) as { key: string }).key);
    // A key works once its record is sealed.
    await until(async () => (await caller.refused("labels", {})) !== "unauthenticated");
    return caller;
  };
  return {
    folder,
    data,
    server,
    app: await callerIn("ingest"),
    first: await callerIn("reviewer"),
    second: await callerIn("reviewer"),
    admin: callerOf(server, server.key),
  };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isSo()) return;
    await sleep(50);
  }
  assert.fail("it did not come to be so");
}

async function succeeds(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await docket(words);
  assert.equal(code, 0, `docket ${words.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

const labelledName = "data/comments-youtube/data.jsonl";
const streamName = "data/comments-youtube-stream/data.jsonl.gz";
/** Comments of the stream that come in between; all 35,632 of them take minutes. */
const streamed = Number(process.env["DOCKET_LIFE_COMMENTS"] ?? "900");

type Comment = { event: { id: string } & Json; spam: boolean };

/** Comments of other people as they came, a line for each, which the app reports in between. */
function streamLines(count: number): string[] {
  const path = sharedPath(streamName);
  if (path === undefined) return [];
  const rows = gunzipSync(readFileSync(path)).toString("utf8").split("\n", count);
  return rows.map((row) => {
    const { id, author: name, group, text } = JSON.parse(row) as StreamRow;
    const content = { id: `c-${id}`, group, text };
    return JSON.stringify({ id, type: "comment", actor: { id: `real-${name}` }, content });
  });
}

type StreamRow = { id: string; author: string; group: string; text: string };

/** Comments of which somebody said what they are: for the classifier's next version. */
function labelledComments(count: number): Comment[] {
  const path = sharedPath(labelledName);
  if (path === undefined) return [];
  const rows = readFileSync(path, "utf8").trim().split("\n");
  const stride = Math.floor(rows.length / count);
  return Array.from({ length: count }, (_, place) => {
    const { id, author: name, text, label } = JSON.parse(rows[place * stride] ?? "") as Row;
    const content = { id: `c-${id}`, text };
    return {
      event: { id, type: "comment", actor: { id: `real-${name}`.slice(0, 200) }, content },
      spam: label === "spam",
    };
  });
}

type Row = { id: string; author: string; text: string; label: string };
type Answer = { index: number; outcome: string; restrictions: { kind: string; id: string }[] };

test("a spammer, the app, an objection, and what is undone", async (t) => {
  const absent = [labelledName, streamName].find((name) => sharedPath(name) === undefined);
  if (absent !== undefined) {
    t.skip(skipReason(absent));
    return;
  }
  const { folder, data, server, app, first, second, admin } = await setUp(t);
  const say = (name: keyof typeof texts): Promise<Answer> =>
    app.post<Answer>("decisions", {
      id: `life-${name}`,
      type: "comment",
      actor: { id: author },
      content: { id: `c-${name}`, text: texts[name], language: "de" },
    });
  const others = streamLines(streamed);
  const mixIn = async (from: number, to: number): Promise<void> => {
    const lines = others.slice(from * others.length, to * others.length);
    assert.deepEqual(await app.batch(lines), { lines: lines.length, errors: 0 });
  };
  const kindsInForce = async (): Promise<string[]> => {
    const { restrictions } = await app.get<{ restrictions: { kind: string }[] }>(`actors/${author}/standing`);
    return restrictions.map(({ kind }) => kind).sort();
  };

  // Flagged; a reviewer confirms it, and with the strike comes the ladder's first step.
  await mixIn(0, 1 / 3);
  const flagged = await say("flagged");
  assert.equal(flagged.outcome, "flag");
  assert.deepEqual(await kindsInForce(), []);
  const queue = await first.get<{ cases: { of: number }[] }>("queue");
  assert.ok(queue.cases.some(({ of }) => of === flagged.index));
  await first.post(`queue/${flagged.index}/claim`, {});
  assert.equal(await second.refused(`queue/${flagged.index}/claim`, {}), "case_claimed");
  const review = { of: flagged.index, finding: "spam", reason: "spam" };
  const reviewed = await first.post<{ verdict: { index: number } }>("reviews", review);
  assert.deepEqual(await kindsInForce(), ["warn"]);

  // Throttled, suspended, and refused because of it.
  const disputed = await say("disputed");
  assert.deepEqual([disputed.outcome, await kindsInForce()], ["reject", ["throttle", "warn"]]);
  await mixIn(1 / 3, 2 / 3);
  const third = await say("third");
  assert.deepEqual([third.outcome, await kindsInForce()], ["reject", ["suspend", "throttle", "warn"]]);
  const refused = await say("refused");
  assert.equal(refused.outcome, "reject");

  // The app is told what to do, and says what it has done.
  const ordered = await app.get<{ changes: { record: number; type: string }[] }>("changes?after=0");
  const types = ordered.changes.map(({ type }) => type);
  for (const type of ["removed", "restrictionStarted"]) assert.ok(types.includes(type), type);
  const records = [...new Set(ordered.changes.map(({ record }) => record))];
  await app.post("applied", { of: records });
  const confirmed = await app.get<{ changes: { applied: unknown }[] }>("changes?after=0");
  assert.ok(confirmed.changes.slice(0, ordered.changes.length).every(({ applied }) => applied !== null));

  // The user has the notice, and with it a token: nothing else is needed to object.
  const { notices } = await app.get<{ notices: { record: number; objections: { token: string }[] }[] }>(
    "notices?after=0",
  );
  const userBy = (index: number): Caller => {
    const objection = notices.find(({ record }) => record === index)?.objections[0];
    assert.ok(objection, `${index} in ${JSON.stringify(notices)}`);
    return callerOf(server, objection.token);
  };
  const user = userBy(disputed.index);
  const objection = { text: "Das ist ein Museum. Ich verkaufe nichts.", language: "de" };
  assert.equal(await callerOf(server, "dt1.nothing").refused("disputes", objection), "dispute_token_invalid");
  const opened = await user.post<{ dispute: number }>("disputes", objection);
  assert.equal(await user.refused("disputes", objection), "dispute_exists");

  // Whoever acted on what is objected to may not decide; somebody else may.
  const { dispute } = await userBy(reviewed.verdict.index).post<{ dispute: number }>("disputes", objection);
  const upheld = { ruling: "upheld", reason: "spam", told: { de: "Es ist Werbung." } };
  assert.equal(await first.refused(`disputes/${dispute}/ruling`, upheld), "another_person");
  await second.post(`disputes/${dispute}/ruling`, upheld);
  const ruling = {
    ruling: "overturned",
    reason: "mistaken",
    told: { de: "Die Seite gehört dem Museum.", en: "The page is the museum's." },
  };
  const done = await second.post<{ consequences: { index: number }[]; verdict: { ended: string[] } }>(
    `disputes/${opened.dispute}/ruling`,
    ruling,
  );
  assert.equal(await first.refused(`disputes/${opened.dispute}/ruling`, ruling), "dispute_closed");
  assert.deepEqual(
    done.consequences.map(({ index }) => index),
    [refused.index],
  );
  const seen = await user.get<{ phase: string; ruling: { told: Record<string, string> } }>(
    "disputes/by-token",
  );
  assert.deepEqual([seen.phase, seen.ruling.told["de"]], ["overturned", "Die Seite gehört dem Museum."]);

  // With one strike less there is no suspension; two strikes are left, and so is the throttle.
  assert.deepEqual(await kindsInForce(), ["throttle", "warn"]);
  const content = await app.get<{ outcome: string }>("contents/c-disputed");
  assert.equal(content.outcome, "allow");
  const after = await say("after");
  assert.equal(after.outcome, "allow");
  const changes = await app.get<{ changes: { type: string; record: number }[] }>(
    `changes?after=${records.at(-1)}`,
  );
  for (const type of ["restored", "restrictionEnded"]) {
    assert.ok(
      changes.changes.some((change) => change.type === type),
      `${type} in ${JSON.stringify(changes)}`,
    );
  }

  await mixIn(2 / 3, 1);
  for (const { event, spam } of labelledComments(60)) {
    const { index } = await app.post<Answer>("decisions", event);
    await admin.post("labels", { index, label: spam ? "spam" : "notSpam" });
  }
  assert.equal(await server.stop(), 0);
  await checkTheRecord(folder, data, disputed.index);
});

/** What anybody can check afterwards, with the data directory or the case file alone. */
async function checkTheRecord(folder: string, data: string, disputed: number): Promise<void> {
  const key = join(data, "log.vkey");
  await succeeds("verify", data, "--key", key);
  const replayed = JSON.parse(await succeeds("replay", "--data", data, "--json")) as { findingCount: number };
  assert.equal(replayed.findingCount, 0);
  await succeeds("views", "rebuild", "--data", data);

  // The next version of the classifier has the text among what is no spam.
  const labels = await succeeds("label", "--list", "--data", data, "--json");
  const label = labels
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { of: number; label: string })
    .find(({ of }) => of === disputed);
  assert.equal(label?.label, "notSpam");
  const model = join(folder, "next.model");
  await succeeds("model", "train", "--kind", "comment", "--data", data, "--out", model);
  const scored = await docket(["model", "score", "--model", model], {
    input: `${JSON.stringify({ text: texts.disputed })}\n`,
  });
  const { score } = JSON.parse(scored.stdout) as { score: number | null };
  assert.ok(score === null || score < 500_000, scored.stdout);

  // The case file speaks for itself, in an empty folder.
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const out = join(empty, "case.html");
  await succeeds("case", String(disputed), "--data", data, "--reason", "a partner asked", "-o", out);
  writeFileSync(join(empty, "log.vkey"), readFileSync(key));
  const verified = await docket(["verify", "case.html", "--key", "log.vkey"], { cwd: empty });
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
}
