// SPDX-License-Identifier: Apache-2.0
// From `git clone` in an empty folder to a receipt that is verified offline: the commands are counted, and
// the time is printed. It isn't judged: a busy machine would fail for what is none of our doing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const commandsMax = 3;

test("a stranger has a verified receipt after three commands", (t) => {
  if (!existsSync(`${root}.git`)) {
    t.skip("there is no repository to clone");
    return;
  }
  const words = [`${root}tools/stopwatch.sh`, root, `${root}node_modules`];
  const { status, stdout, stderr } = spawnSync("bash", words, { encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.match(stdout, /^ok +signature +by docket-[0-9a-f]{16}\/main/m);
  assert.match(stdout, /^ok +inclusion /m);
  assert.match(stdout, /^verified: receipt of docket-/m);
  const [, commands = "0", ms = "0"] = /^commands (\d+), ms (\d+)$/m.exec(stdout) ?? [];
  assert.ok(Number(commands) >= 1 && Number(commands) <= commandsMax, stdout);
  t.diagnostic(`${commands} commands, ${(Number(ms) / 1000).toFixed(1)} s without the packages`);
});
