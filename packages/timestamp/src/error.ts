// SPDX-License-Identifier: Apache-2.0

/**
 * What is wrong with a time-stamp of RFC 3161, or with the answer that should hold one.
 *
 * - `malformed`: not strict DER, larger or deeper than allowed, or not what RFC 3161, CMS or X.509 has there
 * - `rejected`: the authority did not grant the request; the reason is in the text
 * - `version`: a version of a structure that RFC 3161 or CMS does not have there
 * - `content`: the signed content is not a time-stamp
 * - `imprint`: it stamps another digest, or one made with another hash function than SHA-256
 * - `nonce`: the nonce is missing, or another than the one that was sent
 * - `policy`: it was issued under another policy than the one asked for
 * - `signers`: not exactly one signer
 * - `signer`: the signer's certificate is not there, neither in the token nor among those given; one of
 *   another version than 3 counts as not there
 * - `attributes`: the signed attributes are missing, doubled, or do not say what was signed
 * - `binding`: the signing-certificate attribute is missing, or names another certificate than the signer's
 * - `algorithm`: a hash, signature or key that is unknown or too weak
 * - `signature`: the token's signature does not verify
 * - `usage`: the signer's certificate is not for time-stamping alone, or does not say so as critical
 * - `chain`: no path of certificates leads from the signer to one of the given roots
 * - `validity`: a certificate of the path was not valid yet, or not any more, at the time of the stamp
 * - `authority`: a certificate of the path that may not issue the next: basic constraints, path length, key
 *   usage
 * - `critical`: a certificate of the path has a critical extension that is not understood here
 * - `time`: the stamp's time is after the moment at which the caller says that it already had it
 */
export type TimestampFault =
  | "malformed"
  | "rejected"
  | "version"
  | "content"
  | "imprint"
  | "nonce"
  | "policy"
  | "signers"
  | "signer"
  | "attributes"
  | "binding"
  | "algorithm"
  | "signature"
  | "usage"
  | "chain"
  | "validity"
  | "authority"
  | "critical"
  | "time";

/**
 * What is wrong with a reply of a Roughtime server.
 *
 * - `malformed`: not a packet with the tags and lengths that the protocol has there
 * - `request`: the request that it should answer is itself malformed, or meant for another server's key
 * - `type`: the packet is not a response
 * - `version`: a version that was not asked for, or that the server does not itself list
 * - `nonce`: it repeats another nonce than the request's
 * - `delegation`: the server's long-term key did not sign the delegation
 * - `window`: the time lies outside the span for which the delegated key is trusted
 * - `signature`: the delegated key did not sign the reply
 * - `inclusion`: the signed root does not cover the request
 * - `radius`: an uncertainty of zero, which the protocol forbids
 */
export type RoughtimeFault =
  | "malformed"
  | "request"
  | "type"
  | "version"
  | "nonce"
  | "delegation"
  | "window"
  | "signature"
  | "inclusion"
  | "radius";

/**
 * Refuses bytes that came from outside. A caller's own mistake (a digest that has not 32 bytes) is a
 * `RangeError` instead.
 */
export class TimestampError extends Error {
  override readonly name = "TimestampError";
  readonly code: TimestampFault | RoughtimeFault;

  constructor(code: TimestampFault | RoughtimeFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
