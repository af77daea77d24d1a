// SPDX-License-Identifier: Apache-2.0
// `docket policy propose`, `approve`, `cancel`, `publish`, `rollback` and `level`.
import type { PolicyFile } from "@docket/policy";
import type { DutyLevel } from "@docket/protocol";
import { DocketError } from "../../error.ts";
import type { ChangesView, ProposalView, Published, ReleaseWish } from "../../releases/contract.ts";
import { addEffects } from "../../releases/effects.ts";
import type { Effects } from "../../releases/effects.ts";
import { checkPolicies } from "../../releases/policy-check.ts";
import { readPolicyDirectory } from "../../releases/policy-directory.ts";
import { readBelow } from "../../stores/files/read-files.ts";
import { exitFine } from "../failure.ts";
import { showProgress } from "../progress.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { changePartText, idText, proposalLine, viewText } from "./change-text.ts";
import { counted } from "./check.ts";
import { openDesk } from "./desk.ts";
import type { Desk, DeskOptions } from "./desk.ts";
import { policyDirectoryOf } from "./places.ts";
import { readPublishedChanges } from "./published-changes.ts";
import { changesView } from "../../releases/change-views.ts";
import { askPolicy } from "./server.ts";

type Common = DeskOptions & { json: boolean };
/** Which release is meant: policy files of a directory, or an earlier release. */
type Meant = {
  directory?: string | undefined;
  release?: string | undefined;
  keepLists: boolean;
};

/** Proposes a change, and shows what it is. */
export async function runPolicyPropose(
  options: Common & Meant & { why?: string | undefined; standby: boolean },
  terminal: Terminal,
): Promise<number> {
  const meant = meantBy(options);
  return atDesk(options, terminal, async (desk) => {
    const wish = await meant(desk);
    const proposal = await patiently(terminal, "Checking, testing and previewing", () =>
      desk.propose(wish, options.why, options.standby),
    );
    const { change } = await desk.change(proposal.index);
    if (options.json) return `${JSON.stringify({ proposal, change })}\n`;
    const { level } = await desk.view();
    return `${change === null ? "" : changePartText(change)}${proposedText(proposal, level)}`;
  });
}

/** Approves a proposal, or confirms a release that would revert by itself. */
export async function runPolicyApprove(
  options: Common & { of: number },
  terminal: Terminal,
): Promise<number> {
  const { of, json } = options;
  return atDesk(options, terminal, async (desk) => {
    const view = await desk.approve(of);
    if (json) return `${JSON.stringify(view)}\n`;
    const proposal = view.proposals.find(({ index }) => index === of);
    if (proposal === undefined) return `Approved ${of}.\n${viewText(view)}`;
    return `Approved ${proposalLine(proposal)}\n${nextText(proposal)}`;
  });
}

/** Cancels a proposal. */
export async function runPolicyCancel(options: Common & { of: number }, terminal: Terminal): Promise<number> {
  return atDesk(options, terminal, async (desk) => {
    const proposal = await desk.cancel(options.of);
    return options.json ? `${JSON.stringify(proposal)}\n` : `Cancelled ${proposalLine(proposal)}\n`;
  });
}

/** Puts an approved proposal in force, or, with the glass broken, a release that nobody approved. */
export async function runPolicyPublish(
  options: Common &
    Meant & {
      of?: number | undefined;
      breakGlass: boolean;
      forMs?: number | undefined;
      why?: string | undefined;
    },
  terminal: Terminal,
): Promise<number> {
  const { of, breakGlass, forMs, why, json } = options;
  if (!breakGlass && of === undefined) {
    throw new DocketError("usage", "name the proposal's record, or break the glass with --break-glass");
  }
  const meant = breakGlass && of === undefined ? meantBy(options) : undefined;
  return atDesk(options, terminal, async (desk) => {
    if (!breakGlass) {
      const published = await desk.publish(of as number, forMs);
      return json ? `${JSON.stringify(published)}\n` : publishedText(published);
    }
    const wish = meant === undefined ? { of: of as number } : await meant(desk);
    const published = await patiently(terminal, "Checking and testing", () =>
      desk.breakGlass(wish, forMs, why),
    );
    return json ? `${JSON.stringify(published)}\n` : publishedText(published);
  });
}

