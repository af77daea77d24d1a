// SPDX-License-Identifier: Apache-2.0
// What the page and its worker say to each other.
import type { VerifyDone, VerifyProgress } from "./job.ts";

/** What a worker says: how far it is; at last what came of it, or why nothing did. */
export type FromVerifier =
  | { readonly kind: "progress"; readonly progress: VerifyProgress }
  | { readonly kind: "done"; readonly done: VerifyDone }
  | { readonly kind: "failed"; readonly message: string };
