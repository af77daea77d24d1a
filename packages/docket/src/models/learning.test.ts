// SPDX-License-Identifier: Apache-2.0
// What a model learns from labels, and what it must not.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event, LabelSource, LabelValue } from "@docket/protocol";
import { examplesPerActorMax, examplesPerTextMax, isHeldOut, siteExamples } from "./learning.ts";
import type { LabelledDecision } from "./learning.ts";

let made = 0;

function decision(
  text: string | undefined,
  label: LabelValue,
  over: { actor?: string; source?: LabelSource; erased?: true } = {},
): LabelledDecision {
  const of = made++;
  const event: Event = {
    id: `e${of}`,
    type: "comment",
    actor: { id: "u" },
    ...(text !== undefined && { content: { text } }),
  };
  return {
    label: { of, label, source: over.source ?? "moderator" },
    actor: over.actor ?? `a_${of}`,
    event: over.erased === true ? undefined : event,
  };
}

test("labels are learned from, but for a fifth of the texts, whichever way they are spelled", async () => {
  const texts = Array.from({ length: 1_000 }, (_, place) => `text number ${place}`);
  const { learned, heldOut } = await siteExamples(texts.map((text) => decision(text, "spam")));
  assert.equal(learned.length + heldOut.length, 1_000);
  assert.ok(heldOut.length > 150 && heldOut.length < 250, `${heldOut.length}`);
  assert.ok(learned.every(({ text }) => !isHeldOut(text)));
  for (const text of texts.slice(0, 50)) {
    assert.equal(isHeldOut({ text }), isHeldOut({ text: text.toUpperCase() }), "copies are on one side");
  }
});

test("one account, or one text, teaches so much and no more: the newest", async () => {
  const flood = Array.from({ length: 100 }, (_, place) =>
    decision(`lunch with friends ${place}`, "notSpam", { actor: "a_flood" }),
  );
  const byActor = await siteExamples(flood);
  const kept = [...byActor.learned, ...byActor.heldOut];
  assert.equal(kept.length, examplesPerActorMax);
  assert.equal(byActor.leftOut.overLimit, 100 - examplesPerActorMax);
  const oldest = Math.min(...kept.map(({ notes }) => Number(notes.id)));
  assert.equal(oldest, flood[100 - examplesPerActorMax]?.label.of);
  const copies = await siteExamples(
    Array.from({ length: 40 }, (_, place) =>
      decision(place % 2 === 0 ? "Free CASH" : "free cash", "notSpam"),
    ),
  );
  assert.equal(copies.learned.length + copies.heldOut.length, examplesPerTextMax);
});

test("what nobody knows, users say, or is erased teaches nothing", async () => {
  const { learned, heldOut, leftOut } = await siteExamples([
    decision("a", "unsure"),
    decision("b", "spam", { source: "user" }),
    decision("c", "spam", { erased: true }),
    decision(undefined, "spam"),
    decision("d", "spam", { source: "honeypot" }),
    decision("e", "notSpam", { source: "import" }),
  ]);
  assert.deepEqual(leftOut, { unsure: 1, untrusted: 1, textless: 2, overLimit: 0 });
  assert.deepEqual(new Set([...learned, ...heldOut].map(({ spam }) => spam)), new Set([false, true]));
});
