// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parseNote, parseVerifierKey } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { replaceDurably } from "../stores/files/replace-durably.ts";
import { at } from "../testing/at.ts";
import { FakeWitness } from "../testing/fake-witness.ts";
import { namedSigner, NumberedTree, PublishedTree } from "../testing/published-tree.ts";
import { get, post } from "./requests.ts";
import { openPublication } from "./publication.ts";
import { isCosigned, readWitnessPolicy } from "./witness-policy.ts";
import { WitnessRounds } from "./witness-rounds.ts";

const origin = "docket-0123456789abcdef/main";
const { vkey: logVkey } = namedSigner(origin);
const logVerifier = parseVerifierKey(logVkey);
const numbered = new NumberedTree();
const noBackoffMs = 1_000_000;

type SetUp = {
  tree: PublishedTree;
  witnesses: FakeWitness[];
  rounds: WitnessRounds;
  reports: string[];
  now: { ms: number };
  policyText: string;
  /** As a restart does: what was in memory is gone. */
  again: () => SetUp;
};

/** Three witnesses, of which any two are a quorum, and a log of 300 records. */
async function setUp(t: TestContext, askedWithinMs?: number): Promise<SetUp> {
  const data = mkdtempSync(join(tmpdir(), "docket-rounds-"));
  const tree = new PublishedTree(data, origin, numbered);
  tree.publish(300);
  const witnesses = ["w1", "w2", "w3"].map(
    (name) => new FakeWitness([namedSigner(`witness.example/${name}`, "ed25519-cosignature")]),
  );
  const urls = await Promise.all(witnesses.map((witness) => witness.listen()));
  t.after(async () => {
    await Promise.all(witnesses.map((witness) => witness.close()));
    rmSync(data, { recursive: true, force: true });
  });
  const policyText = [
    `log ${logVkey}`,
    ...witnesses.map(({ keys }, i) => `witness w${i + 1} ${keys[0]?.vkey} ${urls[i]}`),
    "group two 2 w1 w2 w3",
    "quorum two",
    "",
  ].join("\n");
  return opened(t, { tree, witnesses, policyText }, askedWithinMs);
}

function opened(
  t: TestContext,
  { tree, witnesses, policyText }: Pick<SetUp, "tree" | "witnesses" | "policyText">,
  askedWithinMs?: number,
): SetUp {
  const policy = readWitnessPolicy(policyText, "witnesses.policy", [logVerifier]);
  const now = { ms: 1_800_000_000_000 };
  const reports: string[] = [];
  const { checkpoints, tree: files } = openPublication({
    paths: tree.paths,
    origin,
    verifiers: [logVerifier],
    isCosigned: (note) => isCosigned(policy, note),
    put: replaceDurably,
    clock: () => now.ms,
  });
  const rounds = new WitnessRounds({
    policy,
    checkpoints,
    tree: files,
    post,
    get,
    publishedSize: () => tree.size,
    clock: () => now.ms,
    report: (level, message) => reports.push(`${level}: ${message}`),
    ...(askedWithinMs === undefined ? {} : { askWithinMs: askedWithinMs }),
  });
  t.after(() => rounds.close());
  const again = (): SetUp => opened(t, { tree, witnesses, policyText }, askedWithinMs);
  return { tree, witnesses, rounds, reports, now, policyText, again };
}

function namesIn(path: string): string[] {
  return parseNote(readFileSync(path)).signatures.map(({ name }) => name);
}

function statesOf(rounds: WitnessRounds): string[] {
  return rounds.status().witnesses.map(({ state }) => state);
}

function faultOf(rounds: WitnessRounds, place: number): string {
  return at(rounds.status().witnesses, place).fault ?? "";
}

