// SPDX-License-Identifier: Apache-2.0
// Opens what takes a second person.
import { parseLeaf } from "@docket/protocol";
import { ApprovalDesk } from "../approvals/approval-desk.ts";
import type { Duties } from "../approvals/state.ts";
import { requestKinds } from "../approvals/state.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens the desk of requests: the views have all of the log. */
export async function openApprovals(
  { index, keys, clock, timer, onNotice }: OpenSiteOptions,
  site: DocketSite,
  duties: Duties,
): Promise<ApprovalDesk> {
  const desk = new ApprovalDesk((await index.keptRecords(requestKinds)).map(parseLeaf), {
    seal: (body, parts) => site.seal(body, parts),
    partOf: (at) => site.sitePart(at, "change"),
    duties: () => duties,
    siteKey: keys.site,
    clock,
    timer,
    onRequest: onNotice,
    onFault: (error) =>
      onNotice?.(`a request expired and could not be sealed as such: ${(error as Error).message}`),
  });
  site.listen({ onRecord: (record) => desk.takeIn(record) });
  return desk;
}
