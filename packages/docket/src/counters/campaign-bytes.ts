// SPDX-License-Identifier: Apache-2.0
// Campaigns as bytes: docs/formats/counters-snapshot.md has the layout.
import { signatureWords } from "@docket/policy";
import type { PlainCampaign, PlainCampaigns, PlainDomain, PlainSignature } from "@docket/policy";
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** Campaigns that are written before others have their turn. */
const campaignsAtOnce = 256;

/** @param pause lets others have their turn */
export async function writeCampaigns(
  writer: ByteWriter,
  { nextNumber, counts, domains, campaigns }: PlainCampaigns,
  pause: () => Promise<void>,
): Promise<void> {
  writer.count(nextNumber);
  writer.integer(counts.epoch);
  writer.count(counts.events);
  writer.count(counts.eventsBefore);
  writer.count(domains.length);
  for (const domain of domains) writeDomain(writer, domain);
  let written = 0;
  for (const campaign of campaigns) {
    writeCampaign(writer, campaign);
    if (++written % campaignsAtOnce === 0) await pause();
  }
}

/**
 * Reads them again: campaigns go on to the end.
 *
 * @throws {SnapshotError}
 */
export function readCampaigns(reader: ByteReader): PlainCampaigns {
  const nextNumber = reader.count();
  const counts = { epoch: reader.integer(), events: reader.count(), eventsBefore: reader.count() };
  const domains: PlainDomain[] = [];
  for (let left = reader.count(); left > 0; left--) domains.push(readDomain(reader));
  const campaigns: PlainCampaign[] = [];
  while (!reader.done) campaigns.push(readCampaign(reader));
  return { nextNumber, counts, domains, campaigns };
}

function writeDomain(writer: ByteWriter, domain: PlainDomain): void {
  writer.text(domain.key);
  writer.text(domain.campaign);
  writer.integer(domain.epoch);
  writer.count(domain.events);
  writer.integer(domain.low);
  writer.integer(domain.high);
  writer.count(domain.eventsBefore);
  writer.count(domain.actorsBefore);
}

function readDomain(reader: ByteReader): PlainDomain {
  return {
    key: reader.text(),
    campaign: reader.text(),
    epoch: reader.integer(),
    events: reader.count(),
    low: reader.integer(),
    high: reader.integer(),
    eventsBefore: reader.count(),
    actorsBefore: reader.count(),
  };
}

function writeCampaign(writer: ByteWriter, { id, lastMs, domains, signatures }: PlainCampaign): void {
  writer.text(id);
  writer.integer(lastMs);
  writer.count(domains);
  writer.count(signatures.length);
  for (const { number, words } of signatures) {
    writer.count(number);
    const bytes = new DataView(new ArrayBuffer(4 * signatureWords));
    for (const [at, word] of words.entries()) bytes.setInt32(4 * at, word, true);
    writer.raw(new Uint8Array(bytes.buffer), false);
  }
}

function readCampaign(reader: ByteReader): PlainCampaign {
  const id = reader.text();
  const lastMs = reader.integer();
  const domains = reader.count();
  const signatures: PlainSignature[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const number = reader.count();
    const bytes = reader.bytes(4 * signatureWords);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const words = Int32Array.from({ length: signatureWords }, (_, at) => view.getInt32(4 * at, true));
    signatures.push({ number, words });
  }
  return { id, lastMs, domains, signatures };
}
