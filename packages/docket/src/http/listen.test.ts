// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { DocketError } from "../error.ts";
import { listenUrl, parseListen } from "./listen.ts";

void test("an address is a host and a port, each of which may be left out", () => {
  for (const [text, host, port, url] of [
    ["127.0.0.1:8080", "127.0.0.1", 8080, "http://127.0.0.1:8080"],
    ["[::1]:0", "::1", 0, "http://[::1]:0"],
    [":8080", "::", 8080, "http://[::]:8080"],
    ["8080", "127.0.0.1", 8080, "http://127.0.0.1:8080"],
    ["localhost:65535", "localhost", 65_535, "http://localhost:65535"],
  ] as const) {
    assert.deepEqual(parseListen(text), { host, port }, text);
    assert.equal(listenUrl(parseListen(text)), url);
  }
});

void test("what is no address is refused with an example", () => {
  for (const text of [
    "",
    "host",
    "host:",
    "1.2.3.4:65536",
    "::1:80",
    "[::1]",
    "http://x:80",
    "a:b",
    "a:-1",
    "a: 1",
  ]) {
    assert.throws(
      () => parseListen(text),
      (error) =>
        error instanceof DocketError && error.code === "usage" && error.message.includes("127.0.0.1:8080"),
      text,
    );
  }
});
