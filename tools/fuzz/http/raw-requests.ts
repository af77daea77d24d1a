// SPDX-License-Identifier: Apache-2.0
// Bytes that no HTTP library sends: requests of which a proxy and a server may think differently, headers
// that are none, and what is not HTTP at all.
import type { Chance } from "./values.ts";
import type { WireRequest } from "./requests.ts";

/** The path of a request that is hidden in another one: it must never be answered. */
export const smuggledPath = "/v1/settings";

/** Makes one of them. @param key an API key that may read settings */
export function makeRawRequest(key: string, chance: Chance): WireRequest {
  const [about, make] = chance.pick(Object.entries(tricks));
  const bytes = make(key, chance);
  return {
    about: `raw: ${about}`,
    ends: true,
    bytes: typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes,
  };
}

/** Whether a trick is one where a second request hides in the body of the first. */
export function isSmuggling(about: string): boolean {
  return about.includes("hides");
}

const post = (key: string, lines: readonly string[], body: string): string =>
  [
    "POST /v1/decisions HTTP/1.1",
    "host: x",
    `authorization: Bearer ${key}`,
    "content-type: application/json",
    ...lines,
    "",
    body,
  ].join("\r\n");
const hidden = (key: string): string =>
  `GET ${smuggledPath} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\nconnection: close\r\n\r\n`;
const get = (...lines: readonly string[]): string => ["GET /healthz HTTP/1.1", ...lines, "", ""].join("\r\n");

const oddSizes = ["-1", "0x2", "2 ", "2;x=\ny", "ffffffffffffffffff", ""];
const oddVersions = ["0.9", "1.0", "1.2", "2.0", "9.9", "1.1.1", "x"];
const absoluteTargets = [
  "http://x/healthz",
  "https://169.254.169.254/latest",
  "file:///etc/passwd",
  "//x/healthz",
  "http:///healthz",
  "http://x",
];
const oddTargets = [
  "*",
  "healthz",
  "?",
  "#",
  "/healthz#x",
  "/./healthz",
  "/%2e/healthz",
  "\\healthz",
  "/\xff\xfe",
  "/\t",
];

const tricks: Record<string, (key: string, chance: Chance) => string | Buffer> = {
  "content-length and chunked, a request hides": (key) =>
    post(
      key,
      [`content-length: ${5 + hidden(key).length}`, "transfer-encoding: chunked"],
      `0\r\n\r\n${hidden(key)}`,
    ),
  "chunked and content-length, a request hides": (key) =>
    post(key, ["transfer-encoding: chunked", "content-length: 4"], `5c\r\n${hidden(key)}\r\n0\r\n\r\n`),
  "two content-lengths, a request hides": (key) =>
    post(key, ["content-length: 2", `content-length: ${2 + hidden(key).length}`], `{}${hidden(key)}`),
  "content-length as a list, a request hides": (key) =>
    post(key, ["content-length: 2, 2"], `{}${hidden(key)}`),
  "content-length with a plus, a request hides": (key) =>
    post(key, ["content-length: +2"], `{}${hidden(key)}`),
  "content-length in hex, a request hides": (key) => post(key, ["content-length: 0x2"], `{}${hidden(key)}`),
  "content-length after a space, a request hides": (key) =>
    post(key, ["content-length : 2"], `{}${hidden(key)}`),
  "an odd transfer-encoding, a request hides": (key, chance) =>
    post(
      key,
      [
        chance.pick([
          "transfer-encoding: xchunked",
          "transfer-encoding: chunked, identity",
          "transfer-encoding:\x0bchunked",
          "transfer-encoding: chunked\r\ntransfer-encoding: x",
        ]),
      ],
      `0\r\n\r\n${hidden(key)}`,
    ),
  "a folded transfer-encoding, a request hides": (key) =>
    post(key, ["x: y", " transfer-encoding: chunked", "content-length: 5"], `0\r\n\r\n${hidden(key)}`),
  "a chunk of odd size, a request hides": (key, chance) =>
    post(key, ["transfer-encoding: chunked"], `${chance.pick(oddSizes)}\r\n{}\r\n0\r\n\r\n${hidden(key)}`),
  "a line feed without its carriage return": (key) =>
    post(key, ["content-length: 2"], "{}").replaceAll("\r\n", "\n"),
  "a carriage return without its line feed": () => get("host: x", "a: b\rc: d"),
  "a null in a header": () => get("host: x", "a: b\0c"),
  "a header without a colon": () => get("host: x", "nothing"),
  "a header without a name": () => get("host: x", ": value"),
  "a header with spaces": () => get("host: x", "a b: c"),
  "two hosts": () => get("host: x", "host: y"),
  "no host": () => get("connection: close"),
  "a host that is none": () => get("host: \u00ff/..;@", "connection: close"),
  "many headers": () => get("host: x", ...Array.from({ length: 3000 }, (_, at) => `x-${at}: 1`)),
  "a huge header": () => get("host: x", `x: ${"y".repeat(100_000)}`),
  "a huge line": () => `GET /${"x".repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
  "a huge name": () => get("host: x", `${"y".repeat(50_000)}: 1`),
  "no version": () => "GET /healthz\r\n\r\n",
  "another version": (_, chance) =>
    `GET /healthz HTTP/${chance.pick(oddVersions)}\r\nhost: x\r\nconnection: close\r\n\r\n`,
  "the preface of HTTP/2": () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a TLS greeting": () => Buffer.from("16030100a5010000a10303", "hex"),
  "an upgrade": () => get("host: x", "connection: upgrade", "upgrade: websocket", "sec-websocket-key: x"),
  "an upgrade to HTTP/2": () =>
    get("host: x", "connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABk"),
  "a connect": () => "CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: x\r\n\r\n",
  "an absolute path": (_, chance) =>
    `GET ${chance.pick(absoluteTargets)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
  "an odd target": (_, chance) =>
    `GET ${chance.pick(oddTargets)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
  "an expectation": (key, chance) =>
    post(
      key,
      [`expect: ${chance.pick(["100-continue", "x", ""])}`, "content-length: 2", "connection: close"],
      "{}",
    ),
  "many requests at once": (key) => hidden(key).replace("connection: close\r\n", "").repeat(20) + hidden(key),
  "a body with a GET": () =>
    "GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
  "a trailer": (key) =>
    post(
      key,
      ["transfer-encoding: chunked", "trailer: authorization", "connection: close"],
      "2\r\n{}\r\n0\r\nauthorization: Bearer x\r\n\r\n",
    ),
  "a body that ends too early": (key) => post(key, ["content-length: 100", "connection: close"], '{"id":'),
  "nothing but line ends": () => "\r\n".repeat(1000),
  noise: (_, chance) => Buffer.from(Array.from({ length: 1 + chance.below(600) }, () => chance.below(256))),
};
