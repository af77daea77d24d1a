// SPDX-License-Identifier: Apache-2.0
// Groups and series of decisions. Each goes once through the decisions of its time, in the thread that reads.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { outcomes } from "@docket/protocol";
import type { Outcome } from "@docket/protocol";
import type {
  ActorFigures,
  CampaignPart,
  DecisionGroup,
  GroupBy,
  GroupQuery,
  HourCount,
  OutcomeShare,
  Period,
  Series,
  SeriesQuery,
  ShareBy,
} from "../../views/pattern-queries.ts";
import type { DecisionReader } from "./decision-table.ts";

const hourMs = 3_600_000;
/** Outcomes from this on keep a content from being seen: delay, hold and reject. */
const refusedFrom = outcomes.indexOf("delay");
/** Marks are counted roughly first, in so many buckets, so that those that come once need no memory. */
const bucketCount = 4_194_304;

/** Ages of accounts that are told apart; each is under its bound. */
const accountAges: readonly { name: string; belowMs: number }[] = [
  { name: "under an hour", belowMs: hourMs },
  { name: "under a day", belowMs: 24 * hourMs },
  { name: "under a week", belowMs: 7 * 24 * hourMs },
  { name: "under a month", belowMs: 30 * 24 * hourMs },
  { name: "under a year", belowMs: 365 * 24 * hourMs },
  { name: "a year or older", belowMs: Number.MAX_SAFE_INTEGER },
];

/** Where nobody read how many letters a text has, it is taken for long enough. */
const lettersUnknown = 1_000_000;

const groupColumns: Readonly<Record<GroupBy, string>> = {
  actor: "actor",
  campaign: "campaign",
  fingerprint: "fingerprint",
};

/** Most campaigns of an actor that are looked at: those with the most of its decisions. */
const campaignsLookedMax = 5;
/** Most decisions of a campaign that are looked at for that. */
const campaignDecisionsMax = 200;
type CampaignSize = { decisions: number; actors: number };

type FiguresRow = {
  outcome: number;
  shape: number;
  count: number;
  from_ms: number;
  to_ms: number;
  restricted: number;
};
type GroupRow = {
  key: string;
  decisions: number;
  actors: number;
  refused: number;
  restricted: number;
  first: number;
  last: number;
  from_ms: number;
  to_ms: number;
} & Record<Outcome, number>;

/** Answers what is asked of many decisions. */
export class PatternReader {
  readonly #views: DatabaseSync;
  readonly #decisions: DecisionReader;
  readonly #statements = new Map<string, StatementSync>();

  constructor(views: DatabaseSync, decisions: DecisionReader) {
    this.#views = views;
    this.#decisions = decisions;
  }

  /** Groups, those with the most decisions first. */
  decisionGroups(query: GroupQuery): DecisionGroup[] {
    const column = groupColumns[query.by];
    const restricted = "(more LIKE '%\"refusedBy\"%')";
    const refused = `(outcome >= ${refusedFrom} AND NOT coalesce(${restricted}, 0))`;
    const counted = outcomes.map((name, place) => `sum(outcome = ${place}) AS "${name}"`);
    const several =
      query.outcomesMin < 2
        ? ""
        : `AND key IN (SELECT ${column} FROM decisions JOIN shapes ON shapes.id = decisions.shape
             WHERE ${column} IS NOT NULL AND record >= ? AND record < ? AND decided >= ? AND decided < ?
             GROUP BY ${column}, json_extract(shapes.shape, '$[0]', '$[7]')
             HAVING count(DISTINCT outcome) >= ${Math.trunc(query.outcomesMin)})`;
    const bounds = this.#bounds(query);
    const rows = this.#views
      .prepare(
        `SELECT ${column} AS key, count(*) AS decisions, count(DISTINCT actor) AS actors,
           sum(${refused}) AS refused, sum(coalesce(${restricted}, 0)) AS restricted, ${counted.join()},
           min(coalesce(json_extract(more, '$.letters'), ${lettersUnknown})) AS letters,
           min(record) AS first, max(record) AS last, min(decided) AS from_ms, max(decided) AS to_ms
         FROM decisions
         WHERE ${column} IS NOT NULL AND record >= ? AND record < ? AND decided >= ? AND decided < ?
           ${query.key === undefined ? "" : `AND ${column} = ?`}
         GROUP BY ${column}
         HAVING decisions >= ? AND actors >= ? AND refused >= ? AND letters >= ? ${several}
         ORDER BY decisions DESC, first LIMIT ?`,
      )
      .all(
        ...bounds,
        ...(query.key === undefined ? [] : [query.key]),
        query.decisionsMin,
        query.actorsMin,
        query.refusedMin,
        query.lettersMin ?? 0,
        ...(several === "" ? [] : bounds),
        query.limit,
      ) as GroupRow[];
    return rows.map(groupOf);
  }

