// SPDX-License-Identifier: Apache-2.0
// Findings in decisions of which it is known what they hide.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeBody, encodeLeaf, formatTime } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import { findingKinds } from "../../patterns/contract.ts";
import type { Finding, FindingKind } from "../../patterns/contract.ts";
import { findPatterns } from "../../patterns/findings/findings.ts";
import { differ } from "../../patterns/findings/compared.ts";
import type { FindingsSource } from "../../patterns/findings/source.ts";
import { SqliteSiteIndex } from "../../stores/sqlite/site-index.ts";
import { plainRow } from "../../testing/plain-row.ts";
import type { DecisionRow } from "../../views/decision-row.ts";
import type { IndexEntry } from "../../views/site-index.ts";
import { repeatWindowMs } from "../../views/site-index.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const endMs = Date.UTC(2026, 10, 22);
const startMs = endMs - 14 * dayMs;
const fromMs = endMs - 7 * dayMs;
const label = `a_${"x".repeat(21)}`;

/** Ordinary traffic: 40 decisions an hour by many accounts; the rule `p/links` refuses a twentieth. */
function ordinary(): Omit<DecisionRow, "index">[] {
  const rows: Omit<DecisionRow, "index">[] = [];
  for (let hour = 0; hour < 14 * 24; hour++) {
    for (let each = 0; each < 40; each++) {
      const at = rows.length;
      const refused = at % 20 === 7;
      rows.push(
        row({
          actor: `a_reader${(at * 7919) % 3001}`,
          decidedMs: startMs + hour * hourMs + each * 80_000,
          outcome: refused ? "reject" : "allow",
          fired: refused ? ["p/links"] : [],
          language: ["en", "de", "fr"][at % 3],
          accountAgeMs: (1 + (at % 400)) * dayMs,
          fingerprint: `f${at}`,
          campaign: `c${at}`,
          marks: [`net:n${at % 500}`],
        }),
      );
    }
  }
  return rows;
}

test("nothing is found in ordinary traffic", async (t) => {
  const { find } = world(t, ordinary());
  assert.deepEqual(await find(findingKinds), []);
});

test("what is planted is found, with the records that show it", async (t) => {
  const rows = ordinary();
  const planted = plant();
  const { find, indexOf } = world(t, [...rows, ...planted.all]);
  const findings = await find(findingKinds);
  const of = (kind: FindingKind): Finding[] => findings.filter((finding) => finding.kind === kind);
  const only = (kind: FindingKind, records: readonly Omit<DecisionRow, "index">[]): Finding => {
    const [finding, ...others] = of(kind);
    assert.ok(finding !== undefined, `no finding of kind ${kind}`);
    assert.deepEqual(others, [], kind);
    assert.deepEqual(finding.records, records.map(indexOf), kind);
    return finding;
  };
  const offender = only("offender", planted.offender);
  assert.equal(offender.subject, "a_offender");
  assert.match(offender.says, /Refused 4 times on 4 days, 100%/);
  assert.equal(only("campaign", planted.campaign).figures["actors"], 12);
  assert.equal(only("copies", planted.copies).figures["actors"], 4);
  const burst = only("burst", planted.burst);
  assert.equal(burst.subject, "net:flood");
  assert.match(burst.says, /one value of actor\.ip: 30 accounts/);
  assert.equal(burst.from, new Date(endMs - 30 * hourMs).toISOString());
  const language = of("language");
  assert.deepEqual(
    language.map(({ subject }) => subject),
    ["eo"],
  );
  const decided = new Set(planted.language.filter(({ outcome }) => outcome === "reject").map(indexOf));
  assert.ok(language[0]?.records.every((index) => decided.has(index)));
  const age = of("accountAge");
  assert.deepEqual(
    age.map(({ subject }) => subject),
    ["under an hour"],
  );
  const pair = of("pair").find(({ subject }) => subject === "f-pair");
  assert.deepEqual(pair?.records, planted.pair.map(indexOf));
  assert.equal(pair?.figures["explained"], "the account");
  assert.match(pair?.says ?? "", /They differ in actor\.age: 5 and 9\./);
});

