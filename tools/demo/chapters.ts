// SPDX-License-Identifier: Apache-2.0
// The chapters of the demonstration, in order. What is said of an event follows from what was answered.
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Decision } from "../../packages/protocol/src/index.ts";
import type { Narrator } from "./narrator.ts";
import { runDocket } from "./site.ts";
import type { Site } from "./site.ts";
import { spammerId } from "../sample/spammer.ts";
import { moments, newMoments, readSample, stepsOf } from "./story.ts";
import type { Moment, Step } from "./story.ts";
import { copyData, editRecords, rewriteTree } from "./tamper.ts";

/** What every chapter has to hand. */
export type Scene = {
  readonly narrator: Narrator;
  readonly site: Site;
  /** Where all of it lies. */
  readonly folder: string;
  /** The site's data directory in it. */
  readonly data: string;
  /** Time between two events, in ms. */
  readonly betweenMs: number;
};

/** What the play came to. */
export type Played = {
  /** The decision that suspended the spammer, and the end of the suspension. */
  readonly suspended: { readonly index: number; readonly until: string };
};
type Standing = { readonly restrictions: readonly { readonly id: string; readonly kind: string }[] };
/** A receipt that the affected user has. */
export type Handed = { readonly index: number; readonly token: string };

/** Plays the sample. Before the suspension a copy of the data is put aside, as a backup would be. */
export async function play({ narrator, site, folder, data, betweenMs }: Scene): Promise<Played> {
  const steps = stepsOf(readSample(), Date.now());
  narrator.chapter(
    `${steps.length} comments on a video`,
    "Real ones of 2013 to 2015 (YouTube Spam Collection, CC BY 4.0), and one spammer who is a script.",
    "Each line is a decision: sealed in the log, durable, and signed before it was answered.",
    "",
  );
  const seen = new Set<Moment>();
  const outcomes = new Map<string, number>();
  let suspended: Played["suspended"] | undefined;
  for (const step of steps) {
    const decision = await decide(site, step);
    outcomes.set(decision.outcome, (outcomes.get(decision.outcome) ?? 0) + 1);
    const text = step.event.content?.text ?? "";
    narrator.decided(
      decision.outcome,
      step.isSpammer ? "SPAMMER" : step.event.actor.id,
      text,
      decision.rules,
    );
    for (const moment of step.isSpammer ? newMoments(decision, seen) : []) {
      seen.add(moment);
      await narrator.aside(moments[moment]);
      if (moment === "throttle") {
        await site.published((decision.index as number) + 1);
        copyData(data, join(folder, "backup"));
      }
    }
    const restriction = decision.restrictions.find(({ kind }) => kind === "suspend");
    if (step.isSpammer && restriction !== undefined)
      suspended = { index: decision.index as number, until: String(restriction.until) };
    await narrator.pause(betweenMs);
  }
  const counts = [...outcomes].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome} ${count}`);
  narrator.lines("", `Decided: ${counts.join(", ")}.`);
  if (suspended === undefined) throw new Error("the policy did not suspend the spammer");
  return { suspended };
}

/** The user gets a receipt, and checks it with nothing but the log's public key. */
export async function takeReceipt(scene: Scene, { suspended }: Played): Promise<Handed> {
  const { narrator, site, folder, data } = scene;
  const { index } = suspended;
  narrator.chapter(
    "A receipt",
    "The suspended account gets a notice: what was done, why, how to object, and a receipt.",
    "With it and the log's public key anybody can check, offline, what was decided and on what:",
    "",
  );
  await site.published(index + 1);
  const opened = await site.ask(`/v1/receipts/${index}/opening`, {
    body: { reason: "for the affected user" },
  });
  writeFileSync(join(folder, "receipt.json"), `${JSON.stringify(opened.body)}\n`);
  copyFileSync(join(data, "log.vkey"), join(folder, "log.vkey"));
  await verified(scene, "receipt.json");
  narrator.lines(`  The page ${site.url}/check does the same in a browser.`);
  const token = opened.headers.get("docket-dispute-token") ?? "";
  return { index, token };
}

/** The user objects; who watches settles it in the console, or else a reviewer does. */
export async function settle({ narrator, site }: Scene, { token }: Handed): Promise<void> {
  narrator.chapter(
    "A dispute",
    'The account\'s owner objects: "Somebody else used my account. It is mine again."',
  );
  const opened = await site.ask("/v1/disputes", {
    key: token,
    body: { text: "Somebody else used my account. It is mine again.", language: "en" },
  });
  const { dispute, deadline } = opened.body as { dispute: number; deadline: string };
  narrator.lines(
    `Dispute ${dispute}; an answer is due by ${deadline.slice(0, 10)}. Only a person may decide it:`,
    `  ${site.url}/console/disputes/${dispute}#key=${site.key}`,
  );
  await narrator.enter("lets a reviewer overturn the decision, unless you have ruled there yourself");
  const left = await overturned(site, dispute);
  narrator.lines(
    "It is ruled. Nothing was rewritten: the ruling and what it undid are records of their own.",
  );
  if (left.length > 0) {
    narrator.lines(
      `In force is still: ${left.join(", ")}, which earlier strikes led to. The reviewer ends that, too.`,
    );
  }
  const text = "Thank you. I have a new password now.";
  const back = { id: "demo-back", type: "comment", actor: { id: spammerId }, content: { text } };
  const { outcome, rules } = (await site.ask("/v1/decisions", { body: back })).body as Decision;
  narrator.decided(outcome, "OWNER", text, rules);
}

