// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfiguration } from "../config/configuration.ts";
import { clockDefaults, readClockConfig } from "./config.ts";
import type { ClockConfig } from "./config.ts";

function read(text: string): ClockConfig {
  return readClockConfig(parseConfiguration("docket.yaml", Buffer.from(text)).section("clock"));
}

test("without the section nobody is asked", () => {
  assert.deepEqual(readClockConfig(undefined), clockDefaults);
  assert.deepEqual(clockDefaults.sources, []);
});

test("sources, times and what a step does are read", () => {
  const text = `clock:
  sources:
    - chrony
    - { chrony: /run/chrony/chronyd.sock }
    - { chrony: "127.0.0.1:10323" }
    - { server: time.example.org }
    - { server: "192.0.2.1:1123" }
    - { server: "[2001:db8::1]:123" }
  every: 30s
  stepOver: 250ms
  driftPpm: 50
  onStep: null
  heartbeatEvery: 15m
`;
  assert.deepEqual(read(text), {
    sources: [
      { kind: "chrony", at: undefined },
      { kind: "chrony", at: "/run/chrony/chronyd.sock" },
      { kind: "chrony", at: "127.0.0.1:10323" },
      { kind: "server", host: "time.example.org", port: 123 },
      { kind: "server", host: "192.0.2.1", port: 1123 },
      { kind: "server", host: "2001:db8::1", port: 123 },
    ],
    everyMs: 30_000,
    stepOverMs: 250,
    driftPpm: 50,
    onStep: "null",
    heartbeatEveryMs: 900_000,
  });
});

for (const wrong of [
  "sources: [ntp]",
  "sources: [{}]",
  "sources: [{ server: a, chrony: b:1 }]",
  "sources: [{ server: 'time.example.org:0' }]",
  "sources: [{ server: 'time.example.org:70000' }]",
  "sources: [{ server: '-h' }]",
  "sources: [{ chrony: '-x' }]",
  "every: 0s",
  "onStep: continue",
  "driftPpm: 0",
  "interval: 5m",
]) {
  test(`${wrong} is refused`, () => {
    assert.throws(() => read(`clock: { ${wrong} }\n`), { code: "configuration_invalid" });
  });
}
