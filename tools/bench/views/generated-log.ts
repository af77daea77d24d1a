// SPDX-License-Identifier: Apache-2.0
// A log of many decisions as a site under the example policy seals them: real facts, sealed and materialised
// by the real log; accounts, times, campaigns and strikes are drawn.
import { randomBytes } from "node:crypto";
import { encodeBody, encodeFacts, formatTime } from "@docket/protocol";
import type { Facts, Outcome } from "@docket/protocol";
import { signerKeysOf } from "../../../packages/docket/src/evidence/keys.ts";
import { createInstallation, readKeys } from "../../../packages/docket/src/installation.ts";
import type { Installation } from "../../../packages/docket/src/installation.ts";
import { Log } from "../../../packages/docket/src/log/log.ts";
import { loadRelease } from "../../../packages/docket/src/releases/policy-directory.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { appendSource } from "../log/drafts.ts";

/** Appends that are under way at the same time. */
const windowRecords = 4096;
/** How many records an account has on average, and how many decisions a campaign. */
const recordsPerActor = 10;
const recordsPerCampaign = 50;
const startMs = Date.UTC(2026, 9, 1);
/** Time between two decisions, in ms. */
const stepMs = 2500;
const diskModule = new URL("../../../packages/docket/src/stores/files/node-disk.ts", import.meta.url).href;
/** What seals the texts of all of its actors. */
export const contentKey: Uint8Array = new Uint8Array(32);

/** A log of decisions, and whom they are of. */
export type GeneratedLog = { installation: Installation; actors: readonly string[] };

/**
 * Makes a log.
 *
 * @param begin seals what comes before the decisions: without it the log has no record of what it is
 */
export async function generateLog(
  directory: string,
  records: number,
  onProgress: (done: number) => void,
  begin: (installation: Installation) => Promise<void> = async () => {},
): Promise<GeneratedLog> {
  const installation = createInstallation(disk, directory);
  await begin(installation);
  const { paths, origin, policyDirectory } = installation;
  const keys = readKeys(installation);
  const release = loadRelease(policyDirectory);
  const samples = sampleFacts(appendSource(keys, release));
  const actors = Array.from(
    { length: Math.max(1, Math.floor(records / recordsPerActor)) },
    () => `a_${randomBytes(16).toString("base64url")}`,
  );
  const log = await Log.open({ paths, origin, signerKeys: signerKeysOf(keys), diskModule });
  log.onSynced((size) => void log.release(size).catch(() => undefined));
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < records) {
      const at = next++;
      const actor = pick(actors, draw(actors.length));
      const { body, facts, content } = decisionAt(at, actor, samples, release.id);
      const parts = [
        { name: "facts" as const, subject: "site", key: keys.site, plaintext: facts },
        { name: "content" as const, subject: actor, key: contentKey, plaintext: content },
      ];
      await log.append({ body, parts, actors: [], priority: "system" });
      if (at % 10_000 === 0) onProgress(at);
    }
  };
  await Promise.all(Array.from({ length: windowRecords }, write));
  await log.published(log.status.size);
  await log.close();
  return { installation, actors };
}

/** An element that must be there. */
export function pick<Value>(list: readonly Value[], place: number): Value {
  const value = list[place];
  if (value === undefined) throw new RangeError(`there is no element ${place} of ${list.length}`);
  return value;
}

/** Few accounts post much: the square of a uniform number. */
function draw(count: number): number {
  return Math.floor(Math.random() ** 2 * count);
}

const samplesTaken = 512;
type Sample = { facts: Facts; content: string };

function sampleFacts(next: ReturnType<typeof appendSource>): Sample[] {
  return Array.from({ length: samplesTaken }, () => {
    const { parts } = next();
    const text = (name: string): string => parts?.find((part) => part.name === name)?.plaintext ?? "{}";
    return { facts: JSON.parse(text("facts")) as Facts, content: text("content") };
  });
}

const shares: readonly (readonly [Outcome, number])[] = [
  ["reject", 0.05],
  ["hold", 0.07],
  ["flag", 0.12],
];

function decisionAt(
  at: number,
  actor: string,
  samples: readonly Sample[],
  release: string,
): { body: string; facts: string; content: string } {
  const { facts, content } = pick(samples, at % samples.length);
  const drawn = Math.random();
  const outcome = shares.find(([, below]) => drawn < below)?.[0] ?? "allow";
  const fired: Facts["fired"] =
    outcome === "allow"
      ? []
      : [{ policy: "comments", rule: `rule-${at % 12}`, mode: "enforce", outcome, clauses: "t" }];
  const id = (): string => randomBytes(16).toString("base64url");
  const made: Facts = {
    ...facts,
    event: { ...facts.event, id: id(), body: id(), content: id() },
    decidedAt: formatTime(startMs + at * stepMs),
    values: {
      ...facts.values,
      "signals.fingerprint": id(),
      "campaign.id": `c_${Math.floor(Math.random() ** 2 * (at / recordsPerCampaign + 1))}`,
    },
    fired,
    strikes:
      outcome === "reject" && at % 4 === 0 ? [{ policy: "comments", rule: `rule-${at % 12}`, count: 1 }] : [],
  };
  const said = { by: "operator", actor, outcome, rules: fired.map(({ rule }) => rule), restrictions: [] };
  return { body: encodeBody({ kind: "decision", ...said, release }), facts: encodeFacts(made), content };
}
