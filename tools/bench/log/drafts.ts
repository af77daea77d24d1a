// SPDX-License-Identifier: Apache-2.0
// Decisions ready to be sealed, made ahead: bodies and parts as a site makes them under the example policy,
// so that the log can be measured without what deciding costs.
import { randomBytes } from "node:crypto";
import { encodeEvent } from "@docket/protocol/events";
import { computeSignals } from "@docket/policy";
import { Counters } from "../../../packages/docket/src/counters/counters.ts";
import { cleanStanding } from "@docket/policy";
import { Actors } from "../../../packages/docket/src/evidence/actors.ts";
import type { Actor } from "../../../packages/docket/src/evidence/actors.ts";
import { keyedHash } from "../../../packages/docket/src/evidence/keys.ts";
import type { SiteKeys } from "../../../packages/docket/src/evidence/keys.ts";
import { randomPool } from "../../../packages/docket/src/evidence/random.ts";
import {
  counterKinds,
  keysOf,
  namedCounters,
  readCounters,
} from "../../../packages/docket/src/intake/counting.ts";
import { draftDecision } from "../../../packages/docket/src/intake/draft.ts";
import type { Draft } from "../../../packages/docket/src/intake/draft.ts";
import type { Release } from "../../../packages/docket/src/releases/release.ts";
import type { Append } from "../../../packages/docket/src/log/log.ts";
import { eventSource } from "../events.ts";

const draftsMade = 2048;
const hashBytes = 16;
/** Of four records in a row, so many are the first of their actor. */
export const newActorsOfFour = 3;
/** Stands in a draft for the actor that it gets when it is appended. */
const placeholder = `a_${"0".repeat(22)}`;

/** A source of appends: records of prepared decisions, three in four with a new actor, who is made here. */
export function appendSource(keys: SiteKeys, release: Release): () => Append {
  const drafts = Array.from({ length: draftsMade }, draftSource(keys, release));
  const actors = new Actors(keys, randomPool());
  const random = randomPool();
  let count = 0;
  let last: Actor | undefined;
  return () => {
    const { body, parts } = at(drafts, count);
    const lookup = random(32);
    const isNew = last === undefined || count % 4 < newActorsOfFour;
    const actor = last === undefined || isNew ? actors.make(lookup) : last;
    // The memory of actors is the identity map's matter, and not the log's.
    if (isNew) actors.stored(lookup);
    last = actor;
    count++;
    return {
      body: body.replace(placeholder, actor.pseudonym),
      parts: parts.map((part) =>
        part.subject === placeholder ? { ...part, subject: actor.pseudonym, key: actor.key } : part,
      ),
      actors: isNew && actor.entry !== undefined ? [actor.entry] : [],
    };
  };
}

function draftSource(keys: SiteKeys, release: Release): () => Draft {
  const nextEvent = eventSource("draft", newActorsOfFour);
  const { policies } = release;
  const counters = namedCounters(policies);
  const memory = new Counters(counterKinds(counters));
  const hashed = (label: string, text: string): string =>
    keyedHash(keys.hashing, label, text).subarray(0, hashBytes).toString("base64url");
  return () => {
    const event = nextEvent();
    const decidedAtMs = Date.now();
    const signals = computeSignals(
      { text: event.content?.text, title: event.content?.title },
      { fingerprint: (text) => hashed("fingerprint", text) },
    );
    const evaluated = {
      type: event.type,
      op: event.op ?? ("create" as const),
      decidedAt: decidedAtMs,
      actor: event.actor,
      content: event.content,
      signals,
      counters: new Map<string, number>(),
      standing: { strikes: 0, restricted: false },
    };
    const counted = keysOf(counters, policies, evaluated, keys.hashing);
    const encodedEvent = encodeEvent(event);
    return draftDecision({
      event,
      encodedEvent,
      eventHash: hashed("event", event.id),
      bodyHash: hashed("body", encodedEvent),
      actor: { pseudonym: placeholder, key: keys.site, entry: undefined },
      by: "operator",
      source: "http",
      decidedAtMs,
      clock: "event",
      signals,
      policies,
      release: release.id,
      counters: readCounters(counters, memory, counted, placeholder, decidedAtMs),
      keys: counted,
      standing: cleanStanding,
      siteKey: keys.site,
      newRestrictionId: () => `r_${randomBytes(12).toString("base64url")}`,
    });
  };
}

function at(drafts: readonly Draft[], count: number): Draft {
  const draft = drafts[count % drafts.length];
  if (draft === undefined) throw new RangeError("there are no drafts");
  return draft;
}