void test("all are asked at once, from the size that each holds, and only on growth", async (t) => {
  const { tree, witnesses, rounds, reports } = await setUp(t);
  await rounds.round();
  assert.deepEqual(statesOf(rounds), ["cosigned", "cosigned", "cosigned"]);
  const all = [origin, "witness.example/w1", "witness.example/w2", "witness.example/w3"];
  assert.deepEqual(namesIn(join(tree.paths.keptCheckpoints, "300")), all);
  assert.deepEqual(namesIn(join(tree.paths.site, "checkpoint.cosigned")), all);
  await rounds.round();
  assert.deepEqual(witnesses[0]?.asked, [0]);
  for (const size of [301, 512, 5000]) {
    tree.publish(size);
    await rounds.round();
    assert.equal(rounds.status().cosignedSize, size);
  }
  assert.deepEqual(witnesses[2]?.asked, [0, 300, 301, 512]);
  assert.deepEqual(reports, []);
});

void test("before anything is published, nobody is asked", async (t) => {
  const { tree, witnesses, rounds } = await setUp(t);
  rmSync(tree.paths.checkpoint);
  await rounds.round();
  assert.deepEqual(witnesses[0]?.asked, []);
});

void test("a witness whose size was guessed wrong tells it, and is asked once more", async (t) => {
  const { tree, witnesses, rounds, again } = await setUp(t);
  const [first] = witnesses;
  assert.ok(first);
  first.seen = { size: 257, root: numbered.root(257) };
  await rounds.round();
  assert.deepEqual(first.asked, [0, 257]);
  // After a restart the newest cosigned checkpoint says what each holds.
  tree.publish(310);
  const restarted = again();
  await restarted.rounds.round();
  assert.deepEqual(first.asked, [0, 257, 300]);
  assert.deepEqual(statesOf(restarted.rounds), ["cosigned", "cosigned", "cosigned"]);
});

void test("a restart asks nobody again who has cosigned the newest checkpoint", async (t) => {
  const { witnesses, rounds, again, tree } = await setUp(t);
  at(witnesses, 1).behaviour = "hang";
  const round = rounds.round();
  await present(join(tree.paths.site, "checkpoint.cosigned"));
  await rounds.close();
  await round;
  at(witnesses, 1).behaviour = "honest";
  const { rounds: restarted } = again();
  await restarted.round();
  assert.deepEqual(
    witnesses.map(({ asked }) => asked.length),
    [1, 2, 1],
  );
  assert.equal(namesIn(join(tree.paths.keptCheckpoints, "300")).length, 4);
  assert.equal(restarted.status().cosignedSize, 300);
});

void test("with one dead and one slow, two of three make a quorum as soon as they can", async (t) => {
  const { tree, witnesses, rounds, reports } = await setUp(t);
  const [, dead, slow] = witnesses;
  assert.ok(dead && slow);
  await dead.close();
  await rounds.round();
  tree.publish(400);
  const asked = Promise.withResolvers<() => void>();
  slow.behaviour = (body, response) => {
    asked.resolve(() => respond(response, 200, slow.lines(textIn(body))));
  };
  const round = rounds.round();
  const release = await asked.promise;
  const kept = join(tree.paths.keptCheckpoints, "400");
  assert.ok(!existsSync(kept), "one of three is no quorum");
  release();
  await round;
  assert.deepEqual(namesIn(kept), [origin, "witness.example/w1", "witness.example/w3"]);
  assert.equal(rounds.status().cosignedSize, 400);
  assert.equal(statesOf(rounds)[1], "unreachable");
  assert.match(reports.join(), /^warn: the witness w2 \(http:\/\/127[^)]*\) does not answer: ECONNREFUSED$/);
  // So that the harness can close it.
  await dead.listen();
});

void test("a quorum is kept while the others still think", async (t) => {
  const { tree, witnesses, rounds } = await setUp(t);
  at(witnesses, 2).behaviour = "hang";
  const round = rounds.round();
  const kept = join(tree.paths.site, "checkpoint.cosigned");
  await present(kept);
  assert.equal(namesIn(kept).length, 3);
  await rounds.close();
  await round;
});

