// SPDX-License-Identifier: Apache-2.0
// Files of pages, read once and served from memory.
import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";
import { notFound } from "../errors.ts";

/** A file's name says what it holds, so it never changes: a year, the longest that caches heed. */
export const immutable = "public, max-age=31536000, immutable";
/** A page may change with the next version: caches ask each time, and are told that it has not. */
export const revalidated = "no-cache";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** A file in memory. */
export type Asset = { bytes: Buffer; type: string; etag: string };

/** Reads the files of a folder that a page may be made of, by name. */
export function readAssets(folder: URL): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(folder)) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const bytes = readFileSync(new URL(name, folder));
    assets.set(name, { bytes, type, etag: `"${hash("sha256", bytes, "base64url")}"` });
  }
  return assets;
}

/**
 * Sends a file, or 304 to whoever has it.
 *
 * @throws {DocketError} `not_found`
 */
export function sendAsset(
  asset: Asset | undefined,
  caching: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (asset === undefined) throw notFound("page");
  const { bytes, type, etag } = asset;
  reply.headers({ "cache-control": caching, etag });
  const known = (request.headers["if-none-match"] ?? "").split(",").map((each) => each.trim());
  if (known.includes(etag) || known.includes(`W/${etag}`)) return reply.code(304).send();
  return reply.header("content-type", type).send(bytes);
}