/** Three ways to rewrite a log, and what each is found by. The server must have stopped. */
export async function tryTampering(scene: Scene, { suspended }: Played): Promise<void> {
  const { narrator, folder, data } = scene;
  const { index, until } = suspended;
  const [from, to] = [`"until":"${until}"`, `"until":"${dayBefore(until)}"`];
  const forged = join(folder, "tampered");
  narrator.chapter(
    "Tampering",
    "The server has stopped, and the console with it. This is the log as it is:",
    "",
  );
  await verified(scene, "data");

  narrator.lines(
    `First: with an editor, let the suspension of record ${index} have ended a day earlier.`,
    "",
  );
  copyData(data, forged);
  const files = editRecords(forged, from, to);
  narrator.lines(`  changed: ${files.join(", ")}`);
  await verified(scene, "tampered");

  narrator.lines(
    "Second: the same, and every link, tile and root after it computed anew. No key is needed for that;",
  );
  copyData(data, forged);
  const count = rewriteTree(forged, from, to);
  narrator.lines(`but one is for the signature over the root. ${count} records are others now.`, "");
  await verified(scene, "tampered");

  narrator.lines(
    "Third: put back the backup of before the suspension. All in it is genuine, and signed:",
    "",
  );
  await verified(scene, "backup");
  narrator.lines("But the user has a receipt, and shows it:", "");
  await verified(scene, "backup", "receipt.json");
  narrator.lines("So whoever holds one receipt holds the whole log to it. Witnesses do that for everybody.");
}

async function decide(site: Site, { event }: Step): Promise<Decision> {
  return (await site.ask("/v1/decisions", { body: event })).body as Decision;
}

/**
 * Overturns a dispute, unless who watches has ruled, and ends what else restricts the account.
 *
 * @returns the kinds of the restrictions that the ruling had left in force
 */
async function overturned(site: Site, dispute: number): Promise<string[]> {
  const open = (await site.ask("/v1/disputes?state=open")).body as { disputes: { dispute: number }[] };
  if (!open.disputes.some((each) => each.dispute === dispute)) return [];
  const made = await site.ask("/v1/keys", { body: { role: "reviewer", label: "demo" } });
  const { key } = made.body as { key: string };
  const told = { en: "Your account had been taken over. We have lifted the suspension." };
  const body = { ruling: "overturned", reason: "mistaken", told };
  await site.ask(`/v1/disputes/${dispute}/ruling`, { key, body });
  const account = `/v1/actors/${spammerId}`;
  const standing = (await site.ask(`${account}/standing`)).body as Standing;
  for (const { id } of standing.restrictions)
    await site.ask(`${account}/restrictions/${id}?reason=mistaken`, { method: "DELETE" });
  return standing.restrictions.map(({ kind }) => kind);
}

/** Runs `docket verify`, and prints what it said. */
async function verified({ narrator, folder }: Scene, target: string, seen?: string): Promise<void> {
  const more = seen === undefined ? [] : ["--seen", seen];
  const words = ["verify", target, "--key", "log.vkey", ...more];
  const { output } = await runDocket(words, folder);
  const shown = output
    .split("\n")
    .filter((line) => /^(ok|FAILED|first fault|verified|rollback|conflict)/.test(line));
  const told = shown.filter((line) => !line.startsWith("ok") || target.endsWith(".json"));
  narrator.printed(`docket ${words.join(" ")}`, told.join("\n"));
  await narrator.pause(3_000);
}

function dayBefore(time: string): string {
  return new Date(Date.parse(time) - 86_400_000).toISOString();
}
