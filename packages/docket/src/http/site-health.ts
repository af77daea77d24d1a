// SPDX-License-Identifier: Apache-2.0
// How sealing fares, in one answer: how far the log is durable, integrated, published and cosigned, how old
// its checkpoint is, and how witnesses, outside clocks, its own clock and its replicas do.
import { stat } from "node:fs/promises";
import { formatTime } from "@docket/protocol";
import { Type } from "typebox";
import type { SiteAnchors } from "../anchors/contract.ts";
import type { ClockDesk } from "../clock/clock-desk.ts";
import type { SiteCopies } from "../copies/copies-desk.ts";
import type { GapDesk } from "../gaps/gap-desk.ts";
import type { Site } from "../intake/contract.ts";
import type { Publication } from "../publication/publication.ts";

/** What is asked how it fares; what a server goes without is not said. */
export type HealthOptions = {
  readonly site: Pick<Site, "status" | "paths" | "origin">;
  readonly publication: Publication;
  readonly anchors?: Pick<SiteAnchors, "figures"> | undefined;
  readonly clockDesk?: Pick<ClockDesk, "status"> | undefined;
  readonly copies?: Pick<SiteCopies, "status"> | undefined;
  readonly gaps?: Pick<GapDesk, "figures"> | undefined;
  readonly clock: () => number;
};

/** How sealing fares, at a time. */
export type SiteHealth = {
  readonly at: string;
  /** `degraded`: events are sealed, and somebody should look at the warnings. */
  readonly status: "ok" | "degraded" | "stopped";
  readonly warnings: readonly string[];
  readonly log: {
    readonly origin: string;
    readonly size: number;
    readonly durableSize: number;
    readonly integratedSize: number;
    readonly publishedSize: number;
    readonly waiting: number;
    readonly lastBatchMs: number;
    readonly release: string;
    readonly rulesWarming: number;
  };
  /** Of the newest published checkpoint; null before the first. */
  readonly checkpoint: { readonly size: number; readonly publishedAt: string; readonly ageMs: number } | null;
  readonly witnesses: {
    readonly cosignedSize: number;
    readonly witnesses: readonly {
      readonly name: string;
      readonly state: string;
      readonly cosignedSize: number;
      readonly fault: string | null;
    }[];
  } | null;
  readonly anchors: readonly {
    readonly name: string;
    readonly source: string;
    readonly size: number;
    readonly lastAt: string | null;
    readonly fault: string | null;
  }[];
  readonly clock: {
    readonly state: string;
    readonly stopped: boolean;
    readonly offsetMs: number | null;
    readonly uncertaintyMs: number | null;
    readonly asked: number;
    readonly agreeing: number;
  } | null;
  readonly gap: { readonly open: boolean; readonly waiting: number; readonly forgotten: number } | null;
};

const count = Type.Integer();
const whole = Type.Union([count, Type.Null()]);
const text = Type.Union([Type.String(), Type.Null()]);

/** The schema of {@link SiteHealth}. */
export const SiteHealthSchema: ReturnType<typeof Type.Object> = Type.Object({
  at: Type.String(),
  status: Type.String({ description: "ok, degraded (see the warnings), or stopped: nothing is sealed" }),
  warnings: Type.Array(Type.String()),
  log: Type.Object({
    origin: Type.String(),
    size: Type.Integer({ description: "Records that were answered" }),
    durableSize: Type.Integer({ description: "Records that survive power loss" }),
    integratedSize: Type.Integer({ description: "Records that the tree's root covers" }),
    publishedSize: Type.Integer({ description: "Records that the published checkpoint covers" }),
    waiting: count,
    lastBatchMs: Type.Number(),
    release: Type.String(),
    rulesWarming: count,
  }),
  checkpoint: Type.Union([
    Type.Object({ size: count, publishedAt: Type.String(), ageMs: count }),
    Type.Null(),
  ]),
  witnesses: Type.Union([
    Type.Object({
      cosignedSize: count,
      witnesses: Type.Array(
        Type.Object({ name: Type.String(), state: Type.String(), cosignedSize: count, fault: text }),
      ),
    }),
    Type.Null(),
  ]),
  anchors: Type.Array(
    Type.Object({ name: Type.String(), source: Type.String(), size: count, lastAt: text, fault: text }),
  ),
  clock: Type.Union([
    Type.Object({
      state: Type.String(),
      stopped: Type.Boolean(),
      offsetMs: Type.Union([Type.Number(), Type.Null()]),
      uncertaintyMs: whole,
      asked: count,
      agreeing: count,
    }),
    Type.Null(),
  ]),
  gap: Type.Union([Type.Object({ open: Type.Boolean(), waiting: count, forgotten: count }), Type.Null()]),
});

/** How sealing fares now. */
export async function siteHealth(options: HealthOptions): Promise<SiteHealth> {
  const { site, publication, anchors, clockDesk, gaps, clock } = options;
  const { fault, origin, size, durableSize, integratedSize, publishedSize, ...more } = site.status();
  const { waiting, lastBatchMs, release, rulesWarming } = more;
  const witnesses = publication.witnesses?.status();
  const clockStatus = clockDesk?.status();
  const gap = gaps?.figures();
  const warnings = [
    ...(fault === undefined ? [] : [fault]),
    ...(witnesses?.alarms ?? []),
    ...(clockStatus?.stopped === true ? ["the clock is not in order, so nothing is sealed"] : []),
    ...(gap?.open === true ? ["events could not be sealed a moment ago: a gap is open"] : []),
  ];
  const nowMs = clock();
  const status = fault !== undefined || clockStatus?.stopped === true ? "stopped" : "degraded";
  return {
    at: formatTime(nowMs),
    status: warnings.length === 0 ? "ok" : status,
    warnings,
    log: {
      origin,
      size,
      durableSize,
      integratedSize,
      publishedSize,
      waiting,
      lastBatchMs,
      release,
      rulesWarming,
    },
    checkpoint: await checkpointOf(site.paths.checkpoint, publishedSize, nowMs),
    witnesses: witnesses === undefined ? null : witnessesShown(witnesses),
    anchors: (anchors?.figures() ?? []).map(({ name, source, size: covered, lastMs, fault: why }) => ({
      name,
      source,
      size: covered,
      lastAt: lastMs === undefined ? null : formatTime(lastMs),
      fault: why ?? null,
    })),
    clock: clockStatus === undefined ? null : clockShown(clockStatus),
    gap: gap === undefined ? null : { open: gap.open, waiting: gap.waiting, forgotten: gap.forgotten },
  };
}

function witnessesShown({
  cosignedSize,
  witnesses,
}: ReturnType<NonNullable<Publication["witnesses"]>["status"]>): SiteHealth["witnesses"] {
  return {
    cosignedSize,
    witnesses: witnesses.map(({ name, state, cosignedSize: own, fault }) => ({
      name,
      state,
      cosignedSize: own,
      fault: fault ?? null,
    })),
  };
}

function clockShown(status: ReturnType<ClockDesk["status"]>): SiteHealth["clock"] {
  const { state, stopped, offsetMs, uncertaintyMs, asked, agreeing } = status;
  return { state, stopped, offsetMs, uncertaintyMs, asked, agreeing };
}

// A checkpoint says no time: that of its file is when it was put in place.
async function checkpointOf(path: string, size: number, nowMs: number): Promise<SiteHealth["checkpoint"]> {
  try {
    const publishedMs = Math.floor((await stat(path)).mtimeMs);
    return {
      size,
      publishedAt: formatTime(publishedMs),
      ageMs: Math.max(0, nowMs - publishedMs),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
