// SPDX-License-Identifier: Apache-2.0
// The console: one document for all its addresses, whose script asks the API as whoever has signed in. It is
// bundled from packages/console (`npm run console`) and served from memory as it lies in assets/console.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { mayDo, permissions } from "../../access/permissions.ts";
import type { Action } from "../../access/permissions.ts";
import { describe } from "../openapi.ts";
import { WhoCallsSchema } from "./access-schemas.ts";
import { immutable, readAssets, revalidated, sendAsset } from "./assets.ts";

const folder = new URL("../../../assets/console/", import.meta.url);
const tag = "console";

/**
 * What the console may do: load its own scripts, styles and workers, ask its own server, and show pictures
 * that stand in it. No text becomes code, but for the addresses of its own workers.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types docket",
].join("; ");

/** A worker's policy comes with its script: it may load our scripts and ask our server, too. */
const scriptPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'";

const page = { description: "The page", type: "text/html", schema: Type.String() };
const operations = {
  root: describe({
    summary: "The console",
    description: "Sends the browser to /console, with 302.",
    tag,
    action: "public",
    answer: page,
    errors: [],
  }),
  console: describe({
    summary: "The console, in which people see what is decided and act on it",
    tag,
    action: "public",
    answer: page,
    errors: [],
  }),
  place: describe({
    summary: "The same at the address of one of its pages",
    tag,
    action: "public",
    params: Type.Object({ "*": Type.String({ description: "The page" }) }),
    answer: page,
    errors: ["not_found"],
  }),
  file: describe({
    summary: "A script or style of the console",
    tag,
    action: "public",
    params: Type.Object({ file: Type.String({ description: "The name that the console gives" }) }),
    answer: { description: "The file", type: "text/javascript", schema: Type.String() },
    errors: ["not_found"],
  }),
  caller: describe({
    summary: "Whose key or session this is, and what it may do",
    tag: "session",
    action: "anyone",
    answer: { description: "Who calls", type: "application/json", schema: WhoCallsSchema },
    errors: [],
  }),
};

/** `/`, `/console` and the addresses below it, `/console/assets/{file}`, `/v1/caller`. */
export function addConsoleRoutes(server: FastifyInstance): void {
  const assets = readAssets(folder);
  server.get("/", operations.root, (_request, reply) => reply.redirect("/console", 302));
  for (const [path, operation] of [
    ["/console", operations.console],
    ["/console/*", operations.place],
  ] as const) {
    server.get(path, operation, (request, reply) => {
      reply.header("content-security-policy", policy);
      return sendAsset(assets.get("index.html"), revalidated, request, reply);
    });
  }
  server.get("/console/assets/:file", operations.file, (request, reply) => {
    const { file } = request.params as { file: string };
    reply.header("content-security-policy", scriptPolicy);
    return sendAsset(file === "index.html" ? undefined : assets.get(file), immutable, request, reply);
  });
  server.get("/v1/caller", operations.caller, async (request) => whoCalls(request));
}

function whoCalls({ caller, signedIn }: FastifyRequest): object {
  const all = Object.keys(permissions) as Action[];
  return {
    id: caller?.id ?? signedIn?.person.id,
    name: signedIn?.person.name ?? null,
    via: signedIn === null ? "key" : "session",
    roles: caller?.roles ?? [],
    may: caller === null ? [] : all.filter((action) => mayDo(caller, action)),
    factorWanted: signedIn?.factorWanted ?? false,
  };
}