test("a rule that moderators and reviewers contradict is found; later words count", async (t) => {
  const rows = ordinary();
  const refused = rows.flatMap(({ outcome, decidedMs }, at) =>
    outcome === "reject" && decidedMs > fromMs ? [at] : [],
  );
  const { find, keep } = world(t, rows);
  const parts = "A".repeat(43);
  const said = { by: "operator", role: "operator" } as const;
  for (const of of refused.slice(0, 12))
    keep({ kind: "label", ...said, of, label: "notSpam", source: "moderator" });
  const few = await find(["rule"]);
  assert.match(few[0]?.says ?? "", /Of 12 decisions .* 12 were not spam: it is right in 0%/);
  assert.equal(few[0]?.subject, "p/links");
  assert.equal(few[0]?.records.length, 24);
  for (const of of refused.slice(0, 12)) {
    keep({ kind: "review", ...said, of, task: "quality", finding: "spam", reason: "spam" }, parts);
  }
  assert.deepEqual(await find(["rule"]), []);
});

test("a flood of reports is found, on whom and by whom", async (t) => {
  const rows = ordinary();
  const { find, keep, indexOf } = world(t, rows);
  const target = rows[9000];
  assert.ok(target !== undefined);
  const report = (of: number, reporter: string, atMs: number): void =>
    keep({ kind: "report", by: "operator", of, reporter, category: "spam" }, undefined, atMs);
  for (let day = 0; day < 13; day++) {
    report(day * 500, `${label}${String.fromCharCode(97 + day)}`, startMs + day * dayMs);
  }
  for (let each = 0; each < 12; each++) {
    report(indexOf(target), `${label}${String.fromCharCode(65 + each)}`, endMs - 2 * hourMs + each * 60_000);
  }
  const found = await find(["reports"]);
  assert.deepEqual(
    found.map(({ subject, recordCount }) => [subject, recordCount]),
    [[target.actor, 12]],
  );
});

test("what cannot be judged is said", async (t) => {
  const { source } = world(
    t,
    ordinary()
      .slice(0, 200)
      .map((each) => ({ ...each, language: undefined })),
  );
  const { limits } = await findPatterns(source, {
    kinds: ["burst", "reports", "language"],
    fromMs: startMs,
    toMs: endMs,
  });
  assert.equal(limits.length, 3);
  assert.match(limits.join("\n"), /bursts were not looked for: fewer than 24 hours come before/);
});

test("groups differ only beyond chance and by half as much again", () => {
  assert.equal(differ({ decisions: 49, refused: 49 }, { decisions: 1000, refused: 10 }), undefined);
  assert.equal(differ({ decisions: 100, refused: 12 }, { decisions: 1000, refused: 100 }), undefined);
  assert.equal(
    differ({ decisions: 100_000, refused: 14_000 }, { decisions: 100_000, refused: 10_000 }),
    undefined,
  );
  const found = differ({ decisions: 200, refused: 60 }, { decisions: 1000, refused: 100 });
  assert.ok(found !== undefined && Math.abs(found.ratio - 3) < 1e-9 && found.z > 7);
  assert.equal(differ({ decisions: 100, refused: 50 }, { decisions: 100, refused: 0 })?.ratio, 1000);
});

type Planted = Record<
  "offender" | "campaign" | "copies" | "burst" | "language" | "age" | "pair" | "all",
  Omit<DecisionRow, "index">[]
>;

