// SPDX-License-Identifier: Apache-2.0
// Pages for everybody: the receipt checker, the page of a dispute, the page of the log. They are bundled from
// packages/pages (`npm run pages`) and served from memory as they lie in assets/pages; what they know they
// ask the public routes.
import { extname } from "node:path";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { answerInTime } from "../context.ts";
import { describe } from "../openapi.ts";
import { immutable, readAssets, revalidated, sendAsset } from "./assets.ts";

const folder = new URL("../../../assets/pages/", import.meta.url);
const tag = "pages";
const text = "text/plain; charset=utf-8";

/**
 * What a page may do: load its own script and style, ask its own server, and show its icon. No code stands in
 * it, and no text becomes code.
 */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/** The log's keys change about never; who changed them wants it known soon. */
const minute = "public, max-age=60";

const page = (summary: string): ReturnType<typeof describe> =>
  describe({
    summary,
    tag,
    action: "public",
    answer: { description: "The page", type: "text/html", schema: Type.String() },
    errors: [],
  });
const operations = {
  check: page("The receipt checker, which checks in the browser"),
  dispute: page("The page of a dispute: its address has the token after the #"),
  transparency: page("The page of the log"),
  alone: page("The receipt checker as one file that needs no server"),
  file: describe({
    summary: "A script or style of the pages",
    tag,
    action: "public",
    params: Type.Object({ file: Type.String({ description: "The name that a page gives" }) }),
    answer: { description: "The file", type: "text/javascript", schema: Type.String() },
    errors: ["not_found"],
  }),
  keys: describe({
    summary: "The log's verifier keys, a line each, as in its file `log.vkey`",
    description: "Trust them as far as you trust the server; from a second place they prove more.",
    tag,
    action: "public",
    answer: { description: "The keys", type: text, schema: Type.String() },
    errors: ["overloaded"],
  }),
};

/** What the pages' routes lean on. */
export type PageRoutesOf = {
  /** Reads the log's verifier keys, a line each; without it there is no `/log.vkey`. */
  logKeys?: (() => Promise<string>) | undefined;
};

/** `/check`, `/dispute`, `/transparency`, `/receipt-checker.html`, `/pages/{file}`, `/log.vkey`. */
export function addPageRoutes(server: FastifyInstance, { logKeys }: PageRoutesOf): void {
  const assets = readAssets(folder);
  for (const name of ["check", "dispute", "transparency"] as const) {
    server.get(`/${name}`, operations[name], (request, reply) => {
      reply.header("content-security-policy", policy);
      return sendAsset(assets.get(`${name}.html`), revalidated, request, reply);
    });
  }
  server.get("/receipt-checker.html", operations.alone, (request, reply) => {
    // Kept as a file it brings its own policy; here it is not to be shown but saved.
    reply.header("content-disposition", 'attachment; filename="receipt-checker.html"');
    return sendAsset(assets.get("receipt-checker.html"), revalidated, request, reply);
  });
  server.get("/pages/:file", operations.file, (request, reply) => {
    const { file } = request.params as { file: string };
    return sendAsset(extname(file) === ".html" ? undefined : assets.get(file), immutable, request, reply);
  });
  if (logKeys === undefined) return;
  server.get("/log.vkey", operations.keys, async (_request, reply) => {
    const keys = await answerInTime(logKeys());
    return reply.headers({ "content-type": text, "cache-control": minute }).send(keys);
  });
}
