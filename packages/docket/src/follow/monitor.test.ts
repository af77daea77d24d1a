// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  formatCheckpoint,
  generateSignerKey,
  parseAddCheckpoint,
  parsePolicy,
  parseSignerKey,
  parseVerifierKey,
  signNote,
  verifyConsistency,
} from "@docket/tlog";
import type { Signer } from "@docket/tlog";
import { CrashError } from "../testing/memory-disk.ts";
import { evidencePath, follow, observe } from "./monitor.ts";
import type { Finding, ObserveOptions } from "./monitor.ts";
import { openSignedHead } from "./signed-head.ts";
import type { FollowTrust } from "./signed-head.ts";
import {
  fetchOf,
  fileOf,
  followedKey,
  followedOrigin,
  followedSigner,
  publish,
  rootOf,
  serverOf,
  testEntries,
} from "./testing/log-files.ts";
import type { PublishedFiles } from "./testing/log-files.ts";
import { FollowerMemoryDisk } from "./testing/memory-disk.ts";

const statePath = "/watch/state";
const stallMs = 1000;
const trust: FollowTrust = { origin: followedOrigin, keys: [followedKey], policy: undefined };
const honest = testEntries(700);
const other = testEntries(700, 1, 299);
const beginning = publish(honest.slice(0, 300));

type Watch = {
  disk: FollowerMemoryDisk;
  files: PublishedFiles;
  look: () => Promise<Finding[]>;
  options: ObserveOptions;
};

function newWatch(over: Partial<ObserveOptions> = {}): Watch {
  const disk = new FollowerMemoryDisk();
  disk.makeDirectory("/watch");
  const watch = { disk, files: beginning };
  const server = serverOf(fetchOf(() => watch.files));
  const options = { server, trust, disk, statePath, stallMs, clock: () => disk.nowMs, ...over };
  return Object.assign(watch, { options, look: () => observe(options) });
}

function kinds(findings: readonly Finding[]): string[] {
  return findings.map(({ kind }) => kind);
}

function keptSize(disk: FollowerMemoryDisk): number {
  return openSignedHead(disk.readFile(statePath) as Buffer, trust).head.size;
}

