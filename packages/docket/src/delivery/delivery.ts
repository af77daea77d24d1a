// SPDX-License-Identifier: Apache-2.0
// All that goes out of a site: changes for the app, notices for the affected users, and the webhooks that
// bring both.
import type { DocketRecord } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import type { ChangeFeed } from "./change-feed.ts";
import { contentState } from "./contents.ts";
import type { ContentPorts } from "./contents.ts";
import type { ContentState } from "./contract.ts";
import type { NoticeFeed } from "./notice-feed.ts";
import type { WebhookDesk } from "./webhooks/webhook-desk.ts";

/** What delivery is made of. */
export type DeliveryParts = {
  readonly changes: ChangeFeed;
  readonly notices: NoticeFeed;
  /** Absent where there is no place for secrets. */
  readonly webhooks: WebhookDesk | undefined;
  readonly contents: ContentPorts;
};

/** What goes out of a site. */
export class Delivery {
  readonly changes: ChangeFeed;
  readonly notices: NoticeFeed;
  readonly webhooks: WebhookDesk | undefined;
  readonly #contents: ContentPorts;

  constructor({ changes, notices, webhooks, contents }: DeliveryParts) {
    this.changes = changes;
    this.notices = notices;
    this.webhooks = webhooks;
    this.#contents = contents;
  }

  /**
   * What is in force for a content, by the app's id.
   *
   * @throws {DocketError} `not_found` if no event with that content was decided
   */
  content(id: string): Promise<ContentState> {
    return contentState(this.#contents, id);
  }

  /** A record that is no decision is durable. */
  takeRecord(record: DocketRecord): void {
    this.changes.takeRecord(record);
    this.notices.takeRecord(record);
    this.webhooks?.poke();
  }

  /** A decision is durable. */
  takeDecision(row: DecisionRow): void {
    this.changes.takeDecision(row);
    this.webhooks?.poke();
  }

  /** From now on webhooks are sent, and digests sealed at the end of each day. A server does so. */
  async start(): Promise<void> {
    await this.notices.start();
    await this.webhooks?.start();
  }

  async close(): Promise<void> {
    this.changes.close();
    await this.notices.close();
    await this.webhooks?.close();
  }
}
