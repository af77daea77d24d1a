// SPDX-License-Identifier: Apache-2.0
// Whether an authority's answer is a time-stamp of a digest, to the letter of RFC 3161 and RFC 5816.
import { readPublicKey, schemeOf } from "./algorithm.ts";
import { keyUsages, parseCertificate, readUsableCertificate, type Certificate } from "./certificate.ts";
import { attributeOf, isNamed, readSignedMessage, type SignedMessage, type SignerInfo } from "./cms.ts";
import type { TimestampCrypto } from "./crypto.ts";
import { oidContent, unsignedContent } from "./der-write.ts";
import { expectTag, readDer, readOid, sameBytes, tags, toHex } from "./der.ts";
import { TimestampError, type TimestampFault } from "./error.ts";
import { checkBinding, readBinding } from "./ess.ts";
import { findPath, timeStamping, verifySignature } from "./path.ts";
import { readResponse } from "./response.ts";
import { readStampInfo, stampContent, type StampInfo } from "./tst-info.ts";

/** What a token is checked against. */
export interface TimestampExpectation {
  /** The authority's whole answer (TimeStampResp, DER). */
  readonly response: Uint8Array;
  /** SHA-256 of what should have been stamped: 32 bytes. */
  readonly digest: Uint8Array;
  /** The nonce that was sent. Without it any nonce, and none, is taken: for tokens of others. */
  readonly nonce?: Uint8Array;
  /** The policy that it must have been issued under. Without it any. */
  readonly policy?: string;
  /** Certificates that are trusted (X.509, DER). They need not be self-signed. */
  readonly roots: readonly Uint8Array[];
  /** Certificates that a path may use besides the token's own (DER), for tokens that bring none. */
  readonly certificates?: readonly Uint8Array[];
  readonly crypto: TimestampCrypto;
  /** When the answer was there, by a clock that the caller trusts: a later stamp is refused. Unix, ms. */
  readonly atMs?: number;
}

/** A time-stamp that holds, or the first thing that is wrong with it. */
export type TimestampVerdict = GoodTimestamp | BadTimestamp;

/** A time-stamp that holds. */
export interface GoodTimestamp {
  readonly ok: true;
  /** The token's time, rounded down. Unix, ms. */
  readonly genTimeMs: number;
  /** How far off the authority says it may be, rounded up; `null` if it does not say. ms. */
  readonly accuracyMs: number | null;
  /** The earliest moment the stamp can have been made: time less accuracy, rounded down. Unix, ms. */
  readonly earliestMs: number;
  /** The latest moment: time and accuracy, rounded up. What is stamped existed then. Unix, ms. */
  readonly latestMs: number;
  /** The token's serial number, hex without leading zeros; with a minus before it where it is negative. */
  readonly serial: string;
  /** The policy that it was issued under, such as `1.2.3.4`. */
  readonly policy: string;
  /** The subject of the signer's certificate, readable: `CN=…, O=…`. */
  readonly signer: string;
  /** SHA-256 of the signer's certificate, hex. */
  readonly signerSha256: string;
  /** SHA-256 of the root that the path ended at, hex. */
  readonly rootSha256: string;
}

/** A time-stamp that does not hold. */
export interface BadTimestamp {
  readonly ok: false;
  readonly code: TimestampFault;
  /** One sentence, for people. It may quote names from the token, without control characters. */
  readonly why: string;
}

/**
 * Checks an answer: status, imprint, nonce, policy, one signer, signed attributes, the signer's certificate
 * (ESSCertID or ESSCertIDv2), its usage, the signature, and the path to a root at the time of the stamp.
 * Revocation is not asked.
 *
 * @throws RangeError for a digest that has not 32 bytes, a policy that is no object identifier, or roots
 *   or certificates of the caller's that cannot be read
 */
export function verifyTimestamp(expectation: TimestampExpectation): TimestampVerdict {
  const { digest, policy, nonce } = expectation;
  if (digest.length !== 32) throw new RangeError(`a SHA-256 digest has 32 bytes, got ${digest.length}`);
  if (nonce?.length === 0) throw new RangeError("a nonce has at least one byte");
  if (policy !== undefined) oidContent(policy);
  const given: GivenCertificates = {
    roots: expectation.roots.map((der) => readGiven(() => parseCertificate(der), "root")),
    extra: (expectation.certificates ?? []).flatMap((der) =>
      readGiven(() => readUsableCertificate(readDer(der)), "certificate"),
    ),
  };
  try {
    return judge(expectation, given);
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    // The functions below throw faults of stamps only.
    return { ok: false, code: error.code as TimestampFault, why: error.message };
  }
}

type GivenCertificates = { readonly roots: readonly Certificate[]; readonly extra: readonly Certificate[] };

function judge(expectation: TimestampExpectation, given: GivenCertificates): GoodTimestamp {
  const message = readToken(expectation.response);
  const stamp = readStampInfo(message.content);
  checkStamp(stamp, expectation);
  const { signer } = message;
  checkAttributes(message, expectation.crypto);
  const certificate = findSigner(message, given.extra, expectation.crypto);
  checkSignature(signer, certificate, expectation.crypto);
  checkUsage(certificate);
  const genTimeMs = Math.floor(stamp.time.micros / 1000);
  const path = findPath({
    signer: certificate,
    others: [...message.certificates, ...given.extra],
    roots: given.roots,
    atMs: genTimeMs,
    crypto: expectation.crypto,
  });
  checkBinding(readBinding(signer), path, expectation.crypto);
  return {
    ok: true,
    genTimeMs,
    ...intervalOf(stamp),
    serial: stamp.serial,
    policy: stamp.policy,
    signer: certificate.subjectText,
    signerSha256: toHex(expectation.crypto.digest("SHA-256", certificate.bytes)),
    rootSha256: toHex(expectation.crypto.digest("SHA-256", (path.at(-1) as Certificate).bytes)),
  };
}

