// SPDX-License-Identifier: Apache-2.0
// The log's static read path (C2SP tlog-tiles): the checkpoint, and the tiles and entry bundles that it
// covers, as the materialiser wrote them. Below `/cosigned` lies the same log at the pace of its witnesses:
// its checkpoint is the newest that a quorum of them cosigned (docs/decisions/0020-cosigned-path.md).
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseCheckpoint, parseNote, parseTilePath, tileWidth } from "@docket/tlog";
import type { TilePath } from "@docket/tlog";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { answerInTime } from "../context.ts";
import type { LogContext, LogRoutes } from "../context.ts";
import { notFound } from "../errors.ts";
import { describe } from "../openapi.ts";

/**
 * A tile never changes, and a partial one is the beginning of every wider one: a year, the longest that
 * caches heed.
 */
const immutable = "public, max-age=31536000, immutable";
const binary = "application/octet-stream";
const text = "text/plain; charset=utf-8";
const tag = "log";
const name = Type.String({
  description: "The tile's index as tlog-tiles writes it: 067, x001/067, 067.p/12",
});

const checkpointOperation = describe({
  summary: "The published checkpoint (C2SP tlog-checkpoint)",
  tag,
  action: "public",
  answer: { description: "A signed note", type: text, schema: Type.String() },
  errors: ["not_found"],
});
const tileOperation = describe({
  summary: "A tile of hashes (C2SP tlog-tiles)",
  tag,
  action: "public",
  params: Type.Object({ level: Type.String({ description: "The tile's level" }), "*": name }),
  answer: { description: "1 to 256 hashes of 32 bytes", type: binary, schema: Type.String() },
  errors: ["not_found"],
});

const cosignedOperation = describe({
  summary: "The newest checkpoint that a quorum of the log's witnesses cosigned",
  tag,
  action: "public",
  answer: { description: "A signed note", type: text, schema: Type.String() },
  errors: ["not_found", "overloaded"],
});

/**
 * `/checkpoint` and `/tile`, and the same under `/sites/main`, of which they are aliases; and all of it once
 * more under `/cosigned`.
 */
export const addLogFileRoutes: LogRoutes = (server, { site, publicEntries, publication }) => {
  const entriesOperation = describe({
    summary: "A bundle of entries (C2SP tlog-tiles)",
    tag,
    action: publicEntries ? "public" : "readEntries",
    params: Type.Object({ "*": name }),
    answer: {
      description: "1 to 256 entries, each after its u16 length",
      type: binary,
      schema: Type.String(),
    },
    errors: ["not_found"],
  });
  for (const prefix of ["", "/sites/main"]) {
    server.get(`${prefix}/checkpoint`, checkpointOperation, (_request, reply) => sendCheckpoint(site, reply));
    server.get(`${prefix}/cosigned/checkpoint`, cosignedOperation, async (_request, reply) => {
      const note = await answerInTime(publication.checkpoints.newestCosigned());
      if (note === undefined) throw notFound("cosigned checkpoint");
      return reply.headers({ "content-type": text, "cache-control": "no-cache" }).send(Buffer.from(note));
    });
  }
  for (const prefix of ["", "/sites/main", "/cosigned", "/sites/main/cosigned"]) {
    server.get(`${prefix}/tile/:level/*`, tileOperation, (request, reply) => {
      return sendTile(site, tilePathOf(request, prefix), "hash", reply);
    });
    server.get(`${prefix}/tile/entries/*`, entriesOperation, (request, reply) => {
      return sendTile(site, tilePathOf(request, prefix), "entries", reply);
    });
  }
};

async function sendCheckpoint(site: LogContext["site"], reply: FastifyReply): Promise<FastifyReply> {
  const bytes = await answerInTime(readFile(site.paths.checkpoint)).catch(absent("checkpoint"));
  return reply.headers({ "content-type": text, "cache-control": "no-cache" }).send(bytes);
}

/** The path as it was sent: a path that only decodes to a canonical one is not canonical. */
function tilePathOf(request: FastifyRequest, prefix: string): string {
  // A proxy may send the absolute form, http://host/path (RFC 9112 section 3.2.2).
  const [path = ""] = (request.raw.url ?? "").replace(/^https?:\/\/[^/]*/i, "").split("?");
  return path.slice(prefix.length + 1);
}

async function sendTile(
  site: LogContext["site"],
  path: string,
  kind: TilePath["kind"],
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = parseTilePath(path);
  // The kind is what the caller's role was checked for.
  if (parsed?.kind !== kind || !(await isPublished(site, parsed))) throw notFound("tile");
  const file = await answerInTime(open(join(site.paths.site, path))).catch(absent("tile"));
  try {
    const { size } = await file.stat();
    const headers = { "content-type": binary, "cache-control": immutable, "content-length": size };
    // A tile does not change; should its file grow anyway, no more than promised is sent.
    const bytes = file.createReadStream(size === 0 ? {} : { end: size - 1 });
    return reply.headers(headers).send(bytes);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function isPublished(site: LogContext["site"], path: TilePath): Promise<boolean> {
  if (covers(site.status().publishedSize, path)) return true;
  // The file may be newer than what this thread was told of it, and who read it asks for its tiles at once.
  const bytes = await answerInTime(readFile(site.paths.checkpoint)).catch(absent("checkpoint"));
  return covers(parseCheckpoint(parseNote(bytes).text).size, path);
}

function covers(size: number, path: TilePath): boolean {
  const { level, index, width } = path.kind === "hash" ? path.tile : { ...path, level: 0 };
  return index * tileWidth + width <= Math.floor(size / tileWidth ** level);
}

/** What a file that is not there means to a client. */
function absent(what: string): (error: unknown) => never {
  return (error) => {
    const code = (error as NodeJS.ErrnoException).code;
    // A full tile that replaced its partial ones, or a log that has published nothing yet.
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") throw notFound(what);
    throw error;
  };
}
