// SPDX-License-Identifier: Apache-2.0
// `npm run demo` as it is started: it tells its story to the end, also if somebody ends it in the middle, and
// leaves nothing behind.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { moments } from "../../../tools/demo/story.ts";

const program = fileURLToPath(new URL("../../../tools/demo.ts", import.meta.url));

type Shown = { code: number | null; output: string; left: string[] };

/** Runs the demonstration in a temporary directory of its own; `interrupt` says when it has seen enough. */
async function show(
  t: TestContext,
  words: readonly string[],
  interrupt: (output: string) => boolean = () => false,
): Promise<Shown> {
  const folder = mkdtempSync(join(tmpdir(), "docket-demo-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, ["--conditions=@docket/source", program, ...words], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  let interrupted = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (interrupted || !interrupt(output)) return;
      interrupted = true;
      child.kill("SIGINT");
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output, left: readdirSync(folder) };
}

/** Nobody listens any more where it listened. */
async function isGone(output: string): Promise<boolean> {
  const [url = ""] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
  assert.notEqual(url, "", output);
  return fetch(`${url}/healthz`).then(
    () => false,
    () => true,
  );
}

test("the demonstration tells its story", async (t) => {
  const { code, output, left } = await show(t, ["--fast"]);
  assert.equal(code, 0, output);
  const told = [
    /http:\/\/127\.0\.0\.1:\d+\/console#key=dk_/,
    ...Object.values(moments).map((text) => new RegExp(RegExp.escape(text))),
    /Decided: allow \d+/,
    /docket verify receipt\.json --key log\.vkey[^$]*opening +content, disclosed[^$]*verified: receipt of/,
    /Dispute \d+; an answer is due by/,
    /allow +OWNER/,
    /docket verify data --key log\.vkey\s+verified: log/,
    /docket verify tampered --key log\.vkey\s+FAILED +records.*is not the one in the tree/,
    /docket verify tampered --key log\.vkey\s+FAILED +checkpoint.*does not verify/,
    /docket verify backup --key log\.vkey\s+verified: log/,
    /docket verify backup --key log\.vkey --seen receipt\.json\s+FAILED +seen elsewhere.*rollback/,
    /== The end/,
  ];
  let at = 0;
  for (const pattern of told) {
    const found = pattern.exec(output.slice(at));
    assert.ok(
      found !== null,
      `${pattern} did not come after:\n${output.slice(0, at)}\n--\n${output.slice(at)}`,
    );
    at += found.index + found[0].length;
  }
  assert.deepEqual(left, [], "its folder is gone");
  assert.ok(await isGone(output), "its server is gone");
});

test("whoever ends it in the middle finds nothing left behind", async (t) => {
  const watched = (output: string): boolean => output.split("\n").length > 20;
  const { code, output, left } = await show(t, ["--speed", "20"], watched);
  assert.equal(code, 130, output);
  assert.doesNotMatch(output, /== A receipt|Error/);
  assert.deepEqual(left, []);
  assert.ok(await isGone(output));
});

test("wrong words are explained", async (t) => {
  for (const words of [["--speed", "0"], ["--port", "x"], ["--what"]]) {
    const { code, output } = await show(t, words);
    assert.equal(code, 2, words.join(" "));
    assert.match(output, /Usage: npm run demo/);
  }
});
