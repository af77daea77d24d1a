// SPDX-License-Identifier: Apache-2.0
// The command line as its users have it: real processes, real directories.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { binary, docket, postEvent, startServer } from "./testing/docket.ts";

const sample = fileURLToPath(new URL("../../../examples/comments.ndjson", import.meta.url));

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-cli-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function linesOf<T = Record<string, unknown>>(text: string): T[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

type Line = { line: number; id: string; index: number; outcome: string; rules: string[]; repeat: boolean };

function eventLine(id: string, text = "hello there", actor = "a"): string {
  return `${JSON.stringify({ id, type: "comment", actor: { id: actor }, content: { text } })}\n`;
}

describe("init and key", () => {
  test("make a directory, keys outside of it for the owner only, and print the verifier key", async (t) => {
    const directory = directoryFor(t);
    const data = join(directory, "data");
    const made = await docket(["init", data, "--json"]);
    assert.equal(made.code, 0, made.stderr);
    const { keys, verifierKey, verifierKeys, origin } = JSON.parse(made.stdout) as {
      keys: string;
      verifierKey: string;
      verifierKeys: string[];
      origin: string;
    };
    assert.equal(keys, join(directory, "data.keys"));
    assert.equal(statSync(join(keys, "main", "log.key")).mode & 0o077, 0);
    assert.deepEqual([verifierKeys.length, verifierKeys[0]], [2, verifierKey]);
    assert.ok(verifierKeys.every((vkey) => vkey.startsWith(`${origin}+`)));
    assert.equal(readFileSync(join(data, "log.vkey"), "utf8"), `${verifierKeys.join("\n")}\n`);
    assert.ok(readdirSync(join(data, "policy")).length > 0);
    const key = await docket(["key", "--data", data]);
    assert.deepEqual([key.code, key.stdout], [0, `${verifierKeys.join("\n")}\n`]);

    const again = await docket(["init", data]);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /^docket: .* is not empty[^]*usage: /);
  });

  test("take another place for the keys, but none inside the data", async (t) => {
    const directory = directoryFor(t);
    const inside = await docket(["init", join(directory, "a"), "--keys", join(directory, "a", "keys")]);
    assert.equal(inside.code, 2);
    const made = await docket(["init", join(directory, "b"), "--keys", join(directory, "secret")]);
    assert.equal(made.code, 0, made.stderr);
    assert.ok(existsSync(join(directory, "secret", "main", "evidence.key")));
  });
});

