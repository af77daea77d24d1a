// SPDX-License-Identifier: Apache-2.0
// Whether a change left what is verified as it was: every file that a reader may ask for has the bytes that
// it had, or others that say the same, and the journal gives the same records, parts and signed roots. Only
// then may it go unnoticed.
import { createHash } from "node:crypto";
import { encodeBase64, openCheckpoint, parseTilePath, tileWidth, TlogError } from "@docket/tlog";
import type { LogReport, RecordCopy } from "@docket/verify";
import { scanJournal } from "../../../packages/docket/src/cli/verify/journal.ts";
import { encodeRecordParts } from "../../../packages/docket/src/log/parts-bundle.ts";
import type { Image } from "../image.ts";
import { filesOf } from "../image.ts";
import { origin, verifier, verifiers } from "../writer.ts";
import { contentOf, pathOf } from "./mutation.ts";
import { sizeOfNote } from "./bases.ts";
import type { Base } from "./bases.ts";

/**
 * Says why a change leaves what is verified as it was.
 *
 * @param report what verification said: that all is well
 * @returns the reason; `undefined` if something is different, which verification then has to find
 */
export function whyIdentical(base: Base, changed: Image, report: LogReport): string | undefined {
  const reasons = new Set<string>();
  const paths = new Set([...base.image.files.keys(), ...changed.files.keys()]);
  const journal = pathOf(base, "journal/");
  for (const path of paths) {
    const [before, after] = [base.image.files.get(path), changed.files.get(path)];
    if (before !== undefined && after?.equals(before) === true) continue;
    if (path.startsWith(journal)) continue;
    const place = path.slice(base.root.length + 1);
    const reason =
      after === undefined ? whyOptional(base, place, report) : whySame(base, place, before, after, report);
    if (reason === undefined) return undefined;
    reasons.add(reason);
  }
  const [one, other] = [journalOf(base, base.image), journalOf(base, changed)];
  if (one.records !== other.records || !isSubset(other.roots, one.roots)) return undefined;
  return [...reasons][0] ?? "the journal gives the same records and parts, and no other signed roots";
}

/** Other bytes that say the same. */
function whySame(
  base: Base,
  place: string,
  before: ReturnType<typeof contentOf>,
  after: Buffer,
  report: LogReport,
): string | undefined {
  if (place.startsWith("recent/") && isSubset(rowsOf(after), rowsOf(before ?? Buffer.alloc(0))))
    return "rows of recent checkpoints: the same, or fewer; nothing says how many there were";
  const hasAll = report.records.published + report.records.beyond === base.total;
  if (place === "checkpoint" && hasAll && base.published.get(sizeOfNote(after))?.equals(after) === true)
    return "an older checkpoint, and the journal has the rest, as between two publications";
  if (place === "materialised.json" && hasAll)
    return "an older state, and the journal has the rest, as before a sync";
  const isCheckpoint = place === "checkpoint" || place.startsWith("checkpoints/");
  if (isCheckpoint && before !== undefined && isSameStatement(before, after))
    return "the same statement of the log's Ed25519 key; other lines are checked where they are there";
  if (place.startsWith("parts/") && before?.subarray(0, after.length).equals(after) === true && hasAll)
    return "parts that the journal has too, as while recovery writes them again";
  if (place.startsWith("parts/") && before !== undefined && isBeginningOfTail(base, before, after))
    return "the beginning of parts that the journal has next, as a crash may leave them";
  return undefined;
}

function isBeginningOfTail(base: Base, before: Buffer, after: Buffer): boolean {
  const tail = scanOf(base, base.image).filter(({ index }) => index >= base.size);
  const parts = tail.map(({ sealed }) => encodeRecordParts(sealed?.manifest, sealed?.parts ?? []));
  const whole = Buffer.concat([before, ...parts]);
  return whole.subarray(0, after.length).equals(after);
}

/** Size, root and signature of each whole row; its time is signed by nobody. */
function rowsOf(bytes: Buffer): Set<string> {
  const rowBytes = 112;
  const rows = new Set<string>();
  for (let at = 0; at + rowBytes <= bytes.length; at += rowBytes) {
    const row = bytes.subarray(at, at + rowBytes);
    if (row.some((byte) => byte !== 0))
      rows.add(Buffer.concat([row.subarray(0, 8), row.subarray(16)]).toString("hex"));
  }
  return rows;
}

