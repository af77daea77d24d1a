// SPDX-License-Identifier: Apache-2.0
// Requests for the operations of an OpenAPI document: some as they should be, most with something wrong.
import { gzipSync } from "node:zlib";
import { broken, fitting, odd } from "./values.ts";
import type { Chance, Schema, Stock } from "./values.ts";

/** A route of the document. */
export type Operation = {
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[];
  /** The media type of its body, and the schema. */
  readonly body: { readonly type: string; readonly schema: Schema } | undefined;
  /** Codes of errors that the document names, and statuses. */
  readonly codes: ReadonlySet<string>;
};

/** A request as it goes over the wire. */
export type WireRequest = {
  /** For whoever looks at a finding. */
  readonly about: string;
  readonly bytes: Buffer;
  /** Codes of errors that the document names for it; `undefined` where it may be no request for a route. */
  readonly codes?: ReadonlySet<string> | undefined;
  /** The client says that it sends no more: what is not a whole request gets no other end. */
  readonly ends: boolean;
};

/** Who asks. */
export type Keys = readonly string[];

/** The operations of a document. */
export function operationsOf(document: unknown): {
  operations: Operation[];
  schemas: Record<string, Schema>;
} {
  const { paths, components } = document as {
    paths: Record<string, Record<string, RawOperation>>;
    components?: { schemas?: Record<string, Schema> };
  };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters = [], requestBody, responses = {} }]): Operation => {
      const [body] = Object.entries(requestBody?.content ?? {});
      return {
        method: method.toUpperCase(),
        path,
        parameters,
        body: body === undefined ? undefined : { type: body[0], schema: body[1].schema ?? {} },
        codes: new Set(
          JSON.stringify(responses)
            .match(/`[a-z_]+`/g)
            ?.map((code) => code.slice(1, -1)),
        ),
      };
    }),
  );
  return { operations, schemas: components?.schemas ?? {} };
}

type RawOperation = {
  responses?: object;
  parameters?: { name: string; in: string; schema?: Schema }[];
  requestBody?: { content?: Record<string, { schema?: Schema }> };
};

