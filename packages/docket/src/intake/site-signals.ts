// SPDX-License-Identifier: Apache-2.0
// The signals of an event, with this site's fingerprints.
import type { KeyObject } from "node:crypto";
import { computeSignals, signalInputOf } from "@docket/policy";
import type { Signals } from "@docket/policy";
import type { Event } from "@docket/protocol";
import { keyedHash } from "../evidence/keys.ts";

/** Bytes of a text's fingerprint. */
const fingerprintBytes = 16;

/** Computes them: pure, but for the hashing key. */
export function siteSignals(event: Event, hashing: KeyObject): Signals {
  return computeSignals(signalInputOf(event.content), {
    fingerprint: (text) =>
      keyedHash(hashing, "fingerprint", text).subarray(0, fingerprintBytes).toString("base64url"),
  });
}
