// SPDX-License-Identifier: Apache-2.0
// A path of certificates from a signer to a root that is trusted (RFC 5280 section 6.1), at a given time.
import { keyFits, readPublicKey, schemeOf, type PublicKey } from "./algorithm.ts";
import { keyUsages, type Certificate } from "./certificate.ts";
import type { SignatureScheme, TimestampCrypto } from "./crypto.ts";
import { fieldsOf, readDer, readUnsigned, sameBytes, tags } from "./der.ts";
import { TimestampError, type TimestampFault } from "./error.ts";

/** The most certificates of a path, signer and root among them. */
const pathCertificatesMax = 8;
/** The most signatures of certificates that are verified in search of a path. */
const verificationsMax = 48;
/** id-kp-timeStamping (RFC 3161 section 2.3), and the purpose that stands for any. */
export const timeStamping = "1.3.6.1.5.5.7.3.8";
const anyPurpose = "2.5.29.37.0";

/** What a path is searched among. */
export interface PathSearch {
  readonly signer: Certificate;
  /** Certificates that may lie between. They are trusted for nothing. */
  readonly others: readonly Certificate[];
  /** Certificates that are trusted. */
  readonly roots: readonly Certificate[];
  /** When the path must have been valid. Unix, ms. */
  readonly atMs: number;
  readonly crypto: TimestampCrypto;
}

/**
 * A path from the signer's certificate to a root, both included.
 *
 * Names are compared by their bytes. A certificate that is itself among the roots is a path of its own.
 *
 * @throws TimestampError `chain` if none leads to a root; `validity`, `authority`, `critical`, `algorithm`
 *   if one would, and a certificate of it may not be used so
 */
export function findPath(search: PathSearch): readonly Certificate[] {
  checkUse(search.signer, search.atMs);
  const state: SearchState = { ...search, verifications: 0, faults: [] };
  const path = extend(state, [search.signer]);
  if (path !== undefined) return path;
  const [fault] = state.faults;
  throw fault ?? new TimestampError("chain", `nothing leads from “${search.signer.subjectText}” to a root`);
}

/**
 * Whether a signature of `message` by a key verifies.
 *
 * @throws TimestampError `algorithm` for a key that is too weak, or cannot sign so
 */
export function verifySignature(
  crypto: TimestampCrypto,
  scheme: SignatureScheme,
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!keyFits(key, scheme))
    throw new TimestampError("algorithm", `a key of ${key.kind} cannot sign ${scheme.kind}`);
  if (scheme.kind === "ecdsa" && !isStrictEcdsa(signature)) return false;
  return crypto.verify(scheme, key.spki, message, signature);
}

type SearchState = PathSearch & { verifications: number; readonly faults: TimestampError[] };

/** Depth first: roots before others, so that the shortest way is tried first. */
function extend(state: SearchState, path: readonly Certificate[]): readonly Certificate[] | undefined {
  const last = path.at(-1) as Certificate;
  if (state.roots.some((root) => sameBytes(root.bytes, last.bytes))) return path;
  if (path.length >= pathCertificatesMax) return undefined;
  for (const candidate of [...state.roots, ...state.others]) {
    if (!sameBytes(candidate.subject, last.issuer)) continue;
    if (path.some((earlier) => sameBytes(earlier.bytes, candidate.bytes))) continue;
    if (!isIssuer(state, candidate, last, path)) continue;
    const found = extend(state, [...path, candidate]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether `candidate` issued `last` and may have; a rule that it breaks is noted, should no other do it. */
function isIssuer(
  state: SearchState,
  candidate: Certificate,
  last: Certificate,
  path: readonly Certificate[],
): boolean {
  if (state.verifications >= verificationsMax) return false;
  state.verifications += 1;
  try {
    const scheme = schemeOf(last.signatureAlgorithm, undefined);
    const key = readPublicKey(candidate.publicKey);
    if (!verifySignature(state.crypto, scheme, key, last.tbs, last.signature)) return false;
    checkUse(candidate, state.atMs);
    checkAuthority(candidate, path);
    return true;
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    state.faults.push(error);
    return false;
  }
}

function checkUse(certificate: Certificate, atMs: number): void {
  const name = certificate.subjectText;
  if (atMs < certificate.notBeforeMs) refuse("validity", `“${name}” was not valid yet`);
  // RFC 5280 section 4.1.2.5: both ends belong to it.
  if (atMs > certificate.notAfterMs) refuse("validity", `“${name}” was not valid any more`);
  const [unknown] = certificate.unknownCritical;
  if (unknown !== undefined) refuse("critical", `“${name}” has the critical extension ${unknown}`);
}

/** RFC 5280 section 6.1.4 (k) to (n), for the issuer of the last certificate of `path`. */
function checkAuthority(candidate: Certificate, path: readonly Certificate[]): void {
  const name = candidate.subjectText;
  const { authority, keyUsage, extendedUsage } = candidate;
  if (authority?.isAuthority !== true) refuse("authority", `“${name}” may not issue certificates`);
  const selfSigned = sameBytes(candidate.subject, candidate.issuer);
  // Conforming authorities state their key usage (section 4.2.1.3); roots are often made without.
  if (keyUsage === undefined ? !selfSigned : !keyUsage.has(keyUsages.keyCertSign)) {
    refuse("authority", `the key of “${name}” may not sign certificates`);
  }
  const between = path.slice(1).filter(({ subject, issuer }) => !sameBytes(subject, issuer)).length;
  if (authority.pathLength !== undefined && between > authority.pathLength) {
    refuse("authority", `“${name}” allows ${authority.pathLength} certificates between, not ${between}`);
  }
  const purposes = extendedUsage?.purposes;
  if (purposes !== undefined && !purposes.includes(timeStamping) && !purposes.includes(anyPurpose)) {
    refuse("authority", `“${name}” may not issue certificates for time-stamping`);
  }
}

/** ECDSA-Sig-Value (RFC 3279 section 2.2.3) in strict DER: two numbers above zero. */
function isStrictEcdsa(signature: Uint8Array): boolean {
  try {
    const fields = fieldsOf(readDer(signature), tags.sequence, "signature");
    const numbers = [fields.next(tags.integer, "r"), fields.next(tags.integer, "s")];
    fields.end();
    /** Of P-521. */
    const scalarBytesMax = 66;
    return numbers.every((number) =>
      readUnsigned(number, "signature", scalarBytesMax).some((byte) => byte !== 0),
    );
  } catch {
    return false;
  }
}

function refuse(code: TimestampFault, message: string): never {
  throw new TimestampError(code, message);
}