describe("decide", () => {
  test("seals a file once: the same file again seals nothing, and gives the same decisions", async (t) => {
    const directory = directoryFor(t);
    const data = join(directory, "trial");
    const made = await docket(["init", data]);
    assert.match(made.stdout, /^Made the data directory/);
    const policy = join(data, "policy/comments.yaml");
    writeFileSync(policy, readFileSync(policy, "utf8").replace(/^restrictions: shadow$/m, ""));
    const first = await docket(["decide", "--data", data, "--summary-json", join(directory, "s1"), sample]);
    assert.equal(first.code, 0, first.stderr);
    const decisions = linesOf<Line>(first.stdout);
    const count = readFileSync(sample, "utf8").trimEnd().split("\n").length;
    assert.equal(decisions.length, count);

    // The spammer of the sample: flagged, rejected, throttled, suspended, refused, and free again after a
    // day.
    const spammer = decisions.filter(({ id }) => id.startsWith("synthetic-"));
    assert.deepEqual(
      new Set(spammer.map(({ outcome }) => outcome)),
      new Set(["allow", "flag", "reject", "delay"]),
    );
    for (const reason of ["easy-money", "standing.throttled", "standing.suspended"]) {
      assert.ok(
        spammer.some(({ rules }) => rules.includes(reason)),
        reason,
      );
    }
    assert.equal(spammer.at(-1)?.outcome, "allow");

    const summaries = [join(directory, "s1"), join(directory, "s2")] as const;
    const second = await docket(["decide", "--data", data, "--summary-json", summaries[1], sample]);
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(
      linesOf<Line>(second.stdout),
      decisions.map((decision) => ({ ...decision, repeat: true })),
    );
    const [before, after] = summaries.map(
      (path) => JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>,
    );
    assert.equal(after?.["recordsSealed"], 0);
    assert.deepEqual([after?.["decided"], after?.["repeats"]], [0, count]);
    assert.deepEqual(after?.["rules"], before?.["rules"]);
    assert.equal(after?.["size"], before?.["size"]);

    const verified = await docket(["verify", data, "--key", join(data, "log.vkey")]);
    assert.equal(verified.code, 0, verified.stdout);
  });

  test("reads plain and gzip, files and standard input, and what --map describes", async (t) => {
    const directory = directoryFor(t);
    const data = join(directory, "data");
    const packed = join(directory, "events.gz");
    writeFileSync(packed, gzipSync(eventLine("1")));
    const fromFile = await docket(["decide", "--data", data, packed]);
    const fromInput = await docket(["decide", "--data", data], { input: eventLine("1") });
    assert.deepEqual([fromFile.code, fromInput.code], [0, 0], fromFile.stderr + fromInput.stderr);
    assert.deepEqual(
      [fromFile, fromInput].map(({ stdout }) => linesOf<Line>(stdout).map(({ id, repeat }) => [id, repeat])),
      [[["1", false]], [["1", true]]],
    );
    const spec = "actor.id=who,content.text=said,time=at,type:=comment";
    const input = '{"who":"u","said":"hi","at":"2020-01-02 03:04","score":0.5}\n{"said":"nobody"}\n';
    const mapped = await docket(["decide", "--data", data, "--map", spec, "-"], { input });
    assert.equal(mapped.code, 1, mapped.stderr);
    const [decided, error] = linesOf<{ decidedAt?: string; error?: { code: string }; line: number }>(
      mapped.stdout,
    );
    assert.equal(decided?.decidedAt, "2020-01-02T03:04:00.000Z");
    assert.deepEqual([error?.line, error?.error?.code], [2, "schema_mismatch"]);
    assert.match(mapped.stderr, /1 events had no id/);
    const unknown = await docket(["decide", "--data", data, "-"], { input: '{"who":"u"}\n' });
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /their fields are who;.*--map/);
  });

  test("answers a bad line with its error, decides the others, and ends with 1", async (t) => {
    const data = join(directoryFor(t), "data");
    const bad = [
      "nonsense",
      '{"id":"2"}',
      eventLine("1", "another body"),
      eventLine("3").replace("actor", "author"),
    ];
    const input = eventLine("1") + bad.map((line) => `${line.trimEnd()}\n`).join("") + eventLine("4");
    const run = await docket(["decide", "--data", data, "--order", "file", "-"], { input });
    assert.equal(run.code, 1, run.stderr);
    assert.deepEqual(
      linesOf<{ line: number; id?: string; error?: { code: string } }>(run.stdout).map(
        ({ line, id, error }) => `${line} ${id ?? error?.code}`,
      ),
      ["1 1", "2 json_syntax", "3 schema_mismatch", "4 event_id_conflict", "5 unknown_field", "6 4"],
    );
    assert.match(run.stderr, /Events +6: 2 decided, 0 repeats, 4 errors/);
  });

  test("sorts by time, or takes the file's order with time never going back", async (t) => {
    const directory = directoryFor(t);
    const event = (id: string, second: number): string =>
      `${JSON.stringify({ id, type: "comment", time: `2020-01-01T00:00:0${second}Z`, actor: { id } })}\n`;
    const input = event("late", 5) + event("early", 1) + event("middle", 3);
    const order = async (name: string): Promise<string[]> => {
      const run = await docket(["decide", "--data", join(directory, name), "--order", name, "-"], { input });
      assert.equal(run.code, 0, run.stderr);
      const decisions = linesOf<{ id: string; decidedAt: string }>(run.stdout);
      return decisions.map(({ id, decidedAt }) => `${id} ${decidedAt.slice(17, 19)}`);
    };
    assert.deepEqual(await order("time"), ["early 01", "middle 03", "late 05"]);
    assert.deepEqual(await order("file"), ["late 05", "early 05", "middle 05"]);
  });

  test("stops in good order on SIGINT, and goes on where it stopped", async (t) => {
    const data = join(directoryFor(t), "data");
    const child = spawn(
      process.execPath,
      ["--conditions=@docket/source", binary, "decide", "--data", data, "--order", "file", "-"],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    t.after(() => child.kill("SIGKILL"));
    let stdout = "";
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const answered = new Promise<void>((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
        if (stdout.split("\n").length > 2) resolve();
      });
    });
    // The input stays open: only the signal can end it.
    child.stdin.write(eventLine("1") + eventLine("2"));
    await answered;
    const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.kill("SIGINT");
    assert.equal(await exited, 130, stderr);
    assert.match(stderr, /Events +2: 2 decided/);
    const input = eventLine("1") + eventLine("2") + eventLine("3");
    const rest = await docket(["decide", "--data", data, "-"], { input });
    assert.deepEqual(
      linesOf<Line>(rest.stdout).map(({ repeat }) => repeat),
      [true, true, false],
    );
  });

  test("stopped before the first line came, it has made nothing", async (t) => {
    const data = join(directoryFor(t), "data");
    const words = ["--conditions=@docket/source", binary, "decide", "--data", data, "-"];
    const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "pipe"] });
    t.after(() => child.kill("SIGKILL"));
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
    // Its listener is in place once the signal no longer ends it at once; until then nothing was made either.
    const timer = setInterval(() => child.kill("SIGTERM"), 2000);
    const code = await exited;
    clearInterval(timer);
    assert.ok(code === 143 || code === null, `${code}\n${stderr}`);
    assert.equal(existsSync(data), false);
  });

  test("ends without noise when nobody reads its decisions any more", async (t) => {
    const directory = directoryFor(t);
    const child = spawn(
      process.execPath,
      ["--conditions=@docket/source", binary, "decide", "--data", join(directory, "d"), sample],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    t.after(() => child.kill("SIGKILL"));
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdout.destroy();
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    assert.ok(code === 0 || code === 1, `${code}\n${stderr}`);
    assert.doesNotMatch(stderr, /EPIPE|unexpected|\.ts:/);
  });

  test("refuses a policy with a mistake, naming the place, and a damaged gzip file", async (t) => {
    const directory = directoryFor(t);
    const policy = join(directory, "policy");
    await docket(["init", join(directory, "data")]);
    await docket(["init", policy]);
    rmSync(join(policy, "policy"), { recursive: true });
    writeFileSync(
      join(policy, "p.yaml"),
      "policy: p\non: [comment]\nrules:\n  - { id: r, when: nonsense > 1, points: 1 }\n",
    );
    const mistaken = await docket(["decide", "--data", join(directory, "data"), "--policy", policy, sample]);
    assert.equal(mistaken.code, 2);
    assert.match(mistaken.stderr, /p\.yaml:4:\d+.*nonsense[^]*policy_invalid: /);
    const cut = join(directory, "cut.gz");
    writeFileSync(cut, gzipSync(eventLine("1").repeat(50)).subarray(0, -6));
    const damaged = await docket(["decide", "--data", join(directory, "data"), cut]);
    assert.equal(damaged.code, 1);
    assert.match(damaged.stderr, /Events +0:[^]*cannot be read to its end/);
  });
});