function plant(): Planted {
  const many = (count: number, make: (at: number) => Partial<DecisionRow>): Omit<DecisionRow, "index">[] =>
    Array.from({ length: count }, (_, at) => row({ decidedMs: fromMs + at * dayMs, ...make(at) }));
  const offender = many(4, (at) => ({
    actor: "a_offender",
    outcome: "reject",
    decidedMs: fromMs + at * dayMs,
  }));
  const campaign = many(12, (at) => ({
    actor: `a_copy${at}`,
    campaign: "c-planted",
    decidedMs: endMs - dayMs + at,
  }));
  const copies = many(4, (at) => ({
    actor: `a_same${at}`,
    fingerprint: "f-planted",
    letters: 60,
    decidedMs: endMs - at - 9,
  })).reverse();
  const short = many(6, (at) => ({
    actor: `a_lol${at}`,
    fingerprint: "f-lol",
    letters: 3,
    decidedMs: endMs - 99,
  }));
  const burst = many(30, (at) => ({
    actor: `a_net${at}`,
    marks: ["net:flood"],
    decidedMs: endMs - 30 * hourMs + Math.floor(at / 10) * hourMs + at,
  }));
  const language = many(80, (at) => ({
    actor: `a_eo${at}`,
    language: "eo",
    outcome: at % 3 === 0 ? "reject" : "allow",
    decidedMs: endMs - 2 * dayMs + at * 1000,
  }));
  const age = many(60, (at) => ({
    actor: `a_new${at}`,
    accountAgeMs: 60_000,
    outcome: at % 2 === 0 ? "hold" : "allow",
    decidedMs: endMs - 3 * dayMs + at * 1000,
  }));
  const pair = many(2, (at) => ({
    actor: `a_pair${at}`,
    fingerprint: "f-pair",
    letters: 50,
    outcome: at === 0 ? "allow" : "reject",
    decidedMs: endMs - dayMs + at,
  }));
  const all = [...offender, ...campaign, ...copies, ...short, ...burst, ...language, ...age, ...pair];
  return { offender, campaign, copies, burst, language, age, pair, all };
}

function row(given: Partial<DecisionRow>): Omit<DecisionRow, "index"> {
  return {
    ...plainRow,
    actor: "a_nobody",
    decidedMs: endMs - 1,
    sealedMs: endMs,
    letters: 40,
    release: "rel",
    ...given,
  };
}

type World = {
  source: FindingsSource;
  find: (kinds: readonly FindingKind[]) => Promise<readonly Finding[]>;
  indexOf: (row: Omit<DecisionRow, "index">) => number;
  keep: (body: BodyWithoutParts, parts?: string, atMs?: number) => void;
};

function world(t: TestContext, rows: readonly Omit<DecisionRow, "index">[]): World {
  const directory = mkdtempSync(join(tmpdir(), "docket-findings-"));
  const index = new SqliteSiteIndex(join(directory, "i"), join(directory, "v"), repeatWindowMs);
  t.after(() => {
    index.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const nothing = { event: undefined, body: undefined, standing: undefined, release: undefined };
  const entries = rows.map((each, at): IndexEntry => {
    const { decidedMs, sealedMs } = each;
    return { index: at, decidedMs, sealedMs, actors: [], ...nothing, decision: { ...each, index: at } };
  });
  index.apply(entries);
  let next = rows.length;
  const { reader } = index;
  const source: FindingsSource = {
    decisions: async (query) => reader.decisions(query),
    decisionGroups: async (query) => reader.decisionGroups(query),
    decisionSeries: async (query) => reader.decisionSeries(query),
    outcomeShares: async (query) => reader.outcomeShares(query),
    caseRecords: async (query) => reader.caseRecords(query),
    labels: async (query) => index.labels(query),
    countedFields: () => new Map([["net", "actor.ip"]]),
    factsOf: async (at) => ({ "actor.age": rows[at]?.outcome === "reject" ? "9" : "5" }),
  };
  return {
    source,
    find: async (kinds) => (await findPatterns(source, { kinds, fromMs, toMs: endMs })).findings,
    indexOf: (wanted) => rows.indexOf(wanted),
    keep(body, parts, atMs = endMs) {
      const header = {
        v: 1,
        index: next,
        prev: "A".repeat(43),
        time: formatTime(atMs),
        uncertaintyMs: null,
      } as const;
      const leaf = encodeLeaf(header, encodeBody(body), parts);
      const kept = { kind: body.kind, leaf };
      index.apply([{ index: next, decidedMs: 0, sealedMs: atMs, actors: [], ...nothing, kept }]);
      next += 1;
    },
  };
}
