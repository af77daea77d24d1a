// SPDX-License-Identifier: Apache-2.0
/**
 * Replay from evidence: what a decision read of its event, computed again from the event as it was sealed.
 * Apart from the other replay, since it brings the schemas of events along, and with them a library that
 * takes longer to load than all the rest.
 */
export {
  replayEvidence,
  type EvidencePorts,
  type OpenedEvidence,
  type ReleaseAids,
} from "./replay/evidence.ts";
