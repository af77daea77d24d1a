// SPDX-License-Identifier: Apache-2.0
// Decisions ready to be sealed, made ahead: bodies and parts as a site makes them under the example policy,
// so that the log can be measured without what deciding costs.
import { randomBytes } from "node:crypto";
import { encodeEvent } from "@docket/protocol/events";
import { Counters } from "../../../packages/docket/src/counters/counters.ts";
import { Limits } from "../../../packages/docket/src/counters/limits.ts";
import { Actors } from "../../../packages/docket/src/evidence/actors.ts";
import type { Actor } from "../../../packages/docket/src/evidence/actors.ts";
import { keyedHash } from "../../../packages/docket/src/evidence/keys.ts";
import type { SiteKeys } from "../../../packages/docket/src/evidence/keys.ts";
import { randomPool } from "../../../packages/docket/src/evidence/random.ts";
import { draftDecision } from "../../../packages/docket/src/intake/draft.ts";
import type { Draft } from "../../../packages/docket/src/intake/draft.ts";
import { Engine } from "../../../packages/docket/src/intake/engine.ts";
import type { EffectKeeper } from "../../../packages/docket/src/intake/engine.ts";
import { siteSignals } from "../../../packages/docket/src/intake/site-signals.ts";
import type { Append } from "../../../packages/docket/src/log/log.ts";
import type { Release } from "../../../packages/docket/src/releases/release.ts";
import { eventSource } from "../events.ts";

const draftsMade = 2048;
const hashBytes = 16;
/** Of four records in a row, so many are the first of their actor. */
export const newActorsOfFour = 3;
/** Stands in a draft for the actor that it gets when it is appended. */
const placeholder = `a_${"0".repeat(22)}`;
const nothingHeld: EffectKeeper = {
  effectsFor: () => ({ held: new Map(), caps: new Set() }),
  listsFor: (lists) => lists,
  observe: () => () => undefined,
};

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
  const memory = { counters: new Counters([]), limits: new Limits([]), standings: new Map() };
  const engine = new Engine(release, memory, {
    hashing: keys.hashing,
    effects: nothingHeld,
    entryHash: (list, entry) => `${list}${entry}`,
    newRestrictionId: () => `r_${randomBytes(12).toString("base64url")}`,
  });
  const hashed = (label: string, text: string): string =>
    keyedHash(keys.hashing, label, text).subarray(0, hashBytes).toString("base64url");
  return () => {
    const event = nextEvent();
    const encodedEvent = encodeEvent(event);
    const decided = engine.try({
      event,
      eventHash: hashed("event", event.id),
      bodyHash: hashed("body", encodedEvent),
      actor: placeholder,
      source: "http",
      decidedAtMs: Date.now(),
      clock: "event",
      signals: siteSignals(event, keys.hashing),
    });
    const actor = { pseudonym: placeholder, key: keys.site };
    return draftDecision(decided, encodedEvent, actor, "operator", keys.site);
  };
}

function at(drafts: readonly Draft[], count: number): Draft {
  const draft = drafts[count % drafts.length];
  if (draft === undefined) throw new RangeError("there are no drafts");
  return draft;
}
