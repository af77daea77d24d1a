// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { page, section } from "../page.ts";
import { createBaseServer } from "./base-server.ts";
import { createLogMetrics } from "./metrics.ts";
import { pagePolicy, securityHeaders } from "./security-headers.ts";

void test("every answer bears the headers: what is found, what is not, and what is no request", async () => {
  const status = { publishedSize: 0 } as never;
  const metrics = createLogMetrics({ status: () => status, keysStaleMs: () => 0, process: false });
  const server = createBaseServer(metrics, new AbortController(), undefined);
  const html = page({ title: "A <b>", head: [], sections: [section("x", "y")], style: "p { margin: 0 }" });
  server.get("/text", () => "hello");
  server.get("/page", (_request, reply) => reply.type("text/html; charset=utf-8").send(html));
  server.get("/own", (_request, reply) =>
    reply
      .header("content-security-policy", "default-src 'none'; script-src 'self'")
      .type("text/html")
      .send(html),
  );
  server.get("/fails", () => {
    throw new Error("inner words");
  });
  for (const url of ["/text", "/fails", "/nothing", "/page", "/%ff"]) {
    const { headers } = await server.inject(url);
    for (const [name, value] of Object.entries(securityHeaders(false))) {
      if (url === "/page" && name === "content-security-policy") continue;
      assert.equal(headers[name], value, `${url} ${name}`);
    }
  }
  const { headers } = await server.inject("/page");
  const policy = String(headers["content-security-policy"]);
  assert.match(
    policy,
    /^default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src/,
  );
  assert.doesNotMatch(policy, /unsafe|script-src/);
  const own = await server.inject("/own");
  assert.equal(own.headers["content-security-policy"], "default-src 'none'; script-src 'self'");
  // The page says the same of its own style.
  const source = /style-src ('sha256-[^']+')/.exec(policy)?.[1] ?? "none";
  assert.ok(html.includes(`style-src ${source}`));
  await server.close();
});

void test("TLS alone is remembered by browsers", () => {
  assert.equal(securityHeaders(false)["strict-transport-security"], undefined);
  assert.match(securityHeaders(true)["strict-transport-security"] ?? "", /^max-age=\d+$/);
});

void test("a page without styles gets no source for any", () => {
  assert.doesNotMatch(pagePolicy("<p>hello</p>"), /style-src/);
  assert.equal(pagePolicy("<style>a</style><style>a</style>").match(/sha256/g)?.length, 1);
});
