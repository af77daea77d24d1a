// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { generateSignerKey } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { at } from "../testing/at.ts";
import { readLogsFile, watchLogsFile } from "./logs-file.ts";
import { formatLogKey, knownLogs, parseLogs } from "./logs.ts";
import { testKey } from "./testing/log.ts";
import { temporaryDirectory, testCosigner, testName } from "./testing/witness.ts";

const a = testKey("log.example/a", "a").vkey;
const successor = testKey("log.example/a", "successor").vkey;
const mlDsa = testKey("log.example/a", "ml-dsa", "ml-dsa-44").vkey;
const b = testKey("log.example/b", "b").vkey;
const own = testCosigner().verifiers;

function logsOf(text: string): Record<string, { vkeys: string[]; url?: string }> {
  const logs = knownLogs(parseLogs(text, "logs").keys, own);
  return Object.fromEntries(
    [...logs].map(([origin, { verifiers, url }]) => [
      origin,
      { vkeys: verifiers.map(({ vkey }) => vkey), ...(url === undefined ? {} : { url }) },
    ]),
  );
}

describe("a list of logs", () => {
  test("has a key a line, several for a log, comments and URLs", () => {
    const first = `# mine\n\nlog ${a}\n  log\t${b}   https://b.example/ \n`;
    const text = `${first}log ${successor}\nlog ${mlDsa}\nlog ${a}`;
    assert.deepEqual(logsOf(text), {
      "log.example/a": { vkeys: [a, successor, mlDsa] },
      "log.example/b": { vkeys: [b], url: "https://b.example/" },
    });
    assert.deepEqual(logsOf(""), {});
  });

  test("takes an origin that is not the key's name", () => {
    assert.deepEqual(logsOf(`log ${a}\norigin go.sum database tree\nlog ${b}\n`), {
      "go.sum database tree": { vkeys: [a] },
      "log.example/b": { vkeys: [b] },
    });
  });

  test("may be a file of keys, a C2SP tlog-policy, or a C2SP tlog-list", () => {
    const expected = { "log.example/a": { vkeys: [a] }, "log.example/b": { vkeys: [b] } };
    assert.deepEqual(logsOf(`${a}\n${b}\n`), expected);
    const policy = `log ${a}\nlog ${b}\nwitness w1 ${testKey("w", "w", "ed25519-cosignature").vkey}\n`;
    assert.deepEqual(logsOf(`${policy}group g 1 w1\nquorum g\n`), expected);
    const list = `# List: test\nlogs/v0\n\n vkey ${a}\n qpd 86400\n\tcontact https://a.example/contact\n`;
    assert.deepEqual(logsOf(`${list}vkey ${b}\nqpd 24\ncontact b (at) example\n`), expected);
    assert.deepEqual(logsOf(`logs/v0\nvkey ${a}\norigin x y\nqpd 1\ncontact c\n`), { "x y": { vkeys: [a] } });
  });

  test("leaves out keys of types that are not known here, with their lines, and tells", () => {
    const ecdsa = "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA==";
    const { keys, skipped } = parseLogs(`log ${ecdsa}\norigin rekor.sigstore.dev - 1\nlog ${a}\n`, "logs");
    assert.deepEqual(
      keys.map(({ origin }) => origin),
      ["log.example/a"],
    );
    assert.deepEqual(
      skipped.map(({ line }) => line),
      [1],
    );
  });

  for (const [text, message] of [
    ["frobnicate", /line 1/],
    [`\n\nlog ${a.slice(0, -2)}`, /line 3/],
    [`log ${a} nowhere`, /no URL/],
    [`log ${a} https://a.example/ more`, /not a line/],
    ["origin x", /below a key/],
    [`log ${a}\norigin`, /below a key/],
    [`log ${a}\norigin x\norigin y`, /below a key/],
    [`log ${a} # comment`, /./],
    ["log", /line 1/],
    [`log ${testKey("w", "w", "ed25519-cosignature").vkey}`, /witness's, not a log's/],
    [`log ${at(own, 1).vkey}`, /this witness's own/],
  ] as const) {
    test(`is refused whole for ${JSON.stringify(text.slice(0, 40))}: ${message.source}`, () => {
      assert.throws(() => logsOf(text), { code: "usage", message });
    });
  }

  test("is refused for a key that is the witness's own under another type", () => {
    // PRIVATE+KEY+name+keyid+base64, where base64 may hold a plus.
    const [, , , , ...base64] = testKey(testName, "own", "ed25519-cosignature").skey.split("+");
    const seed = Buffer.from(base64.join("+"), "base64");
    const asLog = generateSignerKey("log.example/c", seed.subarray(1)).verifierKey;
    assert.throws(() => logsOf(`log ${asLog}`), { code: "usage", message: /this witness's own/ });
  });

  test("reads what it writes, and throws nothing but its own error", () => {
    for (const text of [a, `log ${b} https://b.example/x?y=z`, `log ${a}\norigin go.sum database tree`]) {
      const { keys } = parseLogs(text, "logs");
      assert.deepEqual(parseLogs(keys.map(formatLogKey).join(""), "logs").keys.length, keys.length);
      assert.deepEqual(logsOf(keys.map(formatLogKey).join("")), logsOf(text));
    }
    const word = fc.constantFrom("log", "origin", "vkey", "logs/v0", a, b, "#", "\t", "x y", "https://x");
    const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 8 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), (lines) => {
        try {
          logsOf(lines.join("\n"));
        } catch (error) {
          assert.ok(error instanceof DocketError && error.code === "usage", String(error));
        }
      }),
    );
  });
});

describe("the file of the list", () => {
  test("is read again on SIGHUP, and what cannot be read is told", async (t) => {
    const path = join(temporaryDirectory(t), "logs");
    await assert.rejects(readLogsFile(path, own), { code: "usage", message: /ENOENT/ });
    writeFileSync(path, `log ${a}\n`);
    assert.deepEqual([...(await readLogsFile(path, own)).logs.keys()], ["log.example/a"]);
    const signals = new EventEmitter();
    const told = Promise.withResolvers<void>();
    const stop = await watchLogsFile(path, signals, async () => told.resolve());
    signals.emit("SIGHUP");
    await told.promise;
    stop();
    assert.equal(signals.listenerCount("SIGHUP"), 0);
  });
});
