// SPDX-License-Identifier: Apache-2.0
// Records of a site as they are stored, and their parts opened with the keys that are there.
import type { Disclosed, DocketRecord, OpenedPart, PartName } from "@docket/protocol";
import { parseLeaf } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { Actors } from "../evidence/actors.ts";
import { openPart } from "../evidence/seal.ts";
import type { Log } from "../log/log.ts";
import type { LogReader, StoredRecord } from "../log/reader.ts";
import type { SiteIndex } from "../views/site-index.ts";
import { answerWithinMs } from "./contract.ts";
import { withinTime } from "./within-time.ts";

/** What stored records are read with. */
export type StoredRecordsPorts = {
  readonly log: Log;
  readonly reader: LogReader;
  readonly index: Pick<SiteIndex, "actor">;
  readonly actors: Actors;
  readonly siteKey: Uint8Array;
  readonly origin: string;
};

/** Reads records of an open log, once they are published. */
export class StoredRecords {
  readonly #ports: StoredRecordsPorts;

  constructor(ports: StoredRecordsPorts) {
    this.#ports = ports;
  }

  /** A record. Rejects with `not_found`. */
  async record(index: number): Promise<{ record: DocketRecord; stored: StoredRecord }> {
    const { log, reader } = this.#ports;
    if (index >= log.status.size) {
      throw new DocketError("not_found", `there is no record ${index}; the log holds ${log.status.size}`);
    }
    await withinTime(log.published(index + 1), answerWithinMs);
    const stored = await reader.record(index, log.status.publishedSize);
    return { record: parseLeaf(stored.leaf), stored };
  }

  /**
   * The plaintext of a part that belongs to the site; `undefined` if the record has none of that name or it
   * is gone.
   */
  async sitePart(index: number, name: PartName): Promise<string | undefined> {
    const { stored } = await this.record(index);
    return this.open(stored, name, this.#ports.siteKey)?.plaintext.toString("utf8");
  }

  /**
   * The plaintext of a part, whosever key seals it; `undefined` if the record has none of that name, or it or
   * its key is gone.
   */
  async openedPart(index: number, name: PartName): Promise<string | undefined> {
    const { stored } = await this.record(index);
    const subject = stored.parts?.manifest === undefined ? undefined : subjectIn(stored, name);
    if (subject === undefined) return undefined;
    const key = subject === "site" ? this.#ports.siteKey : await this.actorKey(subject);
    return key && this.open(stored, name, key)?.plaintext.toString("utf8");
  }

  /** What the affected user was shown of a decision, where there is something and it is there. */
  async disclosed(actor: string, stored: StoredRecord): Promise<Disclosed | undefined> {
    const key = await this.actorKey(actor);
    const opened = key && this.open(stored, "disclosed", key);
    return opened && (JSON.parse(opened.plaintext.toString("utf8")) as Disclosed);
  }

  /** The parts that say something to an actor, opened with their key as far as they are there. */
  async openedParts(stored: StoredRecord, actor: string): Promise<OpenedPart[]> {
    const key = await this.actorKey(actor);
    const opening: OpenedPart[] = [];
    for (const name of ["content", "disclosed"] as const) {
      const opened = key && this.open(stored, name, key);
      if (opened === undefined) continue;
      opening.push({
        name,
        secret: opened.secret.toString("base64url"),
        plaintext: opened.plaintext.toString("utf8"),
      });
    }
    return opening;
  }

  /** Opens a part of a stored record. */
  open(
    stored: StoredRecord,
    name: PartName,
    key: Uint8Array,
  ): { plaintext: Buffer; secret: Buffer } | undefined {
    const part = stored.parts?.parts.find((each) => each.name === name);
    return part && openPart(part.bytes, name, key, this.#ports.origin);
  }

  /** The key of an actor; `undefined` where it is destroyed, or nobody has that pseudonym. */
  async actorKey(pseudonym: string): Promise<Uint8Array | undefined> {
    const { actors, index } = this.#ports;
    const made = actors.madeKey(pseudonym);
    if (made !== undefined) return made;
    const known = await index.actor(pseudonym);
    return known && actors.unwrap(pseudonym, known.wrappedKey);
  }
}

function subjectIn({ parts }: StoredRecord, name: PartName): string | undefined {
  if (parts === undefined) return undefined;
  const manifest = JSON.parse(parts.manifest.toString("utf8")) as {
    parts: { name: string; subject: string }[];
  };
  return manifest.parts.find((each) => each.name === name)?.subject;
}
