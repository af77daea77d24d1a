// SPDX-License-Identifier: Apache-2.0
// Standings held against a naive model: random events, verdicts, measures, expiries, restarts and rebuilds on
// a real site. What the site answers and what is in force afterwards is what the model says.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { seededRandom } from "../../../tools/campaigns/seeded-random.ts";
import type { Random } from "../../../tools/campaigns/seeded-random.ts";
import { replayDirectory } from "../src/cli/replay/run.ts";
import { testTerminal } from "../src/cli/testing/run-docket.ts";
import type { VerdictWish } from "../src/enforcement/contract.ts";
import { day, hour, minute, testSite } from "../src/enforcement/testing/site.ts";
import type { TestSite } from "../src/enforcement/testing/site.ts";
import { DocketError } from "../src/error.ts";
import { at } from "../src/testing/at.ts";
import { NaiveActor } from "./testing/naive-standing.ts";
import type { NaiveRestriction } from "./testing/naive-standing.ts";

const seed = process.env["DOCKET_SEED"] ?? String(Date.now());
const runs = Number(process.env["DOCKET_RUNS"] ?? 2);
const stepsPerRun = 50;
const accounts = ["u0", "u1"];
const texts = [["spam"], ["odd"], ["loud"], ["spam", "loud"], [], []];
const author = { by: "k_reviewerxxxxxxxx", role: "reviewer" };

for (let run = 0; run < runs; run++) {
  test(`a site and the model agree, whatever happens: ${run}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const world = new World(await testSite(t), seededRandom(`${seed} ${run}`));
    for (let step = 0; step < stepsPerRun; step++) await world.step();
    await world.restart(true);
    await world.site.opened.close();
    const { terminal } = testTerminal();
    const { data } = world.site.installation;
    const report = await replayDirectory({ data, evidence: true }, terminal);
    assert.deepEqual([report.verdict, report.findings, report.state?.lostAt], ["same", [], null]);
  });
}

class World {
  readonly site: TestSite;
  readonly #random: Random;
  readonly #actors = new Map(accounts.map((account) => [account, new NaiveActor()]));
  readonly #decisions: { account: string; index: number; outcome: string }[] = [];
  readonly #done: string[] = [];

  constructor(site: TestSite, random: Random) {
    this.site = site;
    this.#random = random;
  }

  async step(): Promise<void> {
    this.site.nowMs += this.#pick([0, 30_000, 2 * minute, 5 * minute, hour, 6 * hour, day]);
    const chance = this.#random.below(20);
    if (chance < 10) await this.#decide();
    else if (chance < 13) await this.#verdict("overturn");
    else if (chance < 16) await this.#verdict("confirm");
    else if (chance < 18) await this.#restrict();
    else if (chance < 19) await this.#lift();
    else await this.restart(this.#random.below(2) === 0);
    await this.#agrees();
  }

  /** @param fresh whether the views are made again from the log */
  async restart(fresh: boolean): Promise<void> {
    this.#done.push(fresh ? "rebuild" : "restart");
    const before = new Map(this.site.opened.site.standings);
    await this.site.restart(() => {
      if (!fresh) return;
      for (const end of ["", "-wal", "-shm"]) {
        rmSync(join(this.site.installation.paths.site, `views.sqlite${end}`), { force: true });
      }
    });
    assert.deepEqual(new Map(this.site.opened.site.standings), before);
  }

  async #decide(): Promise<void> {
    const account = this.#pick(accounts);
    const rules = this.#pick(texts);
    const { index = -1, outcome } = await this.site.decide(
      `${rules.join(" ")} ${this.#done.length}`,
      account,
    );
    this.#done.push(`${account} ${rules.join("+")} -> ${index} ${outcome} at ${this.site.nowMs}`);
    const expected = this.#actor(account).decide(index, rules, this.site.nowMs);
    assert.equal(outcome, expected, this.#story());
    this.#decisions.push({ account, index, outcome });
  }

  async #verdict(what: "overturn" | "confirm"): Promise<void> {
    const decision = this.#decisions[this.#random.below(Math.max(1, this.#decisions.length))];
    if (decision === undefined) return;
    const { account, index: of } = decision;
    this.#done.push(`${what} ${of}`);
    const how = what === "overturn" ? { compensate: true } : { confirm: true };
    const wish: VerdictWish = { of, verdict: "keep", cause: "manual", reason: "other", ...how };
    await this.site.opened.enforcement.verdict(author, wish);
    this.#actor(account)[what](of, this.site.nowMs);
  }

  async #restrict(): Promise<void> {
    const account = this.#pick(accounts);
    const until = this.site.nowMs + this.#pick([10 * minute, 3 * hour, 3 * day]);
    const grounds = this.#decisions
      .filter((one) => one.account === account)
      .slice(0, this.#random.below(3))
      .map(({ index }) => index);
    const sort = this.#pick(["suspend", "throttle", "limit links"] as const);
    const end = { until: new Date(until).toISOString() };
    const restriction = {
      suspend: { kind: "suspend", ...end },
      throttle: { kind: "throttle", rate: "1/m", ...end },
      "limit links": { kind: "limit", ability: "links", ...end },
    } as const;
    const subject = { kind: "actor", id: account } as const;
    const wish = { subject, restrictions: [restriction[sort]], of: grounds, reason: "other" };
    if (await this.#measure(wish, account)) this.#actor(account).restrict({ sort, until }, grounds);
  }

  async #lift(): Promise<void> {
    const account = this.#pick(accounts);
    const { restrictions } = await this.site.opened.site.standing(account, this.site.nowMs);
    const one = restrictions[this.#random.below(Math.max(1, restrictions.length))];
    if (one === undefined) return;
    const wish = { subject: { kind: "actor", id: account } as const, ends: [one.id], reason: "mistaken" };
    if (await this.#measure(wish, account)) this.#actor(account).lift(naive(one));
  }

  async #measure(
    wish: Parameters<TestSite["opened"]["enforcement"]["measure"]>[1],
    account: string,
  ): Promise<boolean> {
    this.#done.push(`measure on ${account} ${JSON.stringify(wish)}`);
    try {
      await this.site.opened.enforcement.measure(author, wish);
      return true;
    } catch (error) {
      // An account of which nothing was ever decided has no standing.
      if (error instanceof DocketError && error.code === "not_found") return false;
      throw error;
    }
  }

  async #agrees(): Promise<void> {
    const { nowMs, opened } = this.site;
    for (const account of accounts) {
      const found = await opened.site.standing(account, nowMs);
      const expected = this.#actor(account).at(nowMs);
      assert.deepEqual(
        {
          strikes: found.strikes.map(({ rule, at: given }) => `${rule} ${Date.parse(given)}`).sort(),
          restrictions: found.restrictions.map((each) => text(naive(each))).sort(),
        },
        {
          strikes: expected.strikes.map(({ rule, at: given }) => `${rule} ${given}`).sort(),
          restrictions: expected.restrictions.map(text).sort(),
        },
        this.#story(),
      );
    }
  }

  #actor(account: string): NaiveActor {
    return this.#actors.get(account) as NaiveActor;
  }

  #pick<T>(list: readonly T[]): T {
    return at(list, this.#random.below(list.length));
  }

  #story(): string {
    return `seed ${seed}:\n${this.#done.join("\n")}`;
  }
}

function naive(each: { kind: string; until?: string | undefined }): NaiveRestriction {
  const sort = each.kind === "limit" ? "limit links" : (each.kind as NaiveRestriction["sort"]);
  return { sort, until: each.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(each.until) };
}

function text({ sort, until }: NaiveRestriction): string {
  return `${sort} ${until}`;
}
