// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { errorTable } from "@docket/protocol";
import { DecisionSchema, ReceiptSchema } from "@docket/protocol/events";
import { Compile } from "typebox/compile";
import { permissions, roles } from "../access/permissions.ts";
import { testEvent, testServer, withKey } from "./testing/server.ts";

type Operation = {
  summary?: string;
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema: object }> }>;
};
type Document = {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, { scheme: string }> };
};

const docs = new URL("../../../../docs/reference/", import.meta.url);

async function documented(): Promise<{
  document: Document;
  routes: { method: string; path: string; action: string }[];
}> {
  const { server, close } = await testServer();
  const routes: { method: string; path: string; action: string }[] = [];
  server.addHook("onRoute", ({ method, url, config, schema }) => {
    if (schema?.hide === true) return;
    for (const one of [method].flat()) {
      const path = url.replaceAll(/:(\w+)/g, "{$1}").replace("*", "{*}");
      if (one !== "HEAD") routes.push({ method: one.toLowerCase(), path, action: config?.action ?? "" });
    }
  });
  await server.ready();
  const document = (await server.inject("/openapi.json")).json<Document>();
  await close();
  return { document, routes };
}

void test("every route is in the OpenAPI document, with who may call it and how it fails", async () => {
  const { document, routes } = await documented();
  assert.equal(document.openapi, "3.1.0");
  assert.ok(document.info.title && document.info.version);
  assert.equal(document.components.securitySchemes["apiKey"]?.scheme, "bearer");
  assert.ok(routes.length >= 16, `${routes.length} routes`);
  const listed = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((m) => `${m} ${path}`),
  );
  assert.deepEqual(listed.sort(), routes.map(({ method, path }) => `${method} ${path}`).sort());
  for (const { method, path, action } of routes) {
    const operation = document.paths[path]?.[method];
    assert.ok(operation !== undefined, `${method} ${path}`);
    const what = `${method} ${path}`;
    assert.ok(operation.summary, what);
    assert.ok(operation.responses["200"]?.content, what);
    assert.ok(operation.responses["500"], what);
    const ways = action === "person" ? ["session"] : action === "public" ? [] : ["apiKey", "session"];
    assert.deepEqual(operation.security?.flatMap(Object.keys), ways, what);
    assert.equal("401" in operation.responses && "403" in operation.responses, action !== "public", what);
    if (method === "post") assert.ok(operation.requestBody, what);
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
    assert.deepEqual(
      inPath.map(({ name }) => `{${name}}`).sort(),
      (path.match(/\{[^}]+\}/g) ?? []).sort(),
      what,
    );
    assert.ok(
      inPath.every(({ required }) => required),
      what,
    );
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      assert.ok(description, `${what} ${status}`);
      if (status === "200") continue;
      assert.deepEqual(content?.["application/json"]?.schema, { $ref: "#/components/schemas/Error" }, what);
    }
  }
});

void test("every reference of the OpenAPI document leads to a schema in it", async () => {
  const { document } = await documented();
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, target]) => target ?? "",
  );
  assert.ok(references.length > 10);
  for (const reference of references) {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(reference)?.[1];
    assert.ok(name !== undefined && name in document.components.schemas, reference);
  }
});

void test("answers have the shape that the document says", async () => {
  const { server, close } = await testServer();
  const headers = { "content-type": "application/json", ...withKey("admin") };
  const decision = await server.inject({
    method: "POST",
    url: "/v1/decisions",
    headers,
    payload: JSON.stringify(testEvent()),
  });
  const receipt = await server.inject({ method: "GET", url: "/v1/receipts/0", headers });
  await close();
  assert.ok(Compile(DecisionSchema).Check(decision.json()), decision.body);
  assert.ok(Compile(ReceiptSchema).Check(receipt.json()), receipt.body);
});

void test("docs/reference/http.md has every route and the table of roles", async () => {
  const { routes } = await documented();
  const text = readFileSync(new URL("http.md", docs), "utf8");
  for (const { method, path } of routes) {
    const name = path.replace("{*}", "{name}");
    assert.ok(text.includes(`${method.toUpperCase()} ${name}`), `${method} ${name} is missing`);
  }
  const header = `| Action | ${roles.join(" | ")} |`;
  const rows = Object.entries(permissions).map(
    ([action, allowed]) =>
      `| \`${action}\` | ${roles.map((role) => (allowed.includes(role) ? "yes" : "")).join(" | ")} |`,
  );
  for (const row of [header, ...rows]) assert.ok(text.includes(row), `http.md lacks this row:\n${row}`);
});

void test("docs/reference/errors.md has every code as the error table has it, and no other", () => {
  const text = readFileSync(new URL("errors.md", docs), "utf8");
  const rows = text.split("\n").filter((line) => /^\| `\w+` \| \d{3} \|/.test(line));
  const expected = Object.entries(errorTable).map(
    ([code, { status, summary, remedy }]) => `| \`${code}\` | ${status} | ${summary} | ${remedy} |`,
  );
  assert.deepEqual(rows, expected, `errors.md should have these rows:\n${expected.join("\n")}`);
});
