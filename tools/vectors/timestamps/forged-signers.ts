// SPDX-License-Identifier: Apache-2.0
// Cases that are wrong in who signed, by what right and when, with what, or in how it is written.
import { accept, concat, lax, refuse, type Case, type CaseOptions, type Find } from "./case.ts";
import { answer, der, id, makeToken, usual, type TokenParts } from "./token.ts";

/** Wrong signers, and certificates that are not for time-stamping alone. */
export function signerCases(find: Find): Case[] {
  const by = (name: string, parts: Partial<TokenParts> = {}): Uint8Array =>
    answer(makeToken({ signer: find(name), ...parts }));
  const other = { certificates: [find("other")] };
  const old = { certificates: [find("ec"), find("version-1")] };
  return [
    refuse("signers", "signer: two", by("ec", { signers: 2 })),
    refuse("signers", "signer: none", by("ec", { signers: 0 })),
    refuse("signer", "signer: certificate not there", by("ec", { certificates: [] })),
    refuse("signer", "signer: certificate not there, another is", by("ec", other)),
    refuse("signer", "signer: a certificate of version 1", by("ec", { signer: find("version-1") })),
    accept("signer: a certificate of version 1 is there, too", by("ec", old)),
    refuse(
      "version",
      "signer: version of the other identifier",
      by("ec", { signerVersion: 3 }),
      lax("it does not look at the signer's version"),
    ),
    refuse(
      "version",
      "signer: signed data of version 1",
      by("ec", { dataVersion: 1 }),
      lax("it does not look at the version"),
    ),
    refuse(
      "content",
      "signer: content of another type",
      by("ec", { contentType: "1.2.840.113549.1.9.16.1.5" }),
    ),
    refuse("usage", "usage: no extended key usage", by("no-usage")),
    refuse("usage", "usage: a second purpose", by("two-purposes")),
    refuse("usage", "usage: another purpose", by("other-purpose")),
    refuse("usage", "usage: any purpose", by("any-purpose")),
    refuse("usage", "usage: not critical", by("not-critical")),
    refuse("usage", "usage: the key is for encryption, too", by("for-encryption")),
    refuse(
      "usage",
      "usage: the signer may issue certificates",
      by("signer-authority"),
      lax("it does not ask whether the signer is an authority"),
    ),
  ];
}

/** Paths that lead nowhere, or through a certificate that may not be used so. */
export function pathCases(find: Find): Case[] {
  /** A token by the first, with all their certificates. */
  const by = (...names: [string, ...string[]]): Uint8Array =>
    answer(makeToken({ signer: find(names[0]), certificates: names.map(find) }));
  const rsa: CaseOptions = { roots: ["root-rsa"] };
  return [
    refuse("chain", "path: issued by another root", by("other")),
    refuse("chain", "path: issued by another root, which comes along", by("other", "other-root")),
    refuse("chain", "path: issued by an impostor of the root's name", by("by-false-root", "false-root")),
    refuse("chain", "path: self-signed", by("self-signed")),
    accept("path: self-signed, and trusted", by("self-signed"), { roots: ["self-signed"] }),
    refuse("chain", "path: the certificate between is missing", by("rsa"), rsa),
    refuse("chain", "path: no roots", by("ec"), { roots: [] }),
    refuse("authority", "path: longer than allowed", by("deep", "below-middle", "middle"), rsa),
    refuse(
      "authority",
      "path: issued by a certificate that is not an authority's",
      by("by-not-an-authority", "not-an-authority"),
    ),
    refuse(
      "authority",
      "path: issued by a certificate without basic constraints",
      by("by-no-constraints", "no-constraints"),
    ),
    refuse(
      "authority",
      "path: issued with a key that may not sign certificates",
      by("by-no-certsign", "no-certsign"),
    ),
    refuse(
      "authority",
      "path: issued by an authority without key usage",
      by("by-no-key-usage", "no-key-usage"),
      lax("it takes a missing key usage for any, against RFC 5280 section 4.2.1.3"),
    ),
    refuse(
      "authority",
      "path: issued by an authority for servers only",
      by("by-for-servers", "for-servers"),
      lax("it does not look at the purposes of authorities"),
    ),
    refuse("critical", "path: a critical extension that is not known", by("unknown-critical")),
  ];
}

