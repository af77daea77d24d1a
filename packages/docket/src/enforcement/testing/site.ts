// SPDX-License-Identifier: Apache-2.0
// A site with its real threads, files and SQLite, whose clock and timers the test moves.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Decision, Event } from "@docket/protocol";
import { createInstallation } from "../../installation.ts";
import type { Installation } from "../../installation.ts";
import { openInstallation } from "../../main.ts";
import type { OpenInstallation } from "../../main.ts";
import { disk } from "../../stores/files/node-disk.ts";
import type { Fault } from "../../testing/faulty-disk.ts";

/** When these tests begin, in ms since 1970. Records are sealed by the machine's own clock. */
export const startMs: number = Date.UTC(2026, 10, 23, 12);
/** The same for tests whose records have to be sealed before. */
export const farStartMs: number = Date.UTC(2100, 0, 1, 12);
export const minute = 60_000;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

/** A policy with a ladder, rules with measures of their own, holds, and a step that needs a person. */
export const enforcementPolicy = `
policy: comments
on: [comment]
rules:
  - id: spam
    when: signals.normalised.contains('spam')
    then: { outcome: reject, strike: 1 }
    reason: { en: "No spam, please.", de: "Kein Spam, bitte." }
  - id: odd
    when: signals.normalised.contains('odd')
    then: { outcome: flag, strike: 1 }
    reason: { en: "This looks odd." }
  - id: wait
    when: signals.normalised.contains('wait')
    then: { outcome: hold, holdFor: 1h, otherwise: reject, strike: 1 }
    reason: { en: "A person looks at this first." }
  - id: later
    when: signals.normalised.contains('later')
    then: { outcome: hold, holdFor: 1h, otherwise: allow }
    reason: { en: "A person looks at this first." }
  - id: loud
    when: signals.normalised.contains('loud')
    then: { outcome: allow, throttle: { rate: 1/m, for: 30m } }
    reason: { en: "Slow down." }
  - id: links
    when: "'links' in standing.limited && signals.linkCount > 0"
    then: { outcome: reject }
    reason: { en: "This account may not post links now." }
ladder:
  - { strikes: 1, within: 7d, then: { warn: true } }
  - { strikes: 2, within: 7d, then: { throttle: { rate: 1/m, for: 1h } } }
  - { strikes: 3, within: 7d, then: { suspend: 24h } }
  - { strikes: 5, within: 30d, then: { ban: true }, needs: review }
`;

/** A site under test. */
export type TestSite = {
  readonly installation: Installation;
  /** The open installation; another one after {@link TestSite.restart}. */
  readonly opened: OpenInstallation;
  nowMs: number;
  /** Has an event decided now. */
  decide(text: string, account?: string, more?: Partial<Event["actor"]>): Promise<Decision>;
  /** What of its disk fails from now on, where it may fail. */
  fail(faults: readonly Fault[]): void;
  /** Closes and opens it again. @param between what is done meanwhile */
  restart(between?: () => void): Promise<void>;
};

/** Makes a site and opens it. @param mayFail whether its disk fails as {@link TestSite.fail} says */
export async function testSite(
  t: TestContext,
  policy: string = enforcementPolicy,
  nowMs: number = startMs,
  mayFail: boolean = false,
): Promise<TestSite> {
  const directory = mkdtempSync(join(tmpdir(), "docket-enforcement-"));
  const installation = createInstallation(disk, join(directory, "data"));
  writeFileSync(join(installation.policyDirectory, "comments.yaml"), policy);
  let events = 0;
  const site = { installation, nowMs } as { -readonly [Key in keyof TestSite]: TestSite[Key] };
  const faults = join(directory, "faults.json");
  const faulty = `${new URL("../../testing/faulty-disk.ts", import.meta.url).href}?faults=${faults}`;
  const diskModule = mayFail ? faulty : undefined;
  const open = (): Promise<OpenInstallation> =>
    openInstallation(installation, { clock: () => site.nowMs, diskModule });
  site.fail = (wished) => writeFileSync(faults, JSON.stringify(wished));
  site.opened = await open();
  site.decide = (text, account = "u1", more = {}) => {
    const id = `e${events++}`;
    const time = new Date(site.nowMs).toISOString();
    const event: Event = {
      id,
      type: "comment",
      time,
      actor: { id: account, ...more },
      content: { id: `c-${id}`, text },
    };
    const how = { dryRun: false, by: "operator", source: "http", receivedMs: site.nowMs } as const;
    return site.opened.site.decide({ event, ...how });
  };
  site.restart = async (between) => {
    await site.opened.close();
    between?.();
    site.opened = await open();
  };
  t.after(async () => {
    await site.opened.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return site;
}
