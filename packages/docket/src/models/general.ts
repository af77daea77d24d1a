// SPDX-License-Identifier: Apache-2.0
// The general models that come with Docket, one for each kind: small, and good enough to mark what a person
// should look at on the first day. assets/models/README.md says what they were trained on.
import { readFileSync } from "node:fs";
import type { ModelKind } from "@docket/policy";

/** From this score on, the policies that come with Docket put an event in the review queue. */
export const shippedCut = 950_000;

const directory = new URL("../../assets/models/", import.meta.url);

/** The bytes of the general model of a kind. */
export function generalModel(kind: ModelKind): Uint8Array {
  return readFileSync(new URL(`general-${kind}.model`, directory));
}
