// SPDX-License-Identifier: Apache-2.0
// The texts of a bundle: their sealed terms from the store, and from the log's parts those that it lacks.
// What an actor wrote is nothing once their key is gone.
import type { Event } from "@docket/protocol";
import { openPart } from "../evidence/seal.ts";
import { readBundle } from "../log/record-bundle.ts";
import type { ReadLogFile, ReadRecord } from "../log/record-bundle.ts";
import { termSeal } from "./seal-terms.ts";
import type { TermSeal } from "./seal-terms.ts";
import { termsOf } from "./terms.ts";
import { bundleRecords } from "./text-memory.ts";
import type { TermedText } from "./text-memory.ts";
import type { SealedText, TextStore } from "./text-store.ts";

/** What texts are read with. */
export type TextSource = {
  readonly origin: string;
  readonly store: TextStore;
  readonly read: ReadLogFile;
  readonly actorKey: (pseudonym: string) => Uint8Array | undefined;
};

/** The texts of the first so many records of a bundle. */
export function textsOfBundle(source: TextSource, bundle: number, width: number): TermedText[] {
  const { store, origin, actorKey } = source;
  const first = bundle * bundleRecords;
  // Keys are held no longer than it takes to open one bundle.
  const keys = new Map<string, { key: Uint8Array; seal: TermSeal } | undefined>();
  const keyOf = (actor: string): { key: Uint8Array; seal: TermSeal } | undefined => {
    if (!keys.has(actor)) {
      const key = actorKey(actor);
      keys.set(actor, key && { key, seal: termSeal(key, origin) });
    }
    return keys.get(actor);
  };
  const texts: TermedText[] = [];
  const known = store.widthOf(bundle);
  if (known > 0) {
    for (const { record, actor, sealed } of store.read(bundle)) {
      const terms = keyOf(actor)?.seal.open(record, sealed);
      if (terms !== undefined && record < first + width) texts.push({ place: record - first, actor, terms });
    }
  }
  if (known >= width) return texts;
  const added: SealedText[] = [];
  for (const record of readBundle(source.read, bundle, width).slice(known)) {
    const actor = record.record?.kind === "decision" ? record.record.actor : undefined;
    const opened = actor === undefined ? undefined : keyOf(actor);
    if (actor === undefined || opened === undefined) continue;
    const terms = termsOfRecord(record, opened.key, origin);
    if (terms === undefined || terms.length === 0) continue;
    texts.push({ place: record.index - first, actor, terms });
    added.push({ record: record.index, actor, sealed: opened.seal.seal(record.index, terms) });
  }
  store.add(bundle, width, added);
  return texts;
}

function termsOfRecord({ parts, fault }: ReadRecord, key: Uint8Array, origin: string): string[] | undefined {
  const sealed = parts.find(({ name }) => name === "content");
  if (sealed === undefined || fault !== undefined) return undefined;
  const plaintext = openPart(sealed.bytes, "content", key, origin)?.plaintext;
  if (plaintext === undefined) return undefined;
  const { event } = JSON.parse(plaintext.toString("utf8")) as { event: Event };
  return termsOf(event.content);
}