void test("a witness that hangs is given up in time, and asked less and less often", async (t) => {
  // Waited for once, in the first round; the honest ones, and all later rounds, must fit on a busy machine.
  const { tree, witnesses, rounds, now } = await setUp(t, 1500);
  const hanging = at(witnesses, 0);
  hanging.behaviour = "hang";
  await rounds.round();
  assert.equal(statesOf(rounds)[0], "unreachable");
  assert.match(faultOf(rounds, 0), /in time/);
  const asked: number[] = [];
  for (let second = 0; second <= 1000; second += 10) {
    const before = hanging.asked.length;
    tree.publish(301 + second);
    hanging.behaviour = (_body, response) => void response.destroy();
    await rounds.round();
    if (hanging.asked.length > before) asked.push(second);
    now.ms += 10_000;
  }
  assert.deepEqual(asked, [10, 30, 70, 150, 310, 610, 910]);
  hanging.behaviour = "honest";
  now.ms += noBackoffMs;
  tree.publish(2000);
  await rounds.round();
  assert.equal(statesOf(rounds)[0], "cosigned");
});

void test("without a quorum, what there is is kept by size, and the newest cosigned one stays", async (t) => {
  const { tree, witnesses, rounds, now } = await setUp(t);
  await rounds.round();
  for (const witness of witnesses.slice(1)) witness.behaviour = answering(404);
  tree.publish(301);
  await rounds.round();
  assert.deepEqual(namesIn(join(tree.paths.keptCheckpoints, "301")), [origin, "witness.example/w1"]);
  assert.equal(rounds.status().cosignedSize, 300);
  assert.match(faultOf(rounds, 2), /does not know this log \(404\)/);
  // The log stands still, but its newest checkpoint is not cosigned yet: who lacks is asked again.
  for (const witness of witnesses) witness.behaviour = "honest";
  now.ms += noBackoffMs;
  await rounds.round();
  assert.equal(namesIn(join(tree.paths.keptCheckpoints, "301")).length, 4);
  assert.equal(rounds.status().cosignedSize, 301);
});

