// SPDX-License-Identifier: Apache-2.0
// What happens now, and campaigns, for tests of the server alone: followers are told what the test tells.
import { DocketError } from "../../error.ts";
import type { Activity, ActivityPeriod, FirstSteps, LiveNews, SiteLive } from "../../live/contract.ts";
import { activitySpans } from "../../live/contract.ts";
import type {
  CampaignsPage,
  CampaignsQuery,
  CampaignView,
  Sharing,
  SharingQuery,
} from "../../patterns/campaign-contract.ts";
import type { SiteCampaigns } from "../../patterns/campaign-desk.ts";

/** Remembers who follows. */
export class TestLive implements SiteLive {
  readonly followers = new Set<(news: LiveNews) => void>();
  readonly after: (number | undefined)[] = [];
  readonly asked: unknown[] = [];

  follow(after: number | undefined, take: (news: LiveNews) => void): () => void {
    this.after.push(after);
    this.followers.add(take);
    return () => void this.followers.delete(take);
  }

  /** Tells everybody. */
  tell(news: LiveNews): void {
    for (const take of this.followers) take(news);
  }

  async activity(period: ActivityPeriod, toMs: number): Promise<Activity> {
    this.asked.push({ period, toMs });
    const { spanMs, bucketMs } = activitySpans[period];
    const fromMs = toMs - spanMs;
    const nothing = { decisions: 0, outcomes: {} };
    return {
      fromMs,
      toMs,
      bucketMs,
      now: { ...nothing, fromMs, buckets: [], rules: [] },
      before: nothing,
      latestMs: 0,
    };
  }

  async firstSteps(): Promise<FirstSteps> {
    return {
      sent: false,
      firstDecision: null,
      firstDecidedAt: null,
      looked: false,
      shadowRules: 0,
      releaseSince: null,
      shadowed: false,
      enforcedRules: 1,
      enforced: false,
    };
  }
}

const nothing: Sharing = { decisions: 0, actors: [], shared: [], edges: [], left: { actors: 0, shared: 0 } };

/** Knows no campaign. */
export class TestCampaigns implements SiteCampaigns {
  readonly asked: unknown[] = [];

  async list(query: CampaignsQuery): Promise<CampaignsPage> {
    this.asked.push(query);
    return { from: "", to: "", campaigns: [], more: false };
  }

  async campaign(campaign: string): Promise<CampaignView> {
    throw new DocketError("not_found", `no decision is of ${campaign}`);
  }

  async sharing(query: SharingQuery): Promise<Sharing> {
    this.asked.push(query);
    return nothing;
  }

  async latestMs(): Promise<number> {
    return Date.UTC(2026, 10, 23) - 1;
  }
}