/** Certificates that were not valid when it was stamped. */
export function timeCases(find: Find): Case[] {
  const at = (time: string, ...names: [string, ...string[]]): Uint8Array =>
    answer(makeToken({ signer: find(names[0]), certificates: names.map(find), stamp: { time } }));
  const between = at(usual.time, "by-expired", "expired-authority");
  return [
    refuse("validity", "time: before the signer's certificate", at(usual.time, "early")),
    refuse("validity", "time: after the signer's certificate", at(usual.time, "late")),
    refuse("validity", "time: half a second after the signer's certificate", at("20260301000000.5Z", "late")),
    refuse("validity", "time: before all certificates", at("20251231235959Z", "ec")),
    refuse("validity", "time: after the certificate between", between),
  ];
}

/** Weak hashes and keys, and algorithms that do not go together. */
export function algorithmCases(find: Find): Case[] {
  const by = (name: string, parts: Partial<TokenParts> = {}): Uint8Array =>
    answer(makeToken({ signer: find(name), ...parts }));
  const algorithm = (oid: string, ...more: Uint8Array[]): { signatureAlgorithm: Uint8Array } => ({
    signatureAlgorithm: der(0x30, id(oid), ...more),
  });
  const byKey = lax("it goes by the key");
  const tokens = lax("its security level covers certificates only");
  const rsa = algorithm("1.2.840.113549.1.1.11", der(5));
  const unknown = algorithm("1.2.3.4.5");
  return [
    refuse(
      "algorithm",
      "algorithm: RSA of 1,024 bits",
      by("rsa1024"),
      lax("at its security level it takes 1,024 bits"),
    ),
    refuse(
      "algorithm",
      "algorithm: a curve that is not of NIST",
      by("curve-k"),
      lax("it takes any curve that it knows"),
    ),
    refuse(
      "algorithm",
      "algorithm: certificate signed with SHA-1",
      by("signed-sha1"),
      lax("at its security level it takes SHA-1 in certificates"),
    ),
    refuse("algorithm", "algorithm: token signed with SHA-1", by("ec", { hash: "sha1" }), tokens),
    refuse("algorithm", "algorithm: token signed with SHA-1 by RSA", by("rsa2048", { hash: "sha1" }), tokens),
    refuse("algorithm", "algorithm: RSASSA-PSS with SHA-1", by("rsa2048", { scheme: "pss-sha1" })),
    refuse(
      "algorithm",
      "algorithm: the signature names another hash than the signer",
      by("ec", algorithm("1.2.840.10045.4.3.3")),
      lax("it goes by the signer's hash"),
    ),
    refuse("algorithm", "algorithm: RSA for a key of P-256", by("ec", rsa), byKey),
    refuse("algorithm", "algorithm: Ed25519 with SHA-256 of the content", by("ed25519")),
    refuse("algorithm", "algorithm: one that nobody knows", by("ec", unknown), byKey),
  ];
}

/** Other ways to write the same, and bytes that are made to cost time. */
export function encodingCases(find: Find): Case[] {
  const signed = (signature: (bytes: Uint8Array) => Uint8Array): Uint8Array =>
    answer(makeToken({ signer: find("ec"), signature }));
  const body = signed((bytes) => bytes).subarray(4);
  const ber = lax("it reads BER");
  const long = concat(Uint8Array.of(0x30, 0x83, 0, body.length >> 8, body.length & 0xff), body);
  const open = concat(Uint8Array.of(0x30, 0x80), body, new Uint8Array(2));
  const more = signed((bytes) => concat(bytes, Uint8Array.of(0)));
  const huge = Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0);
  return [
    refuse("malformed", "encoding: a length that is not its shortest", long, ber),
    refuse("malformed", "encoding: an indefinite length", open, ber),
    refuse("signature", "encoding: a number of ECDSA with a leading zero", signed(padded)),
    refuse("signature", "encoding: a byte after the signature of ECDSA", more),
    refuse("malformed", "encoding: nested a thousand deep", nested(1000)),
    refuse("malformed", "encoding: a length of four gigabytes", huge),
  ];
}

/** The same two numbers of a signature, the first with a zero before it. */
function padded(signature: Uint8Array): Uint8Array {
  const r = signature.subarray(4, 4 + (signature.at(3) ?? 0));
  return der(0x30, der(2, concat(Uint8Array.of(0), r)), signature.subarray(4 + r.length));
}

function nested(depth: number): Uint8Array {
  let value = new Uint8Array();
  for (let i = 0; i < depth; i++) value = Uint8Array.from(der(0x30, value));
  return value;
}
