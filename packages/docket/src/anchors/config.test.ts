// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "@docket/tlog";
import { parseConfiguration } from "../config/configuration.ts";
import { readAnchorsConfig } from "./config.ts";
import type { AnchorsConfig } from "./config.ts";

const read = (yaml: string): AnchorsConfig =>
  readAnchorsConfig(parseConfiguration("docket.yaml", utf8(yaml)).section("anchors"));
const key = Buffer.alloc(32, 7).toString("base64");

void test("without a section nobody is asked", () => {
  assert.deepEqual(read(""), { everyMs: 3_600_000, withinMs: 10_000, authorities: [], roughtime: [] });
});

void test("authorities and Roughtime servers are read", () => {
  const config = read(`anchors:
  every: 10m
  authorities:
    - { name: one, url: "http://127.0.0.1:1/tsr", roots: one.pem, policy: 1.2.3.4, hash: sha256 }
  roughtime:
    - { name: two, address: "time.example.org:2002", key: "${key}" }
    - { name: three, address: "[::1]:2002", key: "${key}" }
`);
  assert.equal(config.everyMs, 600_000);
  assert.deepEqual(config.authorities, [
    { name: "one", url: "http://127.0.0.1:1/tsr", roots: "one.pem", policy: "1.2.3.4" },
  ]);
  assert.deepEqual(
    config.roughtime.map(({ host, port }) => [host, port]),
    [
      ["time.example.org", 2002],
      ["::1", 2002],
    ],
  );
});

void test("mistakes are told with their place", () => {
  const authority = 'name: one, url: "http://h/", roots: one.pem';
  for (const [yaml, message] of [
    ["anchors: { often: 1h }", /docket\.yaml:1: anchors\.often is not known/],
    ["anchors: { every: 1s }", /anchors\.every must be a time from 10s to 1d/],
    [
      "anchors:\n  authorities:\n    - { name: one }",
      /:3: anchors\.authorities\[0\] needs name, url and roots/,
    ],
    [`anchors: { authorities: [{ ${authority}, hash: md5 }] }`, /hash must be one of sha256/],
    [`anchors: { authorities: [{ ${authority}, policy: x }] }`, /must be an object identifier/],
    ['anchors: { authorities: [{ name: one, url: "file:///x", roots: r }] }', /must be an http or https URL/],
    [`anchors: { authorities: [{ ${authority} }, { ${authority} }] }`, /names one twice/],
    [`anchors: { roughtime: [{ name: a, address: "h:99999", key: "${key}" }] }`, /names no port/],
    ['anchors: { roughtime: [{ name: a, address: "h:1", key: short }] }', /must be a key of 32 bytes/],
  ] as const) {
    assert.throws(() => read(yaml), message, yaml);
  }
});