describe("a look at a log", () => {
  test("keeps the first checkpoint, sees that nothing changed, then that it grew", async () => {
    const watch = newWatch();
    assert.deepEqual(kinds(await watch.look()), ["first"]);
    assert.deepEqual(watch.disk.readFile(statePath), fileOf(watch.files, "checkpoint"));
    assert.deepEqual(kinds(await watch.look()), ["unchanged"]);
    watch.files = publish(honest);
    const [grown] = await watch.look();
    assert.ok(grown?.kind === "grown" && grown.from === 300 && grown.size === 700);
    assert.equal(keptSize(watch.disk), 700);
  });

  test("grows from the empty log", async () => {
    const watch = newWatch();
    watch.files = publish([]);
    assert.deepEqual(kinds(await watch.look()), ["first"]);
    watch.files = publish(honest.slice(0, 1));
    assert.deepEqual(kinds(await watch.look()), ["grown"]);
  });

  test("finds a fork of the same size, keeps both checkpoints, and stays with the first", async () => {
    const watch = newWatch();
    await watch.look();
    const before = watch.disk.readFile(statePath) as Buffer;
    watch.files = publish(other.slice(0, 300));
    for (let times = 0; times < 2; times++) {
      const [fork] = await watch.look();
      assert.ok(fork?.kind === "fork" && /two roots were signed at size 300/.test(fork.reason));
      const [kept, served] = fork.evidence.map((path) => watch.disk.readFile(path));
      assert.deepEqual(kept, before);
      assert.deepEqual(served, fileOf(watch.files, "checkpoint"));
    }
    assert.equal(watch.disk.list(evidencePath(statePath)).length, 2);
    assert.deepEqual(watch.disk.readFile(statePath), before);
  });

  test("finds a fork under a larger tree, with the proof that anyone can check", async () => {
    const watch = newWatch();
    await watch.look();
    watch.files = publish(other);
    const [fork] = await watch.look();
    assert.ok(fork?.kind === "fork" && fork.evidence.length === 3);
    const request = parseAddCheckpoint(watch.disk.readFile(fork.evidence.at(2) ?? "") as Buffer);
    const { head } = openSignedHead(request.checkpoint, trust);
    assert.equal(request.oldSize, 300);
    const check = (root: Uint8Array): boolean => verifyConsistency(request.proof, 300, 700, root, head.root);
    assert.deepEqual(
      [check(rootOf(other.slice(0, 300))), check(rootOf(honest.slice(0, 300)))],
      [true, false],
    );
    assert.equal(keptSize(watch.disk), 300);
  });

  test("tells a rollback from a fork that is smaller", async () => {
    const watch = newWatch();
    watch.files = publish(honest);
    await watch.look();
    watch.files = new Map([
      ...publish(honest),
      ["checkpoint", fileOf(publish(honest.slice(0, 300)), "checkpoint")],
    ]);
    const [rollback] = await watch.look();
    assert.ok(
      rollback?.kind === "rollback" &&
        /700 entries before, and 300 now: an older state/.test(rollback.reason),
    );
    assert.equal(rollback.evidence.length, 2);
    watch.files.set("checkpoint", fileOf(publish(other.slice(0, 300)), "checkpoint"));
    assert.deepEqual(kinds(await watch.look()), ["fork"]);
    watch.files = publish(honest.slice(0, 300));
    const [unknown] = await watch.look();
    assert.ok(unknown?.kind === "rollback" && /could not be checked/.test(unknown.reason));
    assert.equal(keptSize(watch.disk), 700);
  });

  test("takes no growth that is not shown", async () => {
    const watch = newWatch();
    await watch.look();
    watch.files = publish(honest);
    watch.files.delete("tile/0/001");
    const [finding] = await watch.look();
    assert.ok(finding?.kind === "unproven" && /has no tile\/0\/001/.test(finding.reason));
    assert.equal(keptSize(watch.disk), 300);
    watch.files = publish(honest);
    assert.deepEqual(kinds(await watch.look()), ["grown"]);
  });

  test("takes no checkpoint that the log did not sign", async () => {
    const watch = newWatch();
    const stranger = parseSignerKey(generateSignerKey(followedOrigin, new Uint8Array(32).fill(9)).signerKey);
    const otherLog = parseSignerKey(
      generateSignerKey("log.example/other", new Uint8Array(32).fill(9)).signerKey,
    );
    const good = fileOf(publish(honest), "checkpoint");
    const bad: Uint8Array[] = [
      fileOf(publish(honest, [stranger]), "checkpoint"),
      fileOf(publish(honest, [otherLog]), "checkpoint"),
      Buffer.from(good.toString().replace("700", "701")),
      Buffer.from("<html>It works!</html>"),
      new Uint8Array(),
      new Uint8Array(1_000_001).fill(65),
    ];
    for (const bytes of bad) {
      watch.files = new Map([["checkpoint", bytes]]);
      assert.deepEqual(kinds(await watch.look()), ["signature"]);
    }
    assert.equal(watch.disk.readFile(statePath), undefined);
  });

  test("tells an unreachable server from a log that stands still", async () => {
    const watch = newWatch();
    await watch.look();
    watch.disk.nowMs = stallMs - 1;
    assert.deepEqual(kinds(await watch.look()), ["unchanged"]);
    watch.disk.nowMs = stallMs;
    const [stalled] = await watch.look();
    assert.ok(stalled?.kind === "stalled" && stalled.since === "1970-01-01T00:00:00.000Z");
    watch.files = new Map();
    assert.deepEqual(kinds(await watch.look()), ["unreachable"]);
    const down = newWatch({ server: serverOf(async () => Promise.reject(new TypeError("fetch failed"))) });
    assert.deepEqual(kinds(await down.look()), ["unreachable"]);
    // A log that grows while its tiles cannot be reached is not known to be wrong.
    watch.files = publish(honest);
    const half = newWatch({
      disk: watch.disk,
      server: serverOf(async (url, init) =>
        url.pathname === "/checkpoint"
          ? fetchOf(() => watch.files)(url, init)
          : new Response(null, { status: 500 }),
      ),
    });
    assert.deepEqual(kinds(await half.look()), ["unreachable"]);
  });

  test("says that its own disk fails, and goes on once it does not", async () => {
    const watch = newWatch();
    await watch.look();
    watch.files = publish(honest);
    watch.disk.onStep = (step, path) => {
      if (step === "write")
        throw Object.assign(new Error(`ENOSPC: ${path}`), { code: "ENOSPC", syscall: "write" });
    };
    const [failed] = await watch.look();
    assert.ok(failed?.kind === "failed" && /own files: ENOSPC/.test(failed.reason));
    watch.disk.onStep = undefined;
    assert.deepEqual(kinds(await watch.look()), ["grown"]);
  });

  test("refuses a state that is not this log's", async () => {
    const watch = newWatch();
    watch.disk.replaceFile(statePath, Buffer.from("{}"), true);
    await assert.rejects(watch.look(), { code: "usage", message: /holds no checkpoint of log.example/ });
  });

  test("survives a crash at each step: the state is the old checkpoint or the new one", async () => {
    for (const next of [publish(honest), publish(other), publish(honest.slice(0, 200))]) {
      let steps = 1;
      for (let at = 1; at <= steps; at++) {
        for (const seed of [0.1, 0.4, 0.7]) {
          const watch = newWatch();
          await watch.look();
          watch.disk.settle();
          watch.files = next;
          const before = watch.disk.steps;
          watch.disk.onStep = () => {
            if (watch.disk.steps - before === at) throw new CrashError("now");
          };
          const crashed = await watch.look().then(
            () => false,
            () => true,
          );
          if (!crashed) continue;
          steps = at + 1;
          watch.disk.restart("lost", () => seed);
          const size = keptSize(watch.disk);
          assert.ok(size === 300 || (next.has("tile/0/001") && size === 700), String(size));
          const [again] = await watch.look();
          assert.ok(["grown", "unchanged", "fork", "rollback"].includes(again?.kind ?? ""), again?.kind);
        }
      }
      assert.ok(steps > 4);
    }
  });
});