describe("receipt and show", () => {
  test("give what verify accepts, and what people can read", async (t) => {
    const directory = directoryFor(t);
    const data = join(directory, "data");
    const run = await docket(["decide", "--data", data, "--receipts", "-"], {
      input: eventLine("1", "Look at http://bit.ly/x"),
    });
    const [{ index, receipt }] = linesOf<{ index: number; receipt: { leaf: string } }>(run.stdout) as [
      { index: number; receipt: { leaf: string } },
    ];
    const path = join(directory, "receipt.json");
    const fetched = await docket(["receipt", String(index), "--data", data, "-o", path]);
    assert.equal(fetched.code, 0, fetched.stderr);
    assert.equal((JSON.parse(readFileSync(path, "utf8")) as { leaf: string }).leaf, receipt.leaf);
    assert.equal((await docket(["verify", path, "--key", join(data, "log.vkey")])).code, 0);
    assert.equal((await docket(["verify", path])).code, 1, "without a key the signer is unproven");
    writeFileSync(path, readFileSync(path, "utf8").replace("reject", "regect"));
    assert.equal((await docket(["verify", path, "--key", join(data, "log.vkey")])).code, 1);

    const shown = await docket(["show", String(index), "--data", data]);
    assert.match(shown.stdout, /^Record \d+: reject because of link-shortener$/m);
    assert.match(shown.stdout, /^ {2}counters\.posts_minute +0$/m);
    const asJson = JSON.parse((await docket(["show", String(index), "--data", data, "--json"])).stdout) as {
      facts: object | null;
    };
    assert.notEqual(asJson.facts, null);
    // Without the keys, what anyone may see.
    rmSync(`${data}.keys`, { recursive: true });
    const public_ = await docket(["show", String(index), "--data", data]);
    assert.match(public_.stdout, /reject because of link-shortener[^]*keys are not here/);
    assert.doesNotMatch(public_.stdout, /Facts/);
    const beyond = await docket(["receipt", "999", "--data", data]);
    assert.equal(beyond.code, 2);
    assert.match(beyond.stderr, /no published record 999[^]*not_found: /);
  });
});

