// SPDX-License-Identifier: Apache-2.0
// The signals of an event, with this site's fingerprints.
import type { KeyObject } from "node:crypto";
import { computeSignals, shingleKey, shingleKeyBytes, signalInputOf } from "@docket/policy";
import type { PolicySet, SignalOptions, Signals } from "@docket/policy";
import type { Event } from "@docket/protocol";
import { keyedHash, keyedHashText } from "../evidence/keyed-hash.ts";
import { languageFor } from "./language.ts";

/** Bytes of a text's fingerprint, and of the keyed hash of a domain. */
const fingerprintBytes = 16;
const domainKeyBytes = 12;

// One for each process and key: the derived key is the same everywhere.
const campaignOptions = new WeakMap<KeyObject, NonNullable<SignalOptions["campaigns"]>>();

/**
 * Computes them: pure, but for the hashing key.
 *
 * @param withCampaigns whether what campaigns are found by is wanted too
 * @param language what identifies the language of the text, where it is wanted
 */
export function siteSignals(
  event: Event,
  hashing: KeyObject,
  withCampaigns = false,
  language?: SignalOptions["language"],
): Signals {
  return computeSignals(signalInputOf(event.content), {
    campaigns: withCampaigns ? campaignOptionsOf(hashing) : undefined,
    language,
    fingerprint: (text) => keyedHashText(hashing, "fingerprint", text, fingerprintBytes),
  });
}

/** Those that decisions under these policies need. */
export function signalsUnder(policies: PolicySet, event: Event, hashing: KeyObject): Signals {
  return siteSignals(event, hashing, policies.campaigns !== undefined, languageFor(policies));
}

/** What campaigns are found by: keyed hashes, of this site. */
export function campaignOptionsOf(hashing: KeyObject): NonNullable<SignalOptions["campaigns"]> {
  let options = campaignOptions.get(hashing);
  if (options === undefined) {
    options = {
      shingleKey: shingleKey(keyedHash(hashing, "shingles", "").subarray(0, shingleKeyBytes)),
      domainKey: (domain) => keyedHashText(hashing, "campaign domain", domain, domainKeyBytes),
    };
    campaignOptions.set(hashing, options);
  }
  return options;
}
