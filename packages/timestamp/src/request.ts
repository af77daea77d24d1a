// SPDX-License-Identifier: Apache-2.0
// TimeStampReq (RFC 3161 section 2.4.1).
import { encodeDer, oidContent, unsignedContent } from "./der-write.ts";
import { tags } from "./der.ts";

/** What an authority is asked. */
export interface TimestampRequest {
  /** SHA-256 of what is to be stamped: 32 bytes. */
  readonly digest: Uint8Array;
  /** An unsigned number, big-endian: 1 to 32 bytes. Random, and new for each request. */
  readonly nonce: Uint8Array;
  /** The policy to issue it under, such as `1.2.3.4`. Without it the authority takes its default. */
  readonly policy?: string;
  /** Whether the token should bring the signer's certificates along. */
  readonly certificates: boolean;
}

/**
 * The request's bytes (DER), to be sent as `application/timestamp-query`.
 *
 * @throws RangeError for a digest or nonce of another length, or a policy that is no object identifier
 */
export function encodeTimestampRequest(request: TimestampRequest): Uint8Array {
  const { digest, nonce, policy, certificates } = request;
  if (digest.length !== 32) throw new RangeError(`a SHA-256 digest has 32 bytes, got ${digest.length}`);
  if (nonce.length === 0 || nonce.length > 32) {
    throw new RangeError(`a nonce has 1 to 32 bytes, got ${nonce.length}`);
  }
  const version = encodeDer(tags.integer, Uint8Array.of(1));
  // With NULL as parameters, as everybody's authority has seen it; RFC 5754 section 2 allows both.
  const sha256 = encodeDer(tags.sequence, encodeDer(tags.oid, oidContent(sha256Oid)), encodeDer(tags.null));
  return encodeDer(
    tags.sequence,
    version,
    encodeDer(tags.sequence, sha256, encodeDer(tags.octetString, digest)),
    policy === undefined ? nothing : encodeDer(tags.oid, oidContent(policy)),
    encodeDer(tags.integer, unsignedContent(nonce)),
    // The default, FALSE, is not written.
    certificates ? encodeDer(tags.boolean, Uint8Array.of(0xff)) : nothing,
  );
}

const sha256Oid = "2.16.840.1.101.3.4.2.1";
const nothing = new Uint8Array();