/** Withdraws the release in force, and says what it did meanwhile. */
export async function runPolicyRollback(
  options: Common & { to?: string | undefined; keepLists: boolean; why?: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const { to, keepLists, why, json } = options;
  return atDesk(options, terminal, async (desk) => {
    const withdrawn = await desk.rollback(to, keepLists, why);
    const { rules, withdrew } = withdrawn;
    const effects = rules.length === 0 ? undefined : await allEffects(desk, rules, withdrew, terminal);
    if (json) return `${JSON.stringify({ ...withdrawn, effects: effects ?? null })}\n`;
    const did = effects === undefined ? "It took no rule out of force.\n" : effectsText(effects, withdrew);
    return `${publishedText(withdrawn)}${did}${whatStands(rules)}`;
  });
}

// A rollback changes what is decided from now on.
function whatStands([rule]: readonly string[]): string {
  if (rule === undefined) return "";
  return (
    "What was decided stands. To see what it would change to take it back, for each rule:\n" +
    `  docket revert ${rule} --reason policy-changed\n`
  );
}

/** Prints how changes stand, or proposes another level of duties. */
export async function runPolicyLevel(
  options: Common & { level?: DutyLevel | undefined; why?: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const { level, why, json } = options;
  if (level === undefined) {
    const view = await readView(options);
    await write(terminal, json ? `${JSON.stringify(view)}\n` : viewText(view));
    return exitFine;
  }
  return atDesk(options, terminal, async (desk) => {
    const proposal = await desk.propose({ level }, why, false);
    return json ? `${JSON.stringify({ proposal })}\n` : proposedText(proposal, level);
  });
}

async function readView({ data, url, apiKey }: DeskOptions): Promise<ChangesView> {
  if (url !== undefined) return askPolicy({ url, apiKey }, "");
  const { state, changeOf } = await readPublishedChanges(data);
  const view = changesView(state);
  const proposals = view.proposals.map(async (proposal) => {
    const { list, index } = proposal;
    if (list === null) return proposal;
    return { ...proposal, list: { ...list, why: (await changeOf(index))?.why ?? null } };
  });
  return { ...view, proposals: await Promise.all(proposals) };
}

/** What is wished: files are read before anything is opened or asked. */
function meantBy({
  directory,
  data,
  release,
  keepLists,
}: Meant & { data: string }): (desk: Desk) => Promise<ReleaseWish> {
  if (release === undefined) {
    const from = policyDirectoryOf({ directory, data });
    const files = readPolicyDirectory(from);
    return async (desk) => ({ files, models: await bringModels(desk, files, from) });
  }
  if (directory === undefined) return async () => ({ release, keepLists });
  throw new DocketError("usage", "name a directory, or an earlier release with --release, not both");
}

/** Brings the models that policies have in files beside them: the desk may be a server's. */
async function bringModels(
  desk: Desk,
  files: readonly PolicyFile[],
  directory: string,
): Promise<ReadonlyMap<string, string>> {
  // Mistakes are told by whoever checks the proposal.
  const declared = checkPolicies(files, 0).policies?.models.values() ?? [];
  const hashes = new Map<string, string>();
  for (const { file } of declared) {
    const bytes = file === undefined ? undefined : readBelow(directory, file);
    if (file === undefined || bytes === undefined) continue;
    hashes.set(file, (await desk.models.keep(bytes)).sha256);
  }
  return hashes;
}

async function atDesk(
  options: Common,
  terminal: Terminal,
  act: (desk: Desk) => Promise<string>,
): Promise<number> {
  const desk = await openDesk(options, terminal);
  try {
    await write(terminal, await act(desk));
    return exitFine;
  } finally {
    await desk.close();
  }
}

// What may take more than two seconds says that it goes on.
async function patiently<T>(terminal: Terminal, what: string, work: () => Promise<T>): Promise<T> {
  const progress = showProgress(terminal);
  progress.step(what);
  const started = terminal.nowMs();
  const timer = setInterval(() => {
    progress.update(Math.round((terminal.nowMs() - started) / 1000), undefined);
  }, 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    progress.end();
  }
}

async function allEffects(
  desk: Desk,
  rules: readonly string[],
  from: number,
  terminal: Terminal,
): Promise<Effects> {
  const progress = showProgress(terminal);
  progress.step("Counting what the withdrawn rules did");
  let effects = await desk.effects(rules, from);
  try {
    while (effects.next !== null) {
      effects = addEffects(effects, await desk.effects(rules, effects.next));
      progress.update((effects.next ?? from) - from, undefined);
    }
  } finally {
    progress.end();
  }
  return effects;
}

function effectsText(effects: Effects, withdrew: number): string {
  const { decisions, refused, restrictions, rules, first, last, unread } = effects;
  if (decisions === 0) return `Its withdrawn rules had a part in no decision since record ${withdrew}.\n`;
  const each = Object.entries(rules)
    .sort((a, b) => b[1] - a[1])
    .map(([rule, count]) => `  ${rule}: ${count.toLocaleString("en")}\n`)
    .join("");
  const gone = unread === 0 ? "" : `${counted(unread, "decision")} could not be read.\n`;
  return (
    `Its withdrawn rules had a part in ${counted(decisions, "decision")} (records ${first} to ${last}): ` +
    `${refused.toLocaleString("en")} refused, ${counted(restrictions, "restriction")}.\n${each}${gone}` +
    "They stand as they are: nothing is reverted by itself. docket show INDEX shows each.\n"
  );
}

function proposedText(proposal: ProposalView, level: DutyLevel): string {
  const needed = counted(proposal.approvalsNeeded, "approval");
  const who = level === "solo" ? "" : " by others, with keys that are older than this proposal";
  const next = `docket policy approve ${proposal.index} (${needed}${who})`;
  return `Proposed ${proposalLine(proposal)}\nNext: ${next}\n`;
}

function nextText({ index, state, level }: ProposalView): string {
  if (state === "waiting") return `Until then: docket policy cancel ${index}\n`;
  if (state === "approved" && level === null) return `Next: docket policy publish ${index}\n`;
  return "";
}

function publishedText({ index, release, until }: Published): string {
  const end =
    until === null
      ? ""
      : `It reverts by itself at ${until}, unless it is approved: docket policy approve ${index}\n`;
  return `In force: release ${idText(release)} (record ${index})\n${end}`;
}
