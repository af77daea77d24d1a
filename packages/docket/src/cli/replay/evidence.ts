// SPDX-License-Identifier: Apache-2.0
// The evidence of decisions, for replay: opened with the actors' keys as far as they are there. An actor
// whose key is gone was erased; that is counted and is no fault.
import type { KeyObject } from "node:crypto";
import type { ListView } from "@docket/policy";
import { signalsVersion, unicodeVersion } from "@docket/policy";
import type { Facts, PartName } from "@docket/protocol";
import { replayEvidence } from "@docket/verify/evidence";
import type { EvidencePorts } from "@docket/verify/evidence";
import type { DecisionRecord, ReplayFinding, ReplayRelease } from "@docket/verify/replay";
import { keyedHash } from "../../evidence/keys.ts";
import { openPart } from "../../evidence/seal.ts";
import { openActorKeys } from "../../stores/sqlite/actor-keys.ts";
import type { ActorKeys, ActorKeysSource } from "../../stores/sqlite/actor-keys.ts";
import { openListProof } from "./lists.ts";
import { openModels } from "./models.ts";
import { cellHashOf } from "../../intake/counting.ts";
import { campaignOptionsOf } from "../../intake/site-signals.ts";

/** What a thread opens evidence with. */
export type EvidenceStart = ActorKeysSource & {
  /** The site's directory. */
  site: string;
  hashing: KeyObject;
};

/** How much evidence there was. */
export type EvidenceTally = {
  /** Decisions that were made again from their evidence. */
  opened: number;
  /** Decisions of actors whose keys are gone, or whose content is. */
  erased: number;
  /** Decisions whose signals, or scores, another version computed. */
  otherSignals: number;
  /** Decisions under a release whose lists are not what they were. */
  withoutLists: number;
  /** Decisions under a release whose models are not here. */
  withoutModels: number;
  /**
   * Differences in what lists found, after an emergency brake had held back an entry: which entries were
   * held at that time isn't followed.
   */
  heldEntries: number;
};

/** No evidence seen yet. */
export function noEvidence(): EvidenceTally {
  return { opened: 0, erased: 0, otherSignals: 0, withoutLists: 0, withoutModels: 0, heldEntries: 0 };
}

/** A decision with its sealed parts. */
export type EvidenceInput = {
  release: ReplayRelease;
  record: DecisionRecord;
  facts: Facts;
  parts: readonly { name: PartName; bytes: Uint8Array }[];
};

/** Makes decisions again from their evidence. */
export type EvidenceReplayer = {
  replay(input: EvidenceInput, tally: EvidenceTally): ReplayFinding[];
};

const eventHashBytes = 16;
const hitHashBytes = 8;
/** Most actors' keys that are held in memory. */
const keysCachedMax = 50_000;

/** Opens the identity map, without a lock and without changing it. */
export function openEvidence(start: EvidenceStart, origin: string): EvidenceReplayer {
  const keyOf = actorKeys(start);
  const ports = portsOf(start.hashing);
  const proof = openListProof(start.site, start.hashing);
  const models = openModels(start.site);
  const proved = new Map<string, ReadonlyMap<string, ListView> | undefined>();
  const listsOf = (release: ReplayRelease): ReadonlyMap<string, ListView> | undefined => {
    if (!proved.has(release.id)) {
      const found = proof(release);
      proved.set(release.id, "views" in found ? found.views : undefined);
    }
    return proved.get(release.id);
  };
  return {
    replay({ release, record, facts, parts }, tally) {
      const key = keyOf(record.actor);
      const open = (name: PartName): string | undefined => {
        const sealed = parts.find((part) => part.name === name);
        const opened = key && sealed && openPart(sealed.bytes, name, key, origin);
        return opened?.plaintext.toString("utf8");
      };
      const content = open("content");
      if (content === undefined) {
        tally.erased += 1;
        return [];
      }
      const { signals, unicode = unicodeVersion } = release.manifest;
      if (signals !== signalsVersion || unicode !== unicodeVersion) {
        tally.otherSignals += 1;
        return [];
      }
      const lists = listsOf(release);
      if (lists === undefined) {
        tally.withoutLists += 1;
        return [];
      }
      const scoring = models(release);
      if (typeof scoring === "string") {
        if (scoring === "unsupported") tally.otherSignals += 1;
        else tally.withoutModels += 1;
        return [];
      }
      tally.opened += 1;
      const opened = { content, disclosed: open("disclosed"), personalFacts: open("personalFacts") };
      return replayEvidence(release, { lists, models: scoring }, record, facts, opened, ports);
    },
  };
}

function actorKeys(start: EvidenceStart): ActorKeys {
  const keyOf = openActorKeys(start);
  const cached = new Map<string, Uint8Array | undefined>();
  return (pseudonym) => {
    if (cached.has(pseudonym)) return cached.get(pseudonym);
    const key = keyOf(pseudonym);
    if (cached.size >= keysCachedMax) cached.clear();
    cached.set(pseudonym, key);
    return key;
  };
}

function portsOf(hashing: KeyObject): EvidencePorts {
  const hashed = (purpose: string, value: string, bytes: number): string =>
    keyedHash(hashing, purpose, value).subarray(0, bytes).toString("base64url");
  const cells = cellHashOf(hashing);
  return {
    fingerprint: (text) => hashed("fingerprint", text, eventHashBytes),
    campaigns: campaignOptionsOf(hashing),
    eventId: (id) => hashed("event", id, eventHashBytes),
    body: (encoded) => hashed("body", encoded, eventHashBytes),
    contentId: (id) => hashed("content", id, eventHashBytes),
    cell: (path, value) => cells.of(path, String(value)),
    hit: (list, entry) => `${list}:${hashed("list entry", `${list}\n${entry}`, hitHashBytes)}`,
  };
}
