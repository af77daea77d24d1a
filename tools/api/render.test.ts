// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiPage } from "./render.ts";

test("shapes are told with their choices, bounds and descriptions", () => {
  const schema = {
    type: "object",
    required: ["kind"],
    properties: {
      kind: { enum: ["a", "b"], description: "Which\nof them" },
      list: { type: "array", maxItems: 3, items: { type: "object", properties: { n: { type: "integer" } } } },
      other: { $ref: "#/components/schemas/Thing" },
    },
  };
  const page = apiPage({
    openapi: "3.1.0",
    paths: {
      "/v1/x": {
        post: {
          summary: "Do it",
          tags: ["things"],
          parameters: [{ name: "p|q", in: "query", required: true, schema: { type: "integer", maximum: 9 } }],
          requestBody: { content: { "application/json": { schema } } },
          responses: {
            200: { description: "Done", content: { "application/json": { schema: { $ref: "#/a/Thing" } } } },
            404: { description: "`not_found`: There is nothing." },
          },
        },
      },
    },
    components: { schemas: { Thing: { type: "string", description: "<b>" } } },
  });
  for (const line of [
    "## things",
    "### POST /v1/x",
    "| `p|q` | query (required) | at most 9 |",
    '- `kind` (`"a"` or `"b"`, always): Which of them',
    "- `list` (list of object, at most 3)",
    "  - `n` (integer)",
    "- `other` ([Thing](#thing))",
    "**200: Done** (`application/json`) [Thing](#thing)",
    "Errors: 404 `not_found`.",
    "### Thing",
    "&lt;b>",
  ])
    assert.ok(page.includes(`${line}\n`), `${line}\n---\n${page}`);
});
