// SPDX-License-Identifier: Apache-2.0
// What the app calls things. Records bear pseudonyms and hashes; the app's own ids of accounts and contents
// come from the evidence, as long as that is there.
import type { Event, SubjectKind } from "@docket/protocol";
import type { ContentName, LogView, SubjectName } from "./contract.ts";

/** The event of a decision; `undefined` if its evidence is gone. */
export async function eventOf(
  view: Pick<LogView, "openedPart">,
  decision: number,
): Promise<Event | undefined> {
  const plaintext = await view.openedPart(decision, "content");
  return plaintext === undefined ? undefined : (JSON.parse(plaintext) as { event: Event }).event;
}

/** The latest event of an actor before a record; `undefined` if there is none, or its evidence is gone. */
export async function latestEventOf(
  view: LogView,
  actor: string,
  before: number,
): Promise<{ index: number; event: Event } | undefined> {
  const [row] = await view.decisions({ actor, before, order: "descending", limit: 1 });
  const event = row && (await eventOf(view, row.index));
  return row && event && { index: row.index, event };
}

/** A content, as the app names it. */
export function contentName(decision: number, event: Event | undefined): ContentName {
  return {
    decision,
    event: event?.id ?? null,
    id: event?.content?.id ?? null,
    revision: event?.content?.revision ?? null,
    type: event?.type ?? null,
  };
}

/** An actor, as the app names it. */
export function actorName(actor: string, event: Event | undefined): SubjectName {
  return { kind: "actor", subject: actor, account: event?.actor.id ?? null, value: null };
}

/** Whom or what a measure is on. */
export async function subjectName(
  view: LogView,
  { index, subject, kind }: { index: number; subject: string; kind: SubjectKind },
): Promise<SubjectName> {
  if (kind === "actor") {
    const latest = await latestEventOf(view, subject, index);
    return actorName(subject, latest?.event);
  }
  const plaintext = await view.openedPart(index, "change");
  const said = plaintext === undefined ? undefined : (JSON.parse(plaintext) as ChangePart);
  return { kind, subject, account: null, value: said?.subject?.value ?? null };
}

type ChangePart = { subject?: { value?: string } };