void test("lies and noise cost a witness its own cosignature, and nothing else", async (t) => {
  const { tree, witnesses, rounds, reports, now } = await setUp(t);
  const liar = at(witnesses, 0);
  const other = at(witnesses, 1);
  const cases: [Exclude<FakeWitness["behaviour"], "honest">, string, RegExp][] = [
    [(body, response) => respond(response, 200, other.lines(textIn(body))), "invalid", /no known key/],
    [(_body, response) => respond(response, 200, liar.lines("another text\n")), "invalid", /does not verify/],
    [(_body, response) => respond(response, 200, ""), "invalid", /signature line/],
    [(_body, response) => respond(response, 200, "hello\n"), "invalid", /./],
    [(_body, response) => respond(response, 200, Uint8Array.of(0xff, 0xfe, 0x0a)), "invalid", /UTF-8/],
    [(_body, response) => respond(response, 200, "x".repeat(3_000_000)), "unreachable", /over 262144 bytes/],
    [(_body, response) => respond(response, 409, "12 \n"), "invalid", /size/],
    [(_body, response) => respond(response, 409, "-1\n"), "invalid", /size/],
    [(_body, response) => respond(response, 409, "7\n"), "invalid", /holds 7 records, then 7/],
    [(_body, response) => respond(response, 403, ""), "refused", /403/],
    [(_body, response) => respond(response, 400, ""), "refused", /400/],
    [(_body, response) => respond(response, 500, "x"), "refused", /status 500/],
    [(_body, response) => void response.destroy(), "unreachable", /./],
    [
      (_body, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      "unreachable",
      /./,
    ],
    [
      (_body, response) => void response.writeHead(200, { "content-length": "9" }).destroy(),
      "unreachable",
      /./,
    ],
  ];
  let size = 300;
  for (const [behaviour, state, fault] of cases) {
    liar.behaviour = behaviour;
    tree.publish(++size);
    now.ms += noBackoffMs;
    await rounds.round();
    assert.deepEqual(statesOf(rounds), [state, "cosigned", "cosigned"], fault.source);
    assert.match(faultOf(rounds, 0), fault);
    assert.equal(rounds.status().cosignedSize, size);
    assert.equal(namesIn(join(tree.paths.site, "checkpoint.cosigned")).length, 3);
    assert.deepEqual(rounds.status().alarms, []);
  }
  assert.ok(reports.every((line) => line.startsWith("warn: ")));
});

void test("a witness that has seen more of this log, or another, raises an alarm", async (t) => {
  const { tree, witnesses, rounds, reports, now } = await setUp(t);
  const [first, second] = [at(witnesses, 0), at(witnesses, 1)];
  first.seen = { size: 1000, root: numbered.root(1000) };
  second.seen = { size: 200, root: new NumberedTree(100).root(200) };
  await rounds.round();
  assert.deepEqual(statesOf(rounds), ["ahead", "conflict", "cosigned"]);
  const { alarms, cosignedSize } = rounds.status();
  assert.equal(cosignedSize, 0);
  assert.equal(alarms.length, 2);
  assert.match(alarms[0] ?? "", /w1 .* cosigned 1000 records of this log, which holds 300: .* older state/);
  assert.match(alarms[1] ?? "", /w2 .* does not begin with the 200 records .* forked/);
  assert.ok(alarms.every((alarm) => alarm.endsWith("and may err")));
  assert.deepEqual(
    reports.map((line) => line.split(":")[0]),
    ["error", "error"],
  );
  // Had the larger tree been this one all along, the log growing past it clears the alarm.
  now.ms += noBackoffMs;
  tree.publish(1100);
  await rounds.round();
  assert.deepEqual(statesOf(rounds), ["cosigned", "conflict", "cosigned"]);
  assert.ok(reports.includes("info: the witness w1 cosigns again"));
  assert.equal(rounds.status().alarms.length, 1);
});

void test("what a witness shows counts only with the log's signature, and if it contradicts", async (t) => {
  const { tree, witnesses, rounds, reports, now } = await setUp(t);
  const [first, second] = [at(witnesses, 0), at(witnesses, 1)];
  first.seen = { size: 1000, root: numbered.root(1000) };
  const other = new NumberedTree(100);
  second.seen = { size: 200, root: other.root(200) };
  const forked = new PublishedTree(join(tree.paths.site, "forked"), origin, other);
  const stranger = [namedSigner("someone.else")];
  const cases: [Uint8Array, Uint8Array, boolean][] = [
    [tree.checkpoint(1000, stranger), forked.checkpoint(200, stranger), false],
    [tree.checkpoint(299), tree.checkpoint(200), false],
    [Buffer.from("hello"), Buffer.alloc(3_000_000), false],
    [tree.checkpoint(1000), forked.checkpoint(200), true],
  ];
  for (const [ahead, conflict, proves] of cases) {
    [first.shown, second.shown] = [ahead, conflict];
    now.ms += noBackoffMs;
    await rounds.round();
    const { alarms } = rounds.status();
    assert.equal(alarms.length, 2);
    assert.ok(alarms.every((alarm) => alarm.includes("with this log's own signature") === proves));
  }
  const said = reports.filter((line) => line.includes("own signature")).join("\n");
  assert.ok(said.includes(Buffer.from(tree.checkpoint(1000)).toString("utf8")));
  assert.ok(said.includes(Buffer.from(forked.checkpoint(200)).toString("utf8")));
});

void test("cosignatures that a full disk refuses are kept by the next round", async (t) => {
  const { tree, rounds, reports } = await setUp(t);
  rmSync(tree.paths.keptCheckpoints, { recursive: true });
  writeFileSync(tree.paths.keptCheckpoints, "in the way");
  await rounds.round();
  assert.equal(rounds.status().cosignedSize, 0);
  assert.match(reports.join(), /^error: cosignatures of size 300 could not be kept/);
  rmSync(tree.paths.keptCheckpoints);
  tree.publish(300);
  mkdirSync(tree.paths.keptCheckpoints);
  await rounds.round();
  assert.equal(rounds.status().cosignedSize, 300);
});

void test("lines that a kept checkpoint has already stay, each key's once", async (t) => {
  const { tree, rounds } = await setUp(t);
  const note = tree.checkpoint(300, [tree.signer, namedSigner(origin, "ml-dsa-44")]);
  writeFileSync(join(tree.paths.keptCheckpoints, "300"), note);
  await rounds.round();
  const { signatures } = parseNote(readFileSync(join(tree.paths.keptCheckpoints, "300")));
  assert.deepEqual(
    signatures.map(({ name }) => name.split("/")[1]),
    ["main", "main", "w1", "w2", "w3"],
  );
});

void test("a missing tile keeps nobody waiting", async (t) => {
  const { tree, witnesses, rounds } = await setUp(t);
  at(witnesses, 0).seen = { size: 257, root: numbered.root(257) };
  rmSync(join(tree.paths.site, "tile/0/001.p"), { recursive: true });
  await rounds.round();
  assert.deepEqual(statesOf(rounds), ["unproved", "cosigned", "cosigned"]);
  assert.equal(rounds.status().cosignedSize, 300);
});

void test("start asks by itself, and close gives up what is under way", async (t) => {
  const { witnesses, rounds } = await setUp(t);
  for (const witness of witnesses) witness.behaviour = "hang";
  rounds.start();
  while (witnesses.some(({ asked }) => asked.length === 0))
    await new Promise((resolve) => setTimeout(resolve, 5));
  await rounds.close();
  assert.deepEqual(statesOf(rounds), ["unasked", "unasked", "unasked"]);
});

void test("a witness with two keys is asked once, and both its lines count", async (t) => {
  const { tree } = await setUp(t);
  const name = "witness.example/two";
  const keys = [namedSigner(name, "ed25519-cosignature"), namedSigner(name, "ml-dsa-44")];
  const witness = new FakeWitness(keys);
  const url = await witness.listen();
  t.after(() => witness.close());
  const lines = keys.map(({ vkey }, i) => `witness k${i} ${vkey} ${url}`);
  const policyText = `${lines.join("\n")}\ngroup both all k0 k1\nquorum both\n`;
  const { rounds } = opened(t, { tree, witnesses: [], policyText });
  await rounds.round();
  assert.deepEqual(witness.asked, [0]);
  assert.deepEqual(namesIn(join(tree.paths.site, "checkpoint.cosigned")), [origin, name, name]);
});

void test("a policy must be for this log, and say where its witnesses are", () => {
  const witness = namedSigner("witness.example/w", "ed25519-cosignature").vkey;
  const read = (text: string): unknown => readWitnessPolicy(text, "DIR/witnesses.policy", [logVerifier]);
  const cases: [string, RegExp][] = [
    [`witness w ${witness}\nquorum w\n`, /the witness w needs an address/],
    [`witness w ${witness} ftp://x/\nquorum w\n`, /needs an address/],
    [`log ${namedSigner("other/log").vkey}\nquorum none\n`, /for other logs/],
    [`witness w ${witness} http://x/\n`, /quorum/],
    ["quorum", /witnesses\.policy/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => read(text),
      (error) => error instanceof DocketError && error.code === "usage" && message.test(error.message),
      text,
    );
  }
  assert.doesNotThrow(() => read(`log ${logVkey}\nwitness w ${witness} https://x/\nquorum w\n`));
});

function textIn(body: Buffer): string {
  const note = body.subarray(body.indexOf("\n\n") + 2);
  return parseNote(note).text;
}

function respond(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.writeHead(status).end(body);
}

function answering(status: number): (body: Buffer, response: ServerResponse) => void {
  return (_body, response) => respond(response, status, "");
}

async function present(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
}