function isSubset<T>(some: ReadonlySet<T>, of: ReadonlySet<T>): boolean {
  return [...some].every((each) => of.has(each));
}

/** The same size and root, signed with the log's Ed25519 key, and with no key that did not sign before. */
function isSameStatement(before: Buffer, after: Buffer): boolean {
  try {
    const [one, other] = [statementOf(before), statementOf(after)];
    return (
      one.says === other.says && other.signers.has(verifier.keyId) && isSubset(other.signers, one.signers)
    );
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
}

function statementOf(note: Buffer): { says: string; signers: Set<number> } {
  const { checkpoint, verified } = openCheckpoint(note, verifiers, origin);
  const signers = new Set(verified.map(({ keyId }) => keyId));
  return { says: `${checkpoint.size} ${encodeBase64(checkpoint.root)}`, signers };
}

/** Files that nobody needs, and of which nothing says that they were there. */
function whyOptional(base: Base, place: string, report: LogReport): string | undefined {
  const unchecked = report.checks.some(({ name, ok }) => name === "parts" && ok === null);
  if (place.startsWith("parts/") && base.shape.copy && unchecked)
    return "a copy without parts, which the report says";
  const release = /^releases\/([\w-]{43})\.json$/.exec(place)?.[1];
  if (release !== undefined && !base.leaves.some((leaf) => leaf.includes(release)))
    return "a release that no record names";
  if (place.startsWith("recent/")) return "rows of recent checkpoints; nothing says how many there were";
  if (place.startsWith("checkpoints/")) return "a kept checkpoint; nothing says which were kept";
  const parsed = parseTilePath(place);
  if (parsed === undefined) return undefined;
  const { index, width } = parsed.kind === "hash" ? parsed.tile : parsed;
  const level = parsed.kind === "hash" ? parsed.tile.level : 0;
  const needed = Math.min(tileWidth, Math.floor(base.size / tileWidth ** level) - index * tileWidth);
  return width < needed ? "a tile of an earlier size, which a later one holds too" : undefined;
}

type JournalContent = { records: string; roots: Set<string> };

// Records may stand twice: recovery copies them into a new segment before it lets go of the old one.
function journalOf(base: Base, image: Image): JournalContent {
  if (base.shape.copy) return { records: "", roots: new Set() };
  const known = journals.get(image);
  if (known !== undefined) return known;
  const scan = scanJournalOf(base, image);
  const digest = createHash("sha256");
  const copies = scanOf(base, image);
  for (const { index, hash, sealed } of copies) {
    // What the files hold for good need not be in the journal any more.
    if (index < materialisedOf(base)) continue;
    digest
      .update(`${index}`)
      .update(hash)
      .update(sealed?.manifest ?? "");
    for (const { name, bytes } of sealed?.parts ?? []) digest.update(name).update(bytes);
  }
  const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");
  const roots = new Set(
    scan?.roots.map(({ size, root, signature }) => `${size} ${hex(root)} ${hex(signature)}`),
  );
  const content = { records: digest.digest("hex"), roots };
  journals.set(image, content);
  return content;
}

function scanOf(base: Base, image: Image): RecordCopy[] {
  const { copies = [] } = scanJournalOf(base, image) ?? {};
  return copies.toSorted((a, b) => a.index - b.index);
}

function scanJournalOf(base: Base, image: Image): ReturnType<typeof scanJournal> {
  const originHash = createHash("sha256").update(origin).digest();
  const asked = { size: Infinity, materialised: 0, opaque: base.shape.kind === "opaque" };
  return scanJournal(filesOf(image).disk, pathOf(base, "journal"), originHash, asked);
}

function materialisedOf(base: Base): number {
  const text = contentOf(base, "materialised.json")?.toString("utf8") ?? "{}";
  return (JSON.parse(text) as { size?: number }).size ?? 0;
}

const journals = new WeakMap<Image, JournalContent>();