describe("under a policy", () => {
  const cosigner = (seed: number, seconds: number): Signer =>
    parseSignerKey(
      generateSignerKey(`w${seed}.example`, new Uint8Array(32).fill(seed), "ed25519-cosignature").signerKey,
      () => seconds,
    );
  const policy = parsePolicy(
    [1, 2, 3].map((seed) => `witness w${seed} ${cosigner(seed, 1).vkey}\n`).join("") +
      "group most 2 w1 w2 w3\nquorum most\n",
  );
  const withPolicy = { trust: { ...trust, policy } };

  test("the quorum is asked for, and more cosignatures are news", async () => {
    const watch = newWatch(withPolicy);
    const signed = (...cosigners: Signer[]): PublishedFiles =>
      publish(honest.slice(0, 300), [followedSigner, ...cosigners]);
    watch.files = signed(cosigner(1, 100), cosigner(8, 100));
    const [missed, first] = await watch.look();
    assert.ok(missed?.kind === "quorum" && missed.reason.endsWith("cosigned it: w1"));
    assert.equal(first?.kind, "first");
    watch.files = signed(cosigner(1, 100), cosigner(3, 100));
    watch.disk.nowMs = stallMs * 2;
    assert.deepEqual(kinds(await watch.look()), ["stalled"]);
    watch.files = signed(cosigner(1, 100), cosigner(3, 101));
    assert.deepEqual(kinds(await watch.look()), ["unchanged"]);
    assert.deepEqual(watch.disk.readFile(statePath), fileOf(watch.files, "checkpoint"));
  });

  test("a witness's line that does not verify spoils the checkpoint", async () => {
    const watch = newWatch(withPolicy);
    const text = formatCheckpoint({
      origin: followedOrigin,
      size: 300,
      root: rootOf(honest.slice(0, 300)),
      extensions: [],
    });
    const liar: Signer = { ...cosigner(1, 5), sign: () => new Uint8Array(72) };
    watch.files = new Map([["checkpoint", signNote(text, [followedSigner, liar])]]);
    assert.deepEqual(kinds(await watch.look()), ["signature"]);
  });

  test("a log with two keys must show its Ed25519 line", () => {
    const mldsa = parseSignerKey(
      generateSignerKey(followedOrigin, new Uint8Array(32).fill(4), "ml-dsa-44").signerKey,
      () => 7,
    );
    const both = { ...trust, keys: [followedKey, parseVerifierKey(mldsa.vkey)] };
    const bytes = (signers: Signer[]): Uint8Array =>
      fileOf(publish(honest.slice(0, 2), signers), "checkpoint");
    assert.equal(openSignedHead(bytes([followedSigner, mldsa]), both).head.size, 2);
    assert.equal(openSignedHead(bytes([followedSigner]), both).head.size, 2);
    assert.throws(() => openSignedHead(bytes([mldsa]), both), { code: "unverified" });
    assert.equal(
      openSignedHead(bytes([mldsa]), { ...both, keys: [parseVerifierKey(mldsa.vkey)] }).head.size,
      2,
    );
  });
});

