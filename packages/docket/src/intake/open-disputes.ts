// SPDX-License-Identifier: Apache-2.0
// Opens the disputes of a site.
import { parseLeaf } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { DisputePorts, ReadRecord } from "../disputes/ports.ts";
import { Disputes } from "../disputes/site-disputes.ts";
import { disputeKinds } from "../disputes/state.ts";
import { DisputeTokens } from "../disputes/token.ts";
import { explainRecord, explainRecordToUser, releaseShelf } from "../explanation/explain-record.ts";
import type { ExplainedRecord } from "../explanation/explain-record.ts";
import { ruleTexts } from "../explanation/rule-texts.ts";
import { labelOfLeaf } from "../labels/label-desk.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens the disputes of a site: memory was rebuilt before, so the views have all of the log. */
export async function openDisputes(
  options: OpenSiteOptions,
  site: DocketSite,
  enforcement: DisputePorts["enforcement"],
): Promise<Disputes> {
  const { index, keys, clock } = options;
  const disputes = new Disputes((await index.keptRecords(disputeKinds)).map(parseLeaf), {
    tokens: new DisputeTokens(keys.hashing, site.origin),
    enforcement,
    seal: (body, parts) => site.seal(body, parts),
    recorded: (at) => site.recorded(at),
    receipt: (at) => site.receipt(at),
    openedPart: (at, name) => site.openedPart(at, name),
    actorKey: (actor) => site.actorKey(actor),
    actorNamed: (accountId) => site.actorNamed(accountId),
    openContent: (at, by, reason) => contentOf(site, at, by, reason),
    caseRecords: (query) => index.caseRecords(query),
    labelOf: async (decision) => {
      const [leaf] = await index.labels({ from: decision, limit: 1 });
      return leaf !== undefined && labelOfLeaf(leaf).of === decision ? leaf : undefined;
    },
    decisions: (query) => index.decisions(query),
    indexed: () => site.indexed(),
    ...explaining(options, site),
    siteKey: keys.site,
    clock,
  });
  site.listen({ onRecord: (record) => disputes.takeIn(record) });
  return disputes;
}

function explaining(
  { readLater, paths }: OpenSiteOptions,
  site: DocketSite,
): Pick<DisputePorts, "explain" | "explainToUser" | "ruleTexts"> {
  const shelf = releaseShelf(readLater, paths);
  return {
    explain: async (read, language) => explainRecord(explained(read), shelf, language),
    explainToUser: async (read, language) => {
      return explainRecordToUser(explained(read), shelf, site.origin, language);
    },
    ruleTexts: (release, rules) => ruleTexts({ shelf, read: readLater, paths }, release, rules),
  };
}

/** @throws {DocketError} `not_found` for what is no decision, or whose facts are gone */
function explained({ record, facts, disclosed }: ReadRecord): ExplainedRecord {
  if (record.kind === "decision" && facts !== undefined) return { record, facts, disclosed };
  throw new DocketError("not_found", `record ${record.index} has nothing to explain`);
}

// Sealed as an opening before anything is handed out; rejects with `evidence_gone` where it is.
async function contentOf(
  site: DocketSite,
  index: number,
  by: string,
  reason: string,
): Promise<Event | undefined> {
  const { opening = [] } = await site.opening(index, by, reason);
  const content = opening.find(({ name }) => name === "content");
  return content && (JSON.parse(content.plaintext) as { event: Event }).event;
}