function readToken(response: Uint8Array): SignedMessage {
  const { status, statusText, failures, token } = readResponse(response);
  if (status > 1) {
    const reasons = [...failures, statusText].filter((reason) => reason !== "").join(", ");
    refuse("rejected", `the authority answered with status ${status}${reasons === "" ? "" : `: ${reasons}`}`);
  }
  if (token === undefined) refuse("malformed", "the authority granted the request and sent no token");
  const message = readSignedMessage(token);
  if (message.contentType !== stampContent) {
    refuse("content", `what is signed is of type ${message.contentType}, not a time-stamp`);
  }
  return message;
}

function checkStamp(stamp: StampInfo, expectation: TimestampExpectation): void {
  if (!sameBytes(stamp.digest, expectation.digest)) refuse("imprint", "another digest is stamped");
  if (expectation.nonce !== undefined) {
    if (stamp.nonce === undefined) refuse("nonce", "the stamp has no nonce");
    if (!sameBytes(unsignedContent(stamp.nonce), unsignedContent(expectation.nonce))) {
      refuse("nonce", "the stamp has another nonce than the request");
    }
  }
  if (expectation.policy !== undefined && stamp.policy !== expectation.policy) {
    refuse("policy", `the stamp was issued under policy ${stamp.policy}, not ${expectation.policy}`);
  }
  const { earliestMs } = intervalOf(stamp);
  if (expectation.atMs !== undefined && earliestMs > expectation.atMs) {
    refuse("time", "the stamp's time is after the moment when it was already there");
  }
}

/** RFC 5652 sections 5.4 and 11: the attributes say of which type the content is, and its digest. */
function checkAttributes({ content, contentType, signer }: SignedMessage, crypto: TimestampCrypto): void {
  const type = attributeOf(signer, "1.2.840.113549.1.9.3", "content type");
  expectTag(type, tags.oid, "content type");
  if (readOid(type) !== contentType) refuse("attributes", "the signed attributes name another content type");
  const digest = attributeOf(signer, "1.2.840.113549.1.9.4", "message digest");
  expectTag(digest, tags.octetString, "message digest");
  if (!sameBytes(digest.content, crypto.digest(signer.digest, content))) {
    refuse("attributes", "the signed attributes hold another digest than the content's");
  }
}

/** The certificate that the signer names. If several could be meant, the signed attribute decides. */
function findSigner(
  { certificates, signer }: SignedMessage,
  extra: readonly Certificate[],
  crypto: TimestampCrypto,
): Certificate {
  const named = [...certificates, ...extra].filter((certificate) => isNamed(signer, certificate));
  const [first] = named;
  if (first === undefined) refuse("signer", "the signer's certificate is not there");
  const binding = readBinding(signer);
  const bound = named.find((certificate) => binding.isSigner(certificate, crypto));
  if (bound === undefined)
    refuse("binding", `the signed attributes name another certificate than “${first.subjectText}”`);
  return bound;
}

function checkSignature(signer: SignerInfo, certificate: Certificate, crypto: TimestampCrypto): void {
  const scheme = schemeOf(signer.signatureAlgorithm, signer.digest);
  const key = readPublicKey(certificate.publicKey);
  if (!verifySignature(crypto, scheme, key, signer.signedBytes, signer.signature)) {
    refuse("signature", "the token's signature does not verify");
  }
}

/** RFC 3161 section 2.3: one purpose, time-stamping, and critical. */
function checkUsage({ extendedUsage, keyUsage, authority }: Certificate): void {
  if (extendedUsage === undefined) refuse("usage", "the signer's certificate has no extended key usage");
  const { critical, purposes } = extendedUsage;
  if (purposes.length !== 1 || purposes[0] !== timeStamping) {
    refuse("usage", "the signer's certificate is not for time-stamping alone");
  }
  if (!critical) refuse("usage", "the extended key usage of the signer's certificate is not critical");
  // RFC 5280 section 4.2.1.12: what key usage says must go with the purpose.
  const { digitalSignature, contentCommitment } = keyUsages;
  const usages = [...(keyUsage ?? [digitalSignature])];
  if (usages.length === 0 || usages.some((bit) => bit !== digitalSignature && bit !== contentCommitment)) {
    refuse("usage", "the key of the signer's certificate is for more than signatures, or not for them");
  }
  if (authority?.isAuthority === true) refuse("usage", "the signer's certificate may issue certificates");
}

function intervalOf({ time, accuracyMicros }: StampInfo): {
  accuracyMs: number | null;
  earliestMs: number;
  latestMs: number;
} {
  const off = accuracyMicros ?? 0;
  return {
    accuracyMs: accuracyMicros === undefined ? null : Math.ceil(accuracyMicros / 1000),
    earliestMs: Math.floor((time.micros - off) / 1000),
    latestMs: Math.ceil((time.micros + (time.finer ? 1 : 0) + off) / 1000),
  };
}

function readGiven<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (error) {
    throw new RangeError(`a ${what} that was given cannot be read`, { cause: error });
  }
}

function refuse(code: TimestampFault, message: string): never {
  throw new TimestampError(code, message);
}