describe("following", () => {
  type Play = { told: string[][]; pauses: number[] };

  /** Follows a log through scenes: what is done before each look. */
  async function play(scenes: ((watch: Watch) => void)[]): Promise<Play> {
    const watch = newWatch();
    const stop = new AbortController();
    const played: Play = { told: [], pauses: [] };
    const rest = scenes.values();
    const next = (): void => {
      const scene = rest.next();
      if (scene.done === true) stop.abort();
      else scene.value(watch);
    };
    next();
    await follow({
      ...watch.options,
      intervalMs: 60_000,
      signal: stop.signal,
      wait: async (ms) => {
        played.pauses.push(ms);
        next();
      },
      report: (findings) => void played.told.push(kinds(findings)),
    });
    return played;
  }

  const same = (): void => undefined;
  const shows =
    (files: PublishedFiles) =>
    (watch: Watch): void =>
      void (watch.files = files);

  test("tells what is new, trouble once, and its end", async () => {
    const { told } = await play([
      same,
      same,
      shows(publish(honest)),
      shows(new Map()),
      same,
      shows(publish(honest)),
      shows(publish(other)),
      same,
      shows(publish(other.slice(0, 500))),
      shows(publish(honest)),
      ({ disk }) => void (disk.nowMs = stallMs * 3),
      same,
    ]);
    assert.deepEqual(told, [
      ["first"],
      ["grown"],
      ["unreachable"],
      ["recovered"],
      ["fork"],
      ["rollback"],
      ["recovered"],
      ["stalled"],
    ]);
  });

  test("asks a server that is away less and less often, and again as usual once it is back", async () => {
    const away = Array.from({ length: 6 }, () => shows(new Map()));
    const { pauses } = await play([same, ...away, shows(publish(honest))]);
    assert.deepEqual(
      pauses.map((ms) => ms / 60_000),
      [1, 2, 4, 8, 15, 15, 15, 1],
    );
  });

  test("ends when it is told to, also while it waits for an answer", async () => {
    const stop = new AbortController();
    const hanging = serverOf(async (_url, { signal }) => {
      setImmediate(() => stop.abort(new Error("enough")));
      return new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason as Error)),
      );
    }, stop.signal);
    const { options } = newWatch({ server: hanging });
    const wait = async (): Promise<void> => assert.fail("it looked on");
    const report = (): void => assert.fail("it found something");
    await follow({ ...options, intervalMs: 1, wait, signal: stop.signal, report });
  });
});
