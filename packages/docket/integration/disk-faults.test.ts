// SPDX-License-Identifier: Apache-2.0
// A full disk and a hung disk, as a user of the server sees them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { DecideRequest } from "../src/intake/contract.ts";
import { createInstallation } from "../src/installation.ts";
import { openInstallation } from "../src/main.ts";
import { disk } from "../src/stores/files/node-disk.ts";
import { docket, postEvent, startServer } from "./testing/docket.ts";

test("a full disk refuses, and with room again the log goes on and verifies", async (t) => {
  let mounted = "";
  const directory = temporaryDirectory(t, () => {
    // Hooks run in the order in which they were registered: the disk has to go before its directory does.
    if (mounted !== "") execFileSync("umount", ["-l", mounted]);
  });
  const small = join(directory, "small");
  mkdirSync(small);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", small], { stdio: "pipe" });
    mounted = small;
  } catch {
    t.skip("no tmpfs can be mounted here (it takes root)");
    return;
  }
  const data = join(mounted, "data");
  const made = await docket(["init", data, "--keys", join(directory, "keys")]);
  assert.equal(made.code, 0, made.stderr);
  const server = await startServer(t, ["--data", data]);

  const statuses: number[] = [];
  const sealed = new Map<string, number>();
  for (let place = 0; place < 4000 && !statuses.includes(503); place++) {
    const answer = await postEvent(server, bulkyEvent(place));
    statuses.push(answer.status);
    if (answer.status === 200) sealed.set(`e${place}`, (answer.body as { index: number }).index);
  }
  assert.equal(statuses.at(-1), 503, "the small disk fills up");
  assert.ok(sealed.size > 50, `${sealed.size} were sealed before`);
  assert.deepEqual(new Set(statuses), new Set([200, 503]));

  execFileSync("mount", ["-o", "remount,size=60m", mounted]);
  let status = 0;
  for (let tries = 0; tries < 100 && status !== 200; tries++) {
    ({ status } = await postEvent(server, bulkyEvent(10_000 + tries)));
    if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(status, 200, "with room again the log goes on");
  for (const [id, index] of [...sealed].slice(-20)) {
    const answer = await postEvent(server, bulkyEvent(Number(id.slice(1))));
    assert.equal((answer.body as { index: number; repeat: boolean }).index, index);
  }
  await server.stop();
  const verified = await docket(["verify", data, "--key", join(data, "log.vkey")]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});

test("a hung disk is answered within two seconds, and the decision is found afterwards", async (t) => {
  const directory = temporaryDirectory(t);
  const flag = join(directory, "hang");
  process.env["DOCKET_HANG_FILE"] = flag;
  const installation = createInstallation(disk, join(directory, "data"));
  const open = await openInstallation(installation, {
    diskModule: new URL("../src/testing/hanging-disk.ts", import.meta.url).href,
  });
  const request = (id: string): DecideRequest => ({
    event: { id, type: "comment", actor: { id: "alice" }, content: { text: "hello" } },
    dryRun: false,
    by: "operator",
    source: "http",
    receivedMs: Date.now(),
  });
  const first = await open.site.decide(request("1"));
  writeFileSync(flag, "");
  await assert.rejects(open.site.decide(request("2")), { code: "sealing_unknown" });
  rmSync(flag);
  const again = await open.site.decide(request("2"));
  assert.equal(again.index, (first.index ?? 0) + 1);
  assert.equal(again.sealed, true);
  await open.close();
});

function temporaryDirectory(t: TestContext, before: () => void = () => undefined): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-disk-"));
  t.after(() => {
    before();
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

// Long texts of their own, which do not compress.
function bulkyEvent(place: number): object {
  let text = "";
  for (let i = 0; i < 120; i++) text += `${((place * 7919 + i * 104_729) ** 2 % 1_000_003).toString(36)} `;
  return { id: `e${place}`, type: "comment", actor: { id: `u${place}` }, content: { text } };
}