describe("serve", () => {
  test("makes what is missing, is read beside, refuses decide, and stops in good order", async (t) => {
    const data = join(directoryFor(t), "data");
    const server = await startServer(t, ["--data", data]);
    const answer = await postEvent(server, {
      id: "1",
      type: "comment",
      actor: { id: "a" },
      content: { text: "hi" },
    });
    assert.equal(answer.status, 200);
    const { index } = answer.body as { index: number };

    const words = [String(index), "--url", server.url, "--api-key", server.key];
    const [asked, shown, refused, locked] = await Promise.all([
      docket(["receipt", ...words]),
      docket(["show", ...words]),
      docket(["show", String(index), "--url", server.url]),
      docket(["decide", "--data", data, sample]),
    ]);
    assert.equal(asked.code, 0, asked.stderr);
    assert.match(shown.stdout, /: allow$/m);
    assert.match(shown.stdout, /^Facts$/m);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /unauthenticated: /);
    assert.equal(locked.code, 2);
    assert.match(locked.stderr, /in use by another docket process[^]*directory_locked: /);

    // Published within a moment; read from the files while the server runs.
    let read = await docket(["receipt", String(index), "--data", data]);
    for (let tries = 0; tries < 20 && read.code !== 0; tries++) {
      read = await docket(["receipt", String(index), "--data", data]);
    }
    assert.equal(read.code, 0, read.stderr);

    assert.equal(await server.stop(), 0);
    assert.equal((await docket(["verify", data, "--key", join(data, "log.vkey")])).code, 0);
    const records = await Promise.all(
      [0, index, index + 1].map((each) => docket(["show", `${each}`, "--data", data])),
    );
    assert.match(records[0]?.stdout ?? "", /this log was created/);
  });

  test("killed, it has lost nothing that it answered, and asked again it gives the same", async (t) => {
    const data = join(directoryFor(t), "data");
    const event = { id: "1", type: "comment", actor: { id: "a" }, content: { text: "hi" } };
    const server = await startServer(t, ["--data", data]);
    const before = (await postEvent(server, event)).body as { index: number };
    const exited = new Promise((resolve) => server.child.once("close", resolve));
    server.child.kill("SIGKILL");
    await exited;
    const input = `${JSON.stringify(event)}\n`;
    const again = await docket(["decide", "--data", data, "-"], { input });
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(
      linesOf<Line>(again.stdout).map(({ index, repeat }) => [index, repeat]),
      [[before.index, true]],
    );
    assert.equal((await docket(["verify", data, "--key", join(data, "log.vkey")])).code, 0);
  });

  test("takes in keys that are made while it runs, and refuses revoked ones", async (t) => {
    const data = join(directoryFor(t), "data");
    const server = await startServer(t, ["--data", data]);
    const made = await docket([
      "apikey",
      "create",
      "--role",
      "ingest",
      "--label",
      "shop",
      "--data",
      data,
      "--json",
    ]);
    assert.equal(made.code, 0, made.stderr);
    const { id, key } = JSON.parse(made.stdout) as { id: string; key: string };
    const event = { type: "comment", actor: { id: "a" }, content: { text: "hi" } };
    const status = async (nth: number): Promise<number> =>
      (await postEvent({ ...server, key }, { ...event, id: `e${nth}` })).status;
    await reaches(status, 200);
    const listed = await docket(["apikey", "list", "--data", data]);
    assert.match(listed.stdout, new RegExp(`^${id} +ingest +shop +.* +in force$`, "m"));
    assert.doesNotMatch(listed.stdout, /dk_/);
    assert.equal((await docket(["apikey", "revoke", id, "--data", data])).code, 0);
    await reaches(status, 401);
    assert.equal((await docket(["apikey", "revoke", id, "--data", data])).code, 2);
    assert.equal((await docket(["apikey", "create", "--role", "king", "--data", data])).code, 2);
    assert.equal(await server.stop(), 0);
  });

  test("says so when the address is taken", async (t) => {
    const directory = directoryFor(t);
    const server = await startServer(t, ["--data", join(directory, "one")]);
    const address = new URL(server.url).host;
    const second = await docket(["serve", "--data", join(directory, "two"), "--listen", address]);
    assert.equal(second.code, 2);
    assert.match(second.stderr, /cannot listen on .*--listen/);
    assert.equal(await server.stop(), 0);
  });
});

/** Waits until a status comes; a server asks for news of keys once a second. */
async function reaches(status: (nth: number) => Promise<number>, wanted: number): Promise<void> {
  const seen: number[] = [];
  for (let nth = 0; nth < 100; nth++) {
    seen.push(await status(nth + (wanted === 200 ? 0 : 1000)));
    if (seen.at(-1) === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${wanted} never came, only ${[...new Set(seen)].join(", ")}`);
}
