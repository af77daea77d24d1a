// SPDX-License-Identifier: Apache-2.0
// The forms that a file of events may have: Docket's own, one of the known sets, or one that `--map`
// describes.
import { DocketError } from "../../error.ts";
import { parseMapping } from "./mapping.ts";
import type { MailActor } from "../../mail/mail-event.ts";
import type { FieldSource, Mapping } from "./mapping.ts";

/** How the lines of a file are read. */
export type Form =
  | { kind: "docket" }
  | { kind: "mapped"; mapping: Mapping }
  /** Mails as they came; or rows of JSON with a mail in `raw_latin1`, one character a byte. */
  | { kind: "mail" | "mail-rows"; actorFrom: MailActor };

/** How many lines are looked at to find a file's form. */
export const sampledLinesMax = 50;

type KnownSet = Mapping & { keys: readonly (readonly string[])[] };

const noAuthors = "its rows name no author, so each is taken as an account of its own";

/** Public research sets by the exact fields of their rows. Labels are never read. */
export const knownSets: readonly KnownSet[] = [
  {
    name: "comments-youtube-stream",
    keys: [["id", "group", "ts", "author", "has_link", "text"]],
    sources: sources(
      { id: "id", time: "ts", "actor.id": "author", "content.text": "text", "content.group": "group" },
      "comment",
    ),
  },
  {
    name: "comments-youtube",
    keys: [["id", "label", "group", "ts", "author", "comment_id", "text"]],
    sources: sources(
      {
        id: "id",
        time: "ts",
        "actor.id": "author",
        "actor.name": "author",
        "content.text": "text",
        "content.group": "group",
      },
      "comment",
    ),
  },
  {
    name: "sms",
    keys: [["id", "label", "lang", "text"]],
    sources: sources(
      { id: "id", "actor.id": "id", "content.text": "text", "content.language": "lang" },
      "message",
    ),
    note: noAuthors,
  },
  {
    name: "chat-telegram",
    keys: [["id", "label", "text"]],
    sources: sources({ id: "id", "actor.id": "id", "content.text": "text" }, "message"),
    note: noAuthors,
  },
  {
    name: "email-enron",
    keys: [["id", "label", "group", "ts", "subject", "text"]],
    sources: emailSources(),
    note: noAuthors,
  },
  {
    name: "email-spamassassin",
    keys: [["id", "label", "ts", "subject", "text"]],
    sources: emailSources(),
    note: noAuthors,
  },
];

const eventFields: ReadonlySet<string> = new Set([
  "id",
  "type",
  "op",
  "time",
  "inReplyTo",
  "actor",
  "content",
  "dryRun",
]);

/**
 * The form that `--map` names or describes.
 *
 * @throws {DocketError} `usage`
 */
export function formOf(spec: string): Form {
  if (spec.includes("=")) return { kind: "mapped", mapping: parseMapping(spec) };
  if (spec === "docket") return { kind: "docket" };
  const mapping = knownSets.find((set) => set.name === spec);
  if (mapping !== undefined) return { kind: "mapped", mapping };
  const names = ["docket", ...knownSets.map((set) => set.name)].join(", ");
  throw new DocketError(
    "usage",
    `--map: ${JSON.stringify(spec)} is neither a map (TARGET=FIELD,…) nor one of ${names}`,
  );
}

/**
 * Finds the form of a file by its first lines.
 *
 * @param actorFrom who is taken for the actor, if they hold mail
 * @throws {DocketError} `usage` if they are objects of a form that is not known
 */
export function detectForm(sample: readonly Uint8Array[], actorFrom: MailActor = "envelope"): Form {
  const rows = sample.map(parseObject).filter((row) => row !== undefined);
  // Where nothing can be made of the sample, each line gets the error that it deserves.
  if (rows.length === 0 || rows.some(isEvent)) return { kind: "docket" };
  for (const row of rows) {
    const mapping = knownSets.find((set) => set.keys.some((keys) => sameKeys(keys, row)));
    if (mapping !== undefined) return { kind: "mapped", mapping };
  }
  if (rows.some((row) => "actor" in row && "type" in row)) return { kind: "docket" };
  if (rows.some((row) => "raw_latin1" in row)) return { kind: "mail-rows", actorFrom };
  const fields = Object.keys(rows[0] as object)
    .slice(0, 12)
    .join(", ");
  throw new DocketError(
    "usage",
    `these lines are neither events of docket nor of a known set; their fields are ${fields}; ` +
      "say which is which with --map, for example --map actor.id=user,content.text=body,type:=comment",
  );
}

function sources(fields: Readonly<Record<string, string>>, type: string): ReadonlyMap<string, FieldSource> {
  const entries = Object.entries(fields).map(([target, field]): [string, FieldSource] => [target, { field }]);
  return new Map<string, FieldSource>([...entries, ["type", { value: type }]]);
}

function emailSources(): ReadonlyMap<string, FieldSource> {
  return sources(
    { id: "id", time: "ts", "actor.id": "id", "content.title": "subject", "content.text": "text" },
    "email",
  );
}

function isEvent(row: object): boolean {
  return Object.keys(row).every((key) => eventFields.has(key));
}

function parseObject(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function sameKeys(keys: readonly string[], row: object): boolean {
  const own = Object.keys(row);
  return own.length === keys.length && keys.every((key) => Object.hasOwn(row, key));
}
