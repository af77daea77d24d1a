// SPDX-License-Identifier: Apache-2.0
// What anybody may know of a site's last days: how much was decided, restricted, objected to, and under which
// releases. It is counted for everybody at once, so that those who ask often cost nothing.
import { formatTime, parseTime } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { publicReleasesMax } from "./contract.ts";
import type { Counts, PublicFigures, PublicRelease, TransparencyReport } from "./contract.ts";

/** Figures are counted anew after so long, in ms. */
export const publicFiguresEveryMs = 300_000;

/** What they are made of. */
export type PublicFiguresPorts = {
  readonly report: (fromMs: number, toMs: number) => Promise<TransparencyReport>;
  /** All records that put a release in force, the first first. */
  readonly releases: () => Promise<readonly DocketRecord[]>;
  /** How many days are counted; 0 shows nothing. */
  readonly days: () => number;
  /** Ms since 1970. */
  readonly clock: () => number;
};

const dayMs = 86_400_000;

/** Counts at most once in a while, and gives the same to all. */
export class PublicFiguresDesk {
  readonly #ports: PublicFiguresPorts;
  #counted:
    | { readonly atMs: number; readonly days: number; readonly figures: Promise<PublicFigures> }
    | undefined;

  constructor(ports: PublicFiguresPorts) {
    this.#ports = ports;
  }

  async figures(): Promise<PublicFigures | undefined> {
    const [days, nowMs] = [this.#ports.days(), this.#ports.clock()];
    if (days === 0) return undefined;
    const counted = this.#counted;
    const isFresh =
      counted?.days === days && nowMs >= counted.atMs && nowMs - counted.atMs < publicFiguresEveryMs;
    if (isFresh) return counted.figures;
    const figures = this.#count(nowMs - days * dayMs, nowMs);
    const counting = { atMs: nowMs, days, figures };
    this.#counted = counting;
    // What failed is tried again by the next who asks.
    figures.catch(() => {
      if (this.#counted === counting) this.#counted = undefined;
    });
    return figures;
  }

  async #count(fromMs: number, toMs: number): Promise<PublicFigures> {
    const { report, releases } = this.#ports;
    const { origin, from, to, decisions, restrictions, disputes, reports } = await report(
      Math.max(0, fromMs),
      toMs,
    );
    const { upheld, overturned, modified, withdrawn } = disputes.ended;
    return {
      format: "docket-public-figures/v1",
      origin,
      from,
      to,
      madeAt: formatTime(toMs),
      policies: inForceSince(await releases(), fromMs),
      decisions: {
        total: decisions.total,
        byOutcome: decisions.byOutcome,
        lookedAt: decisions.lookedAt,
      },
      restrictions: {
        byAutomation: sumOf(restrictions.byAutomation),
        byPeople: sumOf(restrictions.byPeople),
        ended: restrictions.ended,
      },
      disputes: {
        opened: disputes.opened.total,
        open: disputes.open,
        overdue: disputes.overdue,
        upheld,
        overturned,
        modified,
        withdrawn,
      },
      reports: reports.total,
    };
  }
}

// The one that was in force at the beginning, and all that came after it.
function inForceSince(records: readonly DocketRecord[], fromMs: number): PublicRelease[] {
  const newestFirst = records.filter((record) => record.kind === "release").toReversed();
  const first = newestFirst.findIndex(({ time }) => (parseTime(time) ?? 0) <= fromMs);
  const within = first < 0 ? newestFirst : newestFirst.slice(0, first + 1);
  return within
    .slice(0, publicReleasesMax)
    .map(({ release, index, time, via }) => ({ release, index, at: time, via: via ?? null }));
}

function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}
