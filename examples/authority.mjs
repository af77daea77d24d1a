// SPDX-License-Identifier: Apache-2.0
// A time-stamping authority to try things out with, made of `openssl ts`: node examples/authority.mjs DIR HOST:PORT
// DIR/root.pem is what is to be trusted. Nobody else should: its keys lie beside it.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const [directory = "./authority", address = "127.0.0.1:3161"] = process.argv.slice(2);
const configuration = `[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamping]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[authority]
serial = ./serial
signer_cert = ./stamps.pem
signer_key = ./stamps.key
certs = ./root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
`;
const openssl = (words) => execFileSync("openssl", words.split(" "), { cwd: directory, stdio: "pipe" });
const key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -config ts.cnf";

mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, "ts.cnf"), configuration);
writeFileSync(join(directory, "serial"), "01\n");
openssl(`req -x509 ${key} -keyout root.key -out root.pem -subj /CN=Root -days 30 -extensions root`);
openssl(`req ${key} -keyout stamps.key -out stamps.csr -subj /CN=Stamps`);
const under = "-CA root.pem -CAkey root.key -CAcreateserial -days 30 -extfile ts.cnf -extensions stamping";
openssl(`x509 -req -in stamps.csr -out stamps.pem ${under}`);

async function answer(request, response) {
  if (request.method !== "POST") return response.end("a time-stamping authority (RFC 3161)\n");
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  writeFileSync(join(directory, "query"), Buffer.concat(chunks));
  openssl("ts -reply -queryfile query -out reply -config ts.cnf -section authority");
  response.setHeader("content-type", "application/timestamp-reply");
  return response.end(readFileSync(join(directory, "reply")));
}

const server = createServer((request, response) => void answer(request, response));
const [host, port] = address.split(":");
server.listen(Number(port), host);
