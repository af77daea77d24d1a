// SPDX-License-Identifier: Apache-2.0
// Emergency brakes for tests of the server alone: of one rule, which the analyst's key brought, and which is
// drawn when it hits.
import type { DutyLevel } from "@docket/protocol";
import { roles } from "../../access/permissions.ts";
import { BrakeDesk } from "../../rollout/brake-desk.ts";
import { RuleModes } from "../../rollout/rule-modes.ts";
import { testKeyId, testNowMs } from "./server.ts";

const digest = "A".repeat(43);
const noneWarming: ReadonlySet<string> = new Set();

/** Brakes, and what makes them be drawn. */
export class TestBrakes {
  readonly desk: BrakeDesk;
  level: DutyLevel = "solo";
  /** Records that were sealed; their indexes are their places. */
  readonly records: { kind: string; by: string }[] = [];
  readonly #modes: RuleModes;

  constructor() {
    this.#modes = new RuleModes({
      hash: () => new Uint8Array(8),
      entryHash: (_list, entry) => entry,
      warming: () => noneWarming,
    });
    const thing = { key: "comments/links", what: "rule" as const, hash: "1", on: ["comment"] };
    const things = [{ ...thing, brake: { share: 500, least: 5 } }];
    const origin = { release: digest, by: testKeyId("analyst") };
    this.#modes.adopt({ things, lists: [], caps: new Map(), rollouts: new Map() }, origin);
    const keys = new Map(roles.map((role) => [testKeyId(role), { role, madeAt: 0 }]));
    this.desk = new BrakeDesk({
      modes: this.#modes,
      seal: async ({ kind, by }, _parts, { onSealed }) => {
        const index = this.records.push({ kind, by }) - 1;
        onSealed?.(index);
        return { index };
      },
      release: () => digest,
      duties: () => ({ level: this.level, keys }),
      siteKey: new Uint8Array(32),
    });
  }

  /** Has so many actors hit by the rule. */
  hit(actors: number): void {
    const event = { id: "", body: "", type: "comment", op: "create", time: null, inReplyTo: null };
    const rule = { policy: "comments", rule: "links", outcome: "reject" as const, clauses: "t" };
    const decidedAt = new Date(testNowMs).toISOString();
    for (let i = 0; i < actors; i++) {
      this.#modes.observe(`a${i}`, { event, decidedAt, fired: [{ ...rule, mode: "enforce" }] });
      this.desk.sealTrips();
    }
  }
}
