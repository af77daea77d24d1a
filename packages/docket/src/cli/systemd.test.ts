// SPDX-License-Identifier: Apache-2.0
// The unit for systemd: what it promises stands in it, and systemd reads it where it is installed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createProgram } from "./program.ts";
import { testTerminal } from "./testing/run-docket.ts";

const unit = readFileSync(new URL("../../assets/systemd/docket.service", import.meta.url), "utf8");
/** Of 10, in tenths: what reaches a network and compiles its own code gets no less. */
const exposureMax = 15;

void test("it is confined: no capability, two directories, few calls", () => {
  for (const line of [
    "User=docket",
    "UMask=0077",
    "StateDirectoryMode=0700",
    "LimitCORE=0",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectProc=invisible",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
  ]) {
    assert.ok(unit.split("\n").includes(line), line);
  }
});

void test("the keys lie outside of the data, and the command is one that there is", () => {
  const words = /^ExecStart=\/usr\/local\/bin\/docket (.*)$/m.exec(unit)?.[1]?.split(" ") ?? [];
  const [command, ...options] = words;
  const of = (name: string): string => options[options.indexOf(name) + 1] ?? "";
  assert.equal(of("--keys").startsWith(`${of("--data")}/`), false);
  assert.match(unit, /^StateDirectory=docket docket-keys$/m);
  const program = createProgram(testTerminal().terminal, () => undefined);
  const serve = program.commands.find((each) => each.name() === command);
  for (const option of options.filter((word) => word.startsWith("--"))) {
    assert.ok(
      serve?.options.some(({ long }) => long === option),
      option,
    );
  }
});

void test("systemd reads it without a complaint, and finds little exposed", (t) => {
  const { error } = spawnSync("systemd-analyze", ["--version"]);
  if (error !== undefined) return t.skip("systemd-analyze is not installed");
  const directory = mkdtempSync(join(tmpdir(), "docket-systemd-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "docket.service");
  // It complains of commands that aren't installed.
  writeFileSync(path, unit.replace(/^ExecStart=\S+/m, "ExecStart=/bin/true"));
  const analyze = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync("systemd-analyze", [...words, path], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
    assert.doesNotMatch(stderr, /docket\.service:/);
    return stdout;
  };
  analyze("verify");
  const said = analyze("security", "--offline=true", `--threshold=${exposureMax}`, "--no-pager");
  assert.match(said, /Overall exposure level for docket\.service: (0|1)\.\d/);
});
