// SPDX-License-Identifier: Apache-2.0
// An authority of RFC 3161 made of `openssl ts`, on loopback, and the ways in which one can fail.
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether `openssl ts` is here; else why not. */
export function opensslMissing(): string | undefined {
  return spawnSync("openssl", ["version"]).status === 0 ? undefined : "openssl is not installed";
}

/** What a test's authority does with a request. */
export type Behaviour = "stamps" | "hangs" | "garbage" | "endless" | "fails" | "otherDigest" | "redirects";

/** An authority that answers on loopback. */
export type TestAuthority = {
  url: string;
  /** The file of its root, PEM. */
  roots: string;
  directory: string;
  behave: (behaviour: Behaviour) => void;
  /** Requests so far. */
  requests: () => number;
  /** A token over a digest of choice (hex), DER. */
  reply: (digestHex: string) => Promise<Uint8Array>;
  close: () => Promise<void>;
};

/** Most bytes of a request. */
const requestBytesMax = 10_000;

/** Makes a root, a certificate for stamping under it, and a server. */
export async function startAuthority(directory: string, name = "one"): Promise<TestAuthority> {
  mkdirSync(directory, { recursive: true });
  makeAuthority(directory, name);
  let behaviour: Behaviour = "stamps";
  let requests = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests += 1;
    const query = await bodyOf(request);
    if (behaviour === "hangs") return;
    if (behaviour === "fails") return void response.writeHead(500).end("no");
    if (behaviour === "redirects") return void response.writeHead(302, { location: "/other" }).end();
    response.writeHead(200, { "content-type": "application/timestamp-reply" });
    if (behaviour === "endless") return pour(response);
    if (behaviour === "garbage") return void response.end(Buffer.alloc(500, "spam"));
    response.end(
      behaviour === "otherDigest"
        ? await tokenFor(directory, "00".repeat(32))
        : await replyTo(directory, query),
    );
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    roots: join(directory, "root.pem"),
    directory,
    behave: (next) => {
      behaviour = next;
    },
    requests: () => requests,
    reply: (digestHex) => tokenFor(directory, digestHex),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function makeAuthority(directory: string, name: string): void {
  const openssl = (...words: string[]): void => {
    const { status, stderr } = spawnSync("openssl", words, { cwd: directory });
    if (status !== 0) throw new Error(`openssl ${words[0]}: ${String(stderr)}`);
  };
  writeFileSync(join(directory, "ts.cnf"), configuration);
  writeFileSync(join(directory, "serial"), "01\n");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
  const root = ["-keyout", "root.key", "-out", "root.pem", "-subj", `/CN=Root ${name}`, "-days", "30"];
  openssl("req", "-x509", ...key, ...root, "-config", "ts.cnf", "-extensions", "root");
  const stamping = ["-keyout", "tsa.key", "-out", "tsa.csr", "-subj", `/CN=Stamps ${name}`];
  openssl("req", ...key, ...stamping, "-config", "ts.cnf");
  const signed = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "20"];
  const extensions = ["-extfile", "ts.cnf", "-extensions", "stamping"];
  openssl("x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", ...signed, ...extensions);
}

const configuration = `[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[stamping]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = tsa1
[tsa1]
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.pem
signer_key = ./tsa.key
certs = ./root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`;

let files = 0;

async function replyTo(directory: string, query: Uint8Array): Promise<Uint8Array> {
  const name = `${process.pid}-${++files}`;
  writeFileSync(join(directory, `${name}.tsq`), query);
  const words = ["ts", "-reply", "-queryfile", `${name}.tsq`, "-out", `${name}.tsr`, "-config", "ts.cnf"];
  await run("openssl", [...words, "-section", "tsa1"], { cwd: directory });
  return readFileSync(join(directory, `${name}.tsr`));
}

async function tokenFor(directory: string, digestHex: string): Promise<Uint8Array> {
  const name = `q${process.pid}-${++files}.tsq`;
  await run("openssl", ["ts", "-query", "-digest", digestHex, "-sha256", "-cert", "-out", name], {
    cwd: directory,
  });
  return replyTo(directory, readFileSync(join(directory, name)));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > requestBytesMax) throw new Error("a long request");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

// Until nobody takes it any more.
function pour(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(16_384)));
  };
  response.on("drain", more);
  more();
}
