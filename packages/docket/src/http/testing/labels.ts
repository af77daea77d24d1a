// SPDX-License-Identifier: Apache-2.0
// Labels for tests of the server alone: record 0 is a decision, and labels are kept in memory.
import { formatTime, encodeBody, encodeLeaf } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import { LabelDesk, labelOfLeaf } from "../../labels/label-desk.ts";

/** Labels, and the leaves that were sealed. */
export class TestLabels {
  readonly desk: LabelDesk;
  readonly leaves: string[] = [];
  /** How many parts were sealed with them. */
  parts = 0;

  constructor() {
    this.desk = new LabelDesk({
      seal: (body, parts) => {
        const index = this.leaves.length + 1;
        const header = {
          v: 1,
          index,
          prev: "A".repeat(43),
          time: formatTime(0),
          uncertaintyMs: null,
        } as const;
        const leaf = encodeLeaf(header, encodeBody(body), parts.length === 0 ? undefined : "A".repeat(43));
        this.leaves.push(leaf);
        this.parts += parts.length;
        return Promise.resolve({ leaf });
      },
      kindOf: (index) =>
        index === 0
          ? Promise.resolve("decision")
          : Promise.reject(new DocketError("not_found", `there is no record ${index}`)),
      labels: ({ from, limit }) => {
        const byDecision = new Map(this.leaves.map((leaf) => [labelOfLeaf(leaf).of, leaf]));
        return Promise.resolve(
          [...byDecision]
            .filter(([of]) => of >= from)
            .slice(0, limit)
            .map(([, leaf]) => leaf),
        );
      },
      indexed: () => Promise.resolve(),
      siteKey: new Uint8Array(32),
    });
  }
}
