// SPDX-License-Identifier: Apache-2.0
// Writes packages/timestamp/vectors/timestamps.json:
// `node --conditions=@docket/source tools/vectors/timestamps/make.ts`. Keys and times are new each time, so
// that the file differs; what is in it, and what should come of it, does not.
import { writeFileSync } from "node:fs";
import type { Case } from "./case.ts";
import { makeCases } from "./cases.ts";
import { makeCertificates, type Made } from "./certificates.ts";
import { usual } from "./token.ts";

const { made, folder, dispose } = makeCertificates();
try {
  const find = (name: string): Made => {
    const found = made.get(name);
    if (found === undefined) throw new Error(`there is no certificate ${name}`);
    return found;
  };
  const cases = makeCases(find, folder);
  const used = new Set(cases.flatMap((each) => [...rootsOf(each), ...(each.certificates ?? [])]));
  const certificates = [...used].sort().map((name) => [name, base64(find(name).der)] as const);
  const text = fileText(certificates, cases);
  writeFileSync(new URL("../../../packages/timestamp/vectors/timestamps.json", import.meta.url), text);
  process.stdout.write(`timestamps.json: ${cases.length} cases, ${text.length} bytes\n`);
} finally {
  dispose();
}

function fileText(certificates: readonly (readonly [string, string])[], cases: readonly Case[]): string {
  const lines = (items: readonly string[]): string => items.map((item) => `    ${item}`).join(",\n");
  return `{
  "title": "Answers of RFC 3161 authorities, good and forged, and what a strict verifier says of each",
  "specifications": ["RFC 3161", "RFC 5816", "RFC 5652", "RFC 5035", "RFC 5280"],
  "count": ${cases.length},
  "certificates": {
${lines(certificates.map(([name, der]) => `${JSON.stringify(name)}: ${JSON.stringify(der)}`))}
  },
  "cases": [
${lines(cases.map((each) => JSON.stringify(caseOf(each))))}
  ]
}
`;
}

function caseOf(each: Case): object {
  const nonce = each.nonce === undefined ? usual.nonce : each.nonce;
  return {
    name: each.name,
    result: each.result,
    digest: hex(usual.digest),
    nonce: nonce === null ? null : hex(nonce),
    ...(each.policy === undefined ? {} : { policy: each.policy }),
    ...(each.atMs === undefined ? {} : { atMs: each.atMs }),
    roots: rootsOf(each),
    certificates: each.certificates ?? [],
    ...(each.openssl === undefined ? {} : { openssl: each.openssl }),
    response: base64(each.response),
  };
}

function rootsOf(each: Case): readonly string[] {
  return each.roots ?? ["root"];
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