  /** Series of hourly counts. */
  decisionSeries(query: SeriesQuery): Series[] {
    if (query.by === "mark") return this.#markSeries(query);
    const counted = query.by === "all" ? "*" : "DISTINCT actor";
    const rows = this.#views
      .prepare(
        `SELECT shape, decided / ${hourMs} AS hour, count(${counted}) AS count FROM decisions
         WHERE record >= ? AND record < ? AND decided >= ? AND decided < ? GROUP BY shape, hour`,
      )
      .all(...this.#bounds(query)) as { shape: number; hour: number; count: number }[];
    const series = new SeriesMaker();
    for (const { shape, hour, count } of rows) {
      if (query.by === "all") series.add("all", hour, count);
      else for (const rule of this.#decisions.shape(shape).fired) series.add(rule, hour, count);
    }
    return series.made(query);
  }

  /** What the decisions of an actor came to. */
  actorFigures(actor: string): ActorFigures {
    const counted = this.#statement(
      `SELECT outcome, shape, count(*) AS count, min(decided) AS from_ms, max(decided) AS to_ms,
           sum(coalesce(more LIKE '%"refusedBy"%', 0)) AS restricted
         FROM decisions INDEXED BY decisions_actor WHERE actor = ? GROUP BY outcome, shape`,
    ).all(actor) as FiguresRow[];
    const byOutcome: Partial<Record<Outcome, number>> = {};
    const rules = new Map<string, number>();
    const figures = { decisions: 0, restricted: 0, fromMs: Infinity, toMs: -Infinity };
    for (const { outcome, shape, count, from_ms: fromMs, to_ms: toMs, restricted } of counted) {
      const name = outcomes[outcome] as Outcome;
      byOutcome[name] = (byOutcome[name] ?? 0) + count;
      for (const rule of this.#decisions.shape(shape).fired) rules.set(rule, (rules.get(rule) ?? 0) + count);
      figures.decisions += count;
      figures.restricted += restricted;
      figures.fromMs = Math.min(figures.fromMs, fromMs);
      figures.toMs = Math.max(figures.toMs, toMs);
    }
    const { decisions, restricted } = figures;
    return {
      decisions,
      restricted,
      fromMs: decisions === 0 ? undefined : figures.fromMs,
      toMs: decisions === 0 ? undefined : figures.toMs,
      outcomes: byOutcome,
      rules: [...rules]
        .map(([rule, count]) => ({ rule, count }))
        .sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1)),
      campaigns: this.#campaignsOf(actor),
    };
  }

