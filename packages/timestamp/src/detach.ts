// SPDX-License-Identifier: Apache-2.0
// Answers without their certificates, which are most of their bytes and the same each time. The signature
// does not cover them (RFC 5652 section 5.1), so that they can be kept once and handed to the check beside
// the answer.
import { encodeDer } from "./der-write.ts";
import { constructed, fieldsOf, malformed, onlyChild, tags, type DerNode } from "./der.ts";
import { readResponse } from "./response.ts";

/** An answer, and what was taken out of it. */
export interface DetachedTimestamp {
  /** The answer without certificates and lists of revoked ones; verify it with the certificates given. */
  readonly response: Uint8Array;
  /** The certificates that it had, each DER, in their order. */
  readonly certificates: readonly Uint8Array[];
}

/**
 * Takes the certificates out of an answer. {@link verifyTimestamp} says the same of what is left, given
 * these certificates, as of the whole.
 *
 * @throws TimestampError `malformed` for an answer that has no token, or none of this form
 */
export function detachCertificates(response: Uint8Array): DetachedTimestamp {
  const { info, token } = readResponse(response);
  if (token === undefined) malformed("the answer has no token");
  const [type, wrapped, ...more] = token.children;
  if (type === undefined || wrapped?.tag !== constructed(0) || more.length > 0)
    malformed("the token is not one");
  const data = onlyChild(wrapped, "content");
  const fields = fieldsOf(data, tags.sequence, "signed data");
  const kept: DerNode[] = [
    fields.next(tags.integer, "version"),
    fields.next(tags.set, "digest algorithms"),
    fields.next(tags.sequence, "content"),
  ];
  const certificates = fields.optional(constructed(0))?.children ?? [];
  fields.optional(constructed(1));
  kept.push(fields.next(tags.set, "signers"));
  fields.end();
  const bare = encodeDer(tags.sequence, ...kept.map(({ bytes }) => bytes));
  const bareToken = encodeDer(tags.sequence, type.bytes, encodeDer(constructed(0), bare));
  return {
    response: encodeDer(tags.sequence, info.bytes, bareToken),
    // Other kinds than X.509's are of no use to the check.
    certificates: certificates.filter(({ tag }) => tag === tags.sequence).map(({ bytes }) => bytes),
  };
}
