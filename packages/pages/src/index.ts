// SPDX-License-Identifier: Apache-2.0
/**
 * What the receipt checker finds out, without its page. The pages themselves begin at `check/page.ts`,
 * `dispute/page.ts` and `transparency/page.ts`, and are bundled by `npm run pages`.
 */
export { looksLikeProof, verifyBareProof, type ProofReport } from "./check/bare-proof.ts";
export { judge, type Judgement } from "./check/judge.ts";
export { keysLengthMax, readTrust, type TrustRead } from "./check/trust.ts";
