// SPDX-License-Identifier: Apache-2.0
// Tokens as an authority makes them: OpenSSL's own.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeTimestampRequest } from "../../../packages/timestamp/src/request.ts";
import { openssl, type Made } from "./certificates.ts";
import { usual } from "./token.ts";

/** What the authority is told. */
export interface Genuine {
  readonly signer: Made;
  /** Certificates that it may send along besides its own. */
  readonly chain: readonly Made[];
  readonly certificates: boolean;
  readonly hash?: string;
  /** Hash of the certificate's identifier; SHA-1 makes the first form of the attribute. */
  readonly bindingHash?: string;
  readonly policy?: string;
  readonly accuracy?: string;
}

/** The answer of `openssl ts -reply`. */
export function genuineAnswer(folder: string, genuine: Genuine): Uint8Array {
  const { signer, chain, certificates, policy } = genuine;
  const path = (name: string): string => join(folder, name);
  writeFileSync(path("chain.pem"), chain.map((each) => readFileSync(each.certificateFile, "utf8")).join(""));
  writeFileSync(path("tsaserial"), "2A01\n");
  writeFileSync(path("tsa.cnf"), tsaConfig(folder, genuine));
  const question = { digest: usual.digest, nonce: usual.nonce, certificates };
  writeFileSync(
    path("question.tsq"),
    encodeTimestampRequest(policy === undefined ? question : { ...question, policy }),
  );
  openssl(folder, [
    ..."ts -reply -config tsa.cnf -section tsa -queryfile question.tsq -out answer.tsr".split(" "),
    ...`-signer ${signer.name}.pem -inkey ${signer.name}.key`.split(" "),
  ]);
  return Uint8Array.from(readFileSync(path("answer.tsr")));
}

function tsaConfig(folder: string, { hash = "sha256", bindingHash = "sha256", accuracy }: Genuine): string {
  return `[tsa]
serial = ${folder}/tsaserial
crypto_device = builtin
certs = ${folder}/chain.pem
signer_digest = ${hash}
default_policy = ${usual.policy}
other_policies = 1.2.3.4.2
digests = sha256
accuracy = ${accuracy ?? "secs:1, millisecs:500, microsecs:100"}
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = ${bindingHash}
`;
}
