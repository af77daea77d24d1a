// SPDX-License-Identifier: Apache-2.0
// Tokens of authorities that are in use: Sigstore's, and FreeTSA's.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sharedPath, skipReason } from "../../../tools/shared-data.ts";
import { detachCertificates } from "./detach.ts";
import { at } from "./testing/at.ts";
import { testCrypto as crypto } from "./testing/crypto.ts";
import { fromBase64 } from "./testing/vectors.ts";
import { verifyTimestamp } from "./verify-timestamp.ts";

const name = "vectors/sigstore-bundles";
const folder = sharedPath(name);

/** What is said of tokens that do not hold; all others do, even in bundles that are wrong otherwise. */
const refused = new Map([
  ["rekor2-timestamp-outside-tsa-cert-validity_fail", "validity"],
  ["rekor2-timestamp-payload-mismatch_fail", "imprint"],
  ["rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", "chain"],
  ["rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail", "signer"],
]);

/** What the test reads of a bundle and of its trusted root. */
interface Bundle {
  readonly verificationMaterial?: {
    timestampVerificationData?: { rfc3161Timestamps?: { signedTimestamp: string }[] };
  };
  readonly messageSignature?: { signature: string };
  readonly dsseEnvelope?: { signatures: { sig: string }[] };
}
interface TrustedRoot {
  readonly timestampAuthorities: { certChain: { certificates: { rawBytes: string }[] } }[];
}

test("tokens of authorities in use hold, unless they were made not to", (t) => {
  if (folder === undefined) return t.skip(skipReason(name));
  let count = 0;
  for (const { bundle, response, digest } of readTokens(folder)) {
    const rootFile = join(folder, bundle, "trusted_root.json");
    if (!existsSync(rootFile)) continue;
    const trusted = JSON.parse(readFileSync(rootFile, "utf8")) as TrustedRoot;
    const verdicts = trusted.timestampAuthorities.map(({ certChain }) => {
      const certificates = certChain.certificates.map(({ rawBytes }) => fromBase64(rawBytes));
      return verifyTimestamp({ response, digest, roots: certificates.slice(-1), certificates, crypto });
    });
    const codes: string[] = verdicts.map((verdict) => (verdict.ok ? "accept" : verdict.code));
    assert.ok(codes.includes(refused.get(bundle) ?? "accept"), `${bundle}: ${codes.join()}`);
    assert.equal(codes.includes("accept"), !refused.has(bundle), bundle);
    count += 1;
  }
  assert.ok(count > 15, `${count} tokens`);
});

test("a token of FreeTSA holds against its own root", (t) => {
  if (folder === undefined) return t.skip(skipReason(name));
  const wanted = "rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail";
  const token = readTokens(folder).find(({ bundle }) => bundle === wanted);
  if (token === undefined) return t.skip(skipReason(`${name}/${wanted}`));
  const { certificates } = detachCertificates(token.response);
  const verdict = verifyTimestamp({ ...token, roots: [at(certificates, 1)], crypto });
  assert.ok(verdict.ok, JSON.stringify(verdict));
  assert.equal(new Date(verdict.genTimeMs).toISOString(), "2025-08-06T19:38:49.000Z");
});

/** Each bundle's token. What is stamped is the bundle's signature. */
function readTokens(path: string): { bundle: string; response: Uint8Array; digest: Uint8Array }[] {
  return readdirSync(path).flatMap((bundle) => {
    const file = join(path, bundle, "bundle.sigstore.json");
    const parsed = existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined;
    const stamp = parsed?.verificationMaterial?.timestampVerificationData?.rfc3161Timestamps?.at(0);
    const signature = parsed?.messageSignature?.signature ?? parsed?.dsseEnvelope?.signatures.at(0)?.sig;
    if (stamp === undefined || signature === undefined) return [];
    const digest = createHash("sha256").update(fromBase64(signature)).digest();
    return [{ bundle, response: fromBase64(stamp.signedTimestamp), digest: Uint8Array.from(digest) }];
  });
}

/** One of the bundles is wrong in not being JSON. */
function parse(text: string): Bundle | undefined {
  try {
    return JSON.parse(text) as Bundle;
  } catch {
    return undefined;
  }
}