/** A request for one of the operations. */
export function makeRequest(
  operations: readonly Operation[],
  stock: Stock,
  keys: Keys,
  chance: Chance,
): WireRequest {
  const operation = chance.pick(operations);
  const method = chance.percent(4) ? chance.pick(methods) : operation.method;
  const path = pathOf(operation, stock, chance) + queryOf(operation, stock, chance);
  const headers = headersOf(operation, stock, keys, chance);
  const body = bodyOf(operation, stock, chance);
  const sent = body !== undefined && headers.encoded ? gzipSync(body) : body;
  const length = sent === undefined ? [] : [`content-length: ${sent.length}`];
  const head = [
    `${method} ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "connection: close",
    ...headers.lines,
    ...length,
  ];
  return {
    about: `${method} ${path.slice(0, 200)}`,
    codes: method === operation.method ? operation.codes : undefined,
    ends: false,
    bytes: Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), sent ?? Buffer.alloc(0)]),
  };
}

const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"];
/** Parts of paths that servers were got out of their folders with, or that decode to something else. */
const pathTricks = [
  "..",
  "%2e%2e",
  "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "..%2f..%2f..%2fetc/passwd",
  "%252e%252e%252f",
  "..%5c..%5c",
  "..\\..\\etc\\passwd",
  "%c0%ae%c0%ae%c0%af",
  "%e0%80%ae",
  "%00",
  "x%00.txt",
  "%ff",
  "%",
  "%zz",
  "%2",
  ".",
  "",
  "//",
  ";x=1",
  "x;jsessionid=1",
  "%0d%0aset-cookie:x=1",
  "%20",
  "~root",
  "*",
  "067.p/256",
  "x001/x002/003",
  "000.p/0",
  "000%2Ep%2F1",
  "-1",
  "00",
  "1e3",
  "0x10",
  "9007199254740993",
  "99999999999999999999",
  "constructor",
  "__proto__",
  "%F0%9F%92%A9",
  "%ed%a0%80",
  "a".repeat(4000),
  "%61".repeat(1000),
  "${jndi:ldap://127.0.0.1:9/x}",
  "'--",
  "%u002e",
];

function pathOf({ path, parameters }: Operation, stock: Stock, chance: Chance): string {
  const filled = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
    if (chance.percent(30)) return chance.pick(pathTricks);
    if (chance.percent(15)) return encodeURIComponent(wellFormed(chance.pick(stock.naughty)));
    const { schema } = parameters.find((each) => each.name === name) ?? {};
    const known = stock.known[name];
    const value = known === undefined ? fitting(schema, stock, chance, name) : chance.pick(known);
    return encodeURIComponent(wellFormed(String(value)));
  });
  if (!chance.percent(4)) return printable(filled);
  return printable(
    chance.pick([`${filled}/`, `/${filled}`, `${filled}/..`, filled.toUpperCase(), `${filled}%2f`]),
  );
}

function queryOf({ parameters }: Operation, stock: Stock, chance: Chance): string {
  const pairs: string[] = [];
  for (const { name, in: where, schema } of parameters) {
    if (where !== "query" || chance.percent(40)) continue;
    const value = chance.percent(40) ? odd(stock, chance) : fitting(schema, stock, chance, name);
    const shown = typeof value === "string" ? value : JSON.stringify(value);
    pairs.push(`${name}=${encodeURIComponent(wellFormed(shown))}`);
  }
  if (chance.percent(8))
    pairs.push(
      chance.pick(["x=1", "a[]=1", "__proto__[x]=1", "=", "%00=%00", "&&&", "limit=1&limit=2", "%zz"]),
    );
  return pairs.length === 0 ? "" : `?${printable(pairs.join("&"))}`;
}

function headersOf(
  { body }: Operation,
  stock: Stock,
  keys: Keys,
  chance: Chance,
): { lines: string[]; encoded: boolean } {
  const lines: string[] = [];
  const key = chance.percent(70) ? keys[0] : chance.pick(keys);
  if (!chance.percent(3)) lines.push(`authorization: Bearer ${key}`);
  else lines.push(chance.pick(oddAuthorizations));
  if (!chance.percent(10)) lines.push("docket-reason: fuzzing");
  if (body !== undefined)
    lines.push(`content-type: ${chance.percent(92) ? body.type : chance.pick(oddTypes)}`);
  const encoded = body?.type === "application/x-ndjson" && chance.percent(30);
  if (encoded) lines.push("content-encoding: gzip");
  if (chance.percent(8)) {
    const value = printable(chance.pick(stock.naughty))
      .replaceAll(/[\r\n]/g, " ")
      .slice(0, 2000);
    lines.push(`${chance.pick(oddHeaders)}: ${value}`);
  }
  return { lines, encoded };
}

const oddAuthorizations = [
  "x-nothing: 1",
  "authorization: Bearer",
  "authorization: Basic eDp5",
  "authorization: Bearer dk_x",
  "authorization:",
  `authorization: Bearer ${"x".repeat(9000)}`,
  "authorization: Bearer a b",
  "Authorization: bearer \u00ff",
];
const oddTypes = [
  "text/plain",
  "application/json; charset=utf-16",
  "application/xml",
  "multipart/form-data",
  "*/*",
  "",
  "x",
  "application/json, text/html",
];
const oddHeaders = [
  "accept",
  "cookie",
  "x-forwarded-for",
  "x-http-method-override",
  "forwarded",
  "referer",
  "user-agent",
  "if-match",
  "range",
  "docket-reason",
  "content-encoding",
  "accept-version",
  "origin",
  "x-request-id",
  "te",
];

function bodyOf({ body }: Operation, stock: Stock, chance: Chance): Buffer | undefined {
  if (body === undefined) return chance.percent(5) ? Buffer.from("{}") : undefined;
  const value = fitting(body.schema, stock, chance);
  const one = chance.percent(40) ? value : broken(value, stock, chance);
  if (chance.percent(82)) return Buffer.from(JSON.stringify(one) ?? "null");
  const text = JSON.stringify(one) ?? "null";
  return chance.pick<() => Buffer>([
    () => Buffer.alloc(0),
    () => Buffer.from(text.slice(0, chance.below(text.length + 1))),
    () => Buffer.from(`\uFEFF${text}`),
    () => Buffer.from(`${text}${text}`),
    () => Buffer.from(`{"a":1,"a":2}`),
    () => Buffer.from(`{"x":"\\ud800"}`),
    () => Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xff, 0xfe, 0xc0, 0xaf]), Buffer.from('"}')]),
    () => Buffer.from("[".repeat(100_000)),
    () => Buffer.from(`{"x":${"9".repeat(400)}}`),
    () => Buffer.from("{'x':1}"),
    () => Buffer.from("NaN"),
    () => Buffer.from(Array.from({ length: 4096 }, () => chance.below(256))),
    () => Buffer.from(`${text}\n${text}\r\n\n{"bad":\n${chance.pick(stock.naughty)}\n`),
    () => Buffer.alloc(chance.pick([20_000, 300_000, 1_200_000]), 0x20),
    () =>
      Buffer.from(
        "From x\r\nSubject: =?utf-8?B?////?=\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
      ),
  ])();
}

/** Percent-encodes what would end the request line; the rest stays as it is, odd or not. */
function printable(text: string): string {
  return Array.from(text, (each) =>
    /[\x21-\x7e\x80-\xff]/.test(each) && each.length === 1 ? each : encodeURIComponent(wellFormed(each)),
  ).join("");
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}
