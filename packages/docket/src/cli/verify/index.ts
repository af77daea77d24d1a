// SPDX-License-Identifier: Apache-2.0
// What `docket verify` needs: sources of bytes, the checks of a data directory, and printing.
export * from "./directory.ts";
export { runVerify, type VerifyOptions } from "./run.ts";
export * from "./url.ts";
