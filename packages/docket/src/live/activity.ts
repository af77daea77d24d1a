// SPDX-License-Identifier: Apache-2.0
// How many decisions there were lately. Whoever asks within a few seconds of another gets the same answer.
import type { SiteIndex } from "../views/site-index.ts";
import { activitySpans, rulesNamedMax } from "./contract.ts";
import type { Activity, ActivityPeriod } from "./contract.ts";

/** What is counted is answered again for so long, in ms. */
const rememberedMs = 3000;
/** Most answers in memory. */
const rememberedMax = 20;

/** What it leans on. */
export type ActivityPorts = {
  readonly index: Pick<SiteIndex, "decisionTallies">;
  readonly indexed: () => Promise<void>;
  readonly latestMs: () => Promise<number>;
  readonly clock: () => number;
};

/** Remembers what was counted. */
export class ActivityBook {
  readonly #ports: ActivityPorts;
  readonly #remembered = new Map<string, { atMs: number; activity: Promise<Activity> }>();

  constructor(ports: ActivityPorts) {
    this.#ports = ports;
  }

  /** The decisions of a period that ends at a time, in whole buckets. */
  of(period: ActivityPeriod, toMs: number): Promise<Activity> {
    const { spanMs, bucketMs } = activitySpans[period];
    const end = Math.ceil(toMs / bucketMs) * bucketMs;
    const name = `${period} ${end}`;
    const nowMs = this.#ports.clock();
    const known = this.#remembered.get(name);
    if (known !== undefined && Math.abs(nowMs - known.atMs) < rememberedMs) return known.activity;
    const activity = this.#count({ fromMs: end - spanMs, toMs: end, bucketMs });
    activity.catch(() => this.#remembered.delete(name));
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.set(name, { atMs: nowMs, activity });
    return activity;
  }

  async #count({
    fromMs,
    toMs,
    bucketMs,
  }: Pick<Activity, "fromMs" | "toMs" | "bucketMs">): Promise<Activity> {
    const { index, indexed, latestMs } = this.#ports;
    await indexed();
    const earlier = { fromMs: fromMs - (toMs - fromMs), toMs: fromMs };
    // An hour by the minute is counted anew; the hour before it is not worth that.
    const whole = { ...earlier, bucketMs: activitySpans.day.bucketMs, rulesMax: 0 };
    const [now, before, latest] = await Promise.all([
      index.decisionTallies({ fromMs, toMs, bucketMs, rulesMax: rulesNamedMax }),
      index.decisionTallies(whole),
      latestMs(),
    ]);
    const { decisions, outcomes } = before;
    return { fromMs, toMs, bucketMs, now, before: { decisions, outcomes }, latestMs: latest };
  }
}
