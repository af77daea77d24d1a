// SPDX-License-Identifier: Apache-2.0
// Outside time-stamps: RFC 3161 tokens and Roughtime replies, asked for, read and checked.
export type { DigestName, SignatureScheme, TimestampCrypto } from "./crypto.ts";
export { detachCertificates, type DetachedTimestamp } from "./detach.ts";
export { TimestampError, type RoughtimeFault, type TimestampFault } from "./error.ts";
export { encodeTimestampRequest, type TimestampRequest } from "./request.ts";
export { parseTimestampResponse, type TimestampResponse } from "./response.ts";
export {
  verifyTimestamp,
  type BadTimestamp,
  type GoodTimestamp,
  type TimestampExpectation,
  type TimestampVerdict,
} from "./verify-timestamp.ts";
export { encodeRoughtimeRequest, type RoughtimeQuestion } from "./roughtime/request.ts";
export {
  verifyRoughtime,
  type BadRoughtime,
  type GoodRoughtime,
  type RoughtimeExpectation,
  type RoughtimeVerdict,
} from "./roughtime/verify.ts";
export {
  findMalfeasance,
  nextRoughtimeNonce,
  readMalfeasanceReport,
  type Malfeasance,
  type RoughtimeExchange,
} from "./roughtime/malfeasance.ts";
