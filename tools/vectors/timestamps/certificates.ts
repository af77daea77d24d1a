// SPDX-License-Identifier: Apache-2.0
// The certificates of the vectors, good and bad, made with OpenSSL. Keys are new each time and not kept.
import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate with its key. */
export interface Made {
  readonly name: string;
  readonly der: Uint8Array;
  readonly key: KeyObject;
  /** Where its PEM files lie while the vectors are made. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** How one is made. */
interface Recipe {
  readonly key?: string;
  /** Name of the issuer; left out for a self-signed one. */
  readonly by?: string;
  /** Without them it is a certificate of version 1. */
  readonly extensions?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly digest?: string;
  /** Uses the key and subject of another. */
  readonly twinOf?: string;
  readonly subject?: string;
}

const signing = "keyUsage=critical,digitalSignature";
const stamping = "extendedKeyUsage=critical,timeStamping";
const leaf = [signing, stamping];
const authority = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
const p256 = "EC:P-256";

const recipes: Readonly<Record<string, Recipe>> = {
  root: { extensions: authority },
  "root-rsa": { key: "RSA:3072", extensions: authority },
  "other-root": { extensions: authority },
  // An impostor: the name of the root, another key.
  "false-root": { extensions: authority, subject: "root" },
  middle: {
    key: "EC:P-384",
    by: "root-rsa",
    extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign"],
  },
  "below-middle": { by: "middle", extensions: authority },
  "not-an-authority": {
    by: "root",
    extensions: ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,keyCertSign"],
  },
  "no-constraints": { by: "root", extensions: ["keyUsage=critical,keyCertSign"] },
  "no-certsign": {
    by: "root",
    extensions: ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,digitalSignature"],
  },
  "no-key-usage": { by: "root", extensions: ["basicConstraints=critical,CA:TRUE"] },
  "for-servers": { by: "root", extensions: [...authority, "extendedKeyUsage=serverAuth"] },
  "expired-authority": { by: "root", extensions: authority, to: "20260301000000Z" },
  rsa: { key: "RSA:3072", by: "middle", extensions: leaf },
  rsa2048: { key: "RSA:2048", by: "root", extensions: leaf },
  ec: { by: "root", extensions: leaf },
  "ec-twin": { by: "root", extensions: leaf, twinOf: "ec" },
  p384: { key: "EC:P-384", by: "root", extensions: leaf },
  p521: { key: "EC:P-521", by: "root", extensions: leaf },
  ed25519: { key: "ED25519", by: "root", extensions: leaf },
  other: { by: "other-root", extensions: leaf },
  "by-false-root": { by: "false-root", extensions: leaf },
  "self-signed": { extensions: leaf },
  "no-usage": { by: "root", extensions: ["keyUsage=critical,digitalSignature"] },
  "two-purposes": {
    by: "root",
    extensions: [signing, "extendedKeyUsage=critical,timeStamping,codeSigning"],
  },
  "other-purpose": {
    by: "root",
    extensions: [signing, "extendedKeyUsage=critical,codeSigning"],
  },
  "any-purpose": {
    by: "root",
    extensions: [signing, "extendedKeyUsage=critical,anyExtendedKeyUsage"],
  },
  "not-critical": { by: "root", extensions: [signing, "extendedKeyUsage=timeStamping"] },
  "for-encryption": {
    by: "root",
    extensions: ["keyUsage=critical,digitalSignature,keyEncipherment", stamping],
  },
  "signer-authority": { by: "root", extensions: ["basicConstraints=critical,CA:TRUE", ...leaf] },
  "version-1": { by: "root" },
  early: { by: "root", extensions: leaf, from: "20280101000000Z" },
  late: { by: "root", extensions: leaf, to: "20260301000000Z" },
  rsa1024: { key: "RSA:1024", by: "root", extensions: leaf },
  "curve-k": { key: "EC:secp256k1", by: "root", extensions: leaf },
  "signed-sha1": { by: "root", extensions: leaf, digest: "sha1" },
  "unknown-critical": { by: "root", extensions: [...leaf, "1.2.3.4.5=critical,DER:0500"] },
  deep: { by: "below-middle", extensions: leaf },
  "by-not-an-authority": { by: "not-an-authority", extensions: leaf },
  "by-no-constraints": { by: "no-constraints", extensions: leaf },
  "by-no-certsign": { by: "no-certsign", extensions: leaf },
  "by-no-key-usage": { by: "no-key-usage", extensions: leaf },
  "by-for-servers": { by: "for-servers", extensions: leaf },
  "by-expired": { by: "expired-authority", extensions: leaf },
};

/** All certificates by their names; `folder` is removed by `dispose`. */
export function makeCertificates(): { made: Map<string, Made>; folder: string; dispose: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "docket-stamps-"));
  writeFileSync(join(folder, "index.txt"), "");
  writeFileSync(join(folder, "serial"), "1001\n");
  writeFileSync(join(folder, "ca.cnf"), caConfig(folder));
  const made = new Map<string, Made>();
  for (const [name, recipe] of Object.entries(recipes)) made.set(name, makeOne(folder, name, recipe, made));
  return { made, folder, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs OpenSSL in a folder; throws with what it wrote if it fails. */
export function openssl(folder: string, args: readonly string[]): void {
  execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}

function makeOne(folder: string, name: string, recipe: Recipe, made: ReadonlyMap<string, Made>): Made {
  const { twinOf, digest = "sha256" } = recipe;
  const path = (ending: string): string => join(folder, `${name}.${ending}`);
  const keyFile = twinOf === undefined ? path("key") : join(folder, `${twinOf}.key`);
  if (twinOf === undefined) openssl(folder, ["genpkey", ...keyOptions(recipe.key ?? p256), "-out", keyFile]);
  const subject = `/O=Docket vectors/CN=${recipe.subject ?? twinOf ?? name}`;
  openssl(folder, ["req", "-new", "-key", keyFile, "-subj", subject, "-out", path("csr")]);
  const { extensions } = recipe;
  if (extensions !== undefined) {
    writeFileSync(path("ext"), `${["subjectKeyIdentifier=hash", ...extensions].join("\n")}\n`);
  }
  const issuer = recipe.by === undefined ? undefined : made.get(recipe.by);
  const by =
    issuer === undefined
      ? ["-selfsign", "-keyfile", keyFile]
      : ["-cert", issuer.certificateFile, "-keyfile", issuer.keyFile];
  openssl(folder, [
    ...`ca -config ca.cnf -batch -notext -md ${digest}`.split(" "),
    ...by,
    ...`-startdate ${recipe.from ?? "20260101000000Z"} -enddate ${recipe.to ?? "20351231235959Z"}`.split(" "),
    ...`${extensions === undefined ? "" : `-extfile ${name}.ext `}-in ${name}.csr -out ${name}.pem`.split(
      " ",
    ),
  ]);
  const certificate = new X509Certificate(readFileSync(path("pem")));
  const der = Uint8Array.from(certificate.raw);
  const key = createPrivateKey(readFileSync(keyFile));
  return { name, der, key, certificateFile: path("pem"), keyFile };
}

function keyOptions(kind: string): string[] {
  const [algorithm, detail] = kind.split(":") as [string, string | undefined];
  if (algorithm === "RSA") return ["-algorithm", "RSA", "-pkeyopt", `rsa_keygen_bits:${detail}`];
  if (algorithm === "EC") return ["-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${detail}`];
  return ["-algorithm", algorithm];
}

function caConfig(folder: string): string {
  return `[ca]
default_ca = x
[x]
dir = ${folder}
database = ${folder}/index.txt
new_certs_dir = ${folder}
serial = ${folder}/serial
unique_subject = no
policy = any
[any]
organizationName = optional
commonName = supplied
`;
}