  /** How many of the decisions in a language, or of accounts of an age, were refused. */
  outcomeShares({ by, ...period }: Period & { by: ShareBy }): OutcomeShare[] {
    const ages = accountAges.map(
      ({ belowMs }, place) => `WHEN json_extract(more, '$.accountAgeMs') < ${belowMs} THEN ${place}`,
    );
    const age = `CASE ${ages.join(" ")} END`;
    const key = by === "language" ? "json_extract(shapes.shape, '$[6]')" : age;
    const rows = this.#statement(
      `SELECT ${key} AS key, count(*) AS decisions,
           sum(outcome >= ${refusedFrom} AND coalesce(more NOT LIKE '%"refusedBy"%', 1)) AS refused
         FROM decisions JOIN shapes ON shapes.id = decisions.shape
         WHERE record >= ? AND record < ? AND decided >= ? AND decided < ? GROUP BY key ORDER BY key`,
    ).all(...this.#bounds(period)) as {
      key: string | number | null;
      decisions: number;
      refused: number;
    }[];
    return rows
      .filter(({ key: group }) => group !== null)
      .map(({ key: group, decisions, refused }) => ({
        ...groupName(group as string | number),
        decisions,
        refused,
      }));
  }

  // Campaigns may be as large as the log is long: of each only its first decisions are looked at.
  #campaignsOf(actor: string): CampaignPart[] {
    const own = this.#statement(
      `SELECT campaign, count(*) AS own FROM decisions INDEXED BY decisions_actor
         WHERE actor = ? AND campaign IS NOT NULL GROUP BY campaign ORDER BY own DESC, campaign LIMIT ?`,
    ).all(actor, campaignsLookedMax) as { campaign: string; own: number }[];
    const size = this.#statement(
      `SELECT count(*) AS decisions, count(DISTINCT actor) AS actors FROM
         (SELECT actor FROM decisions INDEXED BY decisions_campaign WHERE campaign = ? LIMIT ?)`,
    );
    return own
      .map((part) => ({ ...part, ...(size.get(part.campaign, campaignDecisionsMax) as CampaignSize) }))
      .filter(({ actors }) => actors > 1)
      .sort((a, b) => b.actors - a.actors || (a.campaign < b.campaign ? -1 : 1));
  }

  // Twice through the rows: first which marks come often enough, by buckets; then how often those come.
  #markSeries(query: SeriesQuery): Series[] {
    const rough = new Uint32Array(bucketCount);
    this.#eachMarked({ ...query, fromMs: query.sinceMs }, (mark) => {
      rough[bucketOf(mark)] = (rough[bucketOf(mark)] as number) + 1;
    });
    const series = new SeriesMaker();
    const seen = new Set<string>();
    let seenHour = 0;
    this.#eachMarked(query, (mark, hour, actor) => {
      if ((rough[bucketOf(mark)] as number) < query.countMin) return;
      // An account counts once an hour. Decisions come nearly in the order of their hours: a few that don't
      // may be counted twice.
      if (hour !== seenHour) seen.clear();
      seenHour = hour;
      const name = `${actor} ${mark}`;
      if (seen.has(name)) return;
      seen.add(name);
      series.add(mark, hour, 1);
    });
    return series.made(query);
  }

  #eachMarked(period: Period, take: (mark: string, hour: number, actor: string) => void): void {
    const rows = this.#views
      .prepare(
        `SELECT decided / ${hourMs} AS hour, actor, more FROM decisions
         WHERE record >= ? AND record < ? AND decided >= ? AND decided < ? AND more LIKE '%"marks"%'`,
      )
      .iterate(...this.#bounds(period)) as Iterable<{ hour: number; actor: string; more: string }>;
    for (const { hour, actor, more } of rows) {
      for (const mark of (JSON.parse(more) as { marks?: string[] }).marks ?? []) take(mark, hour, actor);
    }
  }

  // An actor's page is asked for often: its statements are kept.
  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#views.prepare(sql)));
    return statement;
  }

  #bounds({ fromMs, toMs }: Period): [number, number, number, number] {
    const { from, to } = this.#decisions.recordsOf({ fromMs, toMs });
    return [from, to, fromMs, toMs];
  }
}

/** Gathers counts by key and hour. */
class SeriesMaker {
  readonly #series = new Map<string, Map<number, number>>();

  add(key: string, hour: number, count: number): void {
    let hours = this.#series.get(key);
    if (hours === undefined) this.#series.set(key, (hours = new Map()));
    hours.set(hour, (hours.get(hour) ?? 0) + count);
  }

  made({ sinceMs, countMin, limit }: SeriesQuery): Series[] {
    const made: { key: string; counts: HourCount[]; since: number }[] = [];
    const sinceHour = Math.floor(sinceMs / hourMs);
    for (const [key, hours] of this.#series) {
      let since = 0;
      for (const [hour, count] of hours) if (hour >= sinceHour) since += count;
      if (since < countMin) continue;
      made.push({ key, counts: [...hours].sort(([a], [b]) => a - b), since });
    }
    made.sort((a, b) => b.since - a.since || (a.key < b.key ? -1 : 1));
    return made.slice(0, limit).map(({ key, counts }) => ({ key, counts }));
  }
}

function groupName(group: string | number): Pick<OutcomeShare, "group" | "accountAge"> {
  if (typeof group === "string") return { group };
  const { name, belowMs } = accountAges[group] as { name: string; belowMs: number };
  return { group: name, accountAge: { fromMs: accountAges[group - 1]?.belowMs ?? 0, belowMs } };
}

// FNV-1a: two marks in a bucket cost a little memory, nothing else.
function bucketOf(mark: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < mark.length; at++) hash = Math.imul(hash ^ mark.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % bucketCount;
}

function groupOf(row: GroupRow): DecisionGroup {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const outcome of outcomes) if (row[outcome] > 0) counts[outcome] = row[outcome];
  const { key, decisions, actors, refused, restricted, first, last } = row;
  return {
    key,
    decisions,
    actors,
    refused,
    restricted,
    outcomes: counts,
    first,
    last,
    fromMs: row.from_ms,
    toMs: row.to_ms,
  };
}
