// SPDX-License-Identifier: Apache-2.0
// `docket key rotate`, `docket key history`, `docket promote` and `docket succeed`.
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parsePolicy, policyBytesMax, TlogError } from "@docket/tlog";
import type { TlogPolicy } from "@docket/tlog";
import { DocketError } from "../../error.ts";
import {
  createInstallation,
  isInstallation,
  maintainedLog,
  readInstallation,
  verifierKeyPath,
} from "../../installation.ts";
import type { Installation } from "../../installation.ts";
import { unlockInstallation } from "../../key-providers/unlock.ts";
import { disk } from "../../stores/files/node-disk.ts";
import { lockDirectory } from "../../stores/sqlite/directory-lock.ts";
import { beginKeyChange, finishKeyChange, isKeyChangeBegun } from "../../succession/key-change.ts";
import type { MaintainedLog } from "../../succession/maintenance.ts";
import { keyHistory, settleKeys } from "../../succession/opening.ts";
import type { OutsidePorts } from "../../succession/outside.ts";
import { promoteLog } from "../../succession/promote.ts";
import type { Promotion } from "../../succession/promote.ts";
import { refuseIfRetired, retire } from "../../succession/retired.ts";
import { lastKnownCheckpoint } from "../../succession/succeed.ts";
import type { LastKnown } from "../../succession/succeed.ts";
import { exitFine } from "../failure.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";

/** Changes the keys of a log, or brings a change to its end that a crash interrupted. */
export async function runKeyRotate(
  options: { directory: string; keys?: string | undefined; json?: boolean | undefined },
  terminal: Terminal,
): Promise<number> {
  const installation = readInstallation(options.directory, { keys: options.keys });
  if (installation.opaque) {
    throw new DocketError(
      "usage",
      `${installation.data} is an opaque log: it holds no records, so no change of keys can be sealed in it`,
    );
  }
  const change = await locked(installation, async (log) => {
    refuseIfRetired(log);
    const vkeyPath = verifierKeyPath(installation);
    if (!isKeyChangeBegun(log)) {
      await beginKeyChange(log, await settleKeys(log, vkeyPath), randomBytes);
    }
    return finishKeyChange(log, keyHistory(log), vkeyPath);
  });
  const text = [
    `Changed the keys of ${installation.origin}: record ${change.index} says so, and the checkpoint of size`,
    `${change.size}, kept as checkpoints/${change.size}, bears the old and the new signatures.`,
    ...change.old.map((key) => `  old  ${key}`),
    ...change.new.map((key) => `  new  ${key}`),
    `${verifierKeyPath(installation)} holds the new ones. Give them to whoever checks the log; what the old`,
    `ones signed up to size ${change.size} stays good. The old secret keys are deleted.`,
  ];
  await write(terminal, options.json === true ? `${JSON.stringify(change)}\n` : `${text.join("\n")}\n`);
  return exitFine;
}

/** Prints all keys that signed a log. */
export async function runKeyHistory(
  options: { directory: string; json?: boolean | undefined },
  terminal: Terminal,
): Promise<number> {
  const { origin, periods } = keyHistory(maintainedLog(readInstallation(options.directory), disk));
  const lines = periods.flatMap(({ from, until, keys }) => [
    `${until === null ? `from size ${from} on` : `from size ${from} to ${until}`}:`,
    ...keys.map((key) => `  ${key}`),
  ]);
  const text = options.json === true ? JSON.stringify({ origin, periods }) : lines.join("\n");
  await write(terminal, `${text}\n`);
  return exitFine;
}

/** What `docket promote` is told. */
export type RunPromoteOptions = {
  directory: string;
  keys?: string | undefined;
  seen: readonly string[];
  policy?: string | undefined;
  moved?: boolean | undefined;
  inodes: boolean;
  json?: boolean | undefined;
};

/** Lets a log sign again that was restored, copied or moved. */
export async function runPromote(
  options: RunPromoteOptions,
  terminal: Terminal,
  ports: OutsidePorts = { fetch },
): Promise<number> {
  const installation = readInstallation(options.directory, { keys: options.keys });
  const policy = readWitnesses(installation, options.policy);
  const promotion = await locked(installation, (log) =>
    promoteLog(
      log,
      verifierKeyPath(installation),
      { seen: options.seen, policy, moved: options.moved === true, byInode: options.inodes },
      { ...ports, wait: (ms) => wait(ms) },
    ),
  );
  const text = options.json === true ? JSON.stringify(promotion) : promotionText(installation, promotion);
  await write(terminal, `${text}\n`);
  return exitFine;
}

/** What `docket succeed` is told. */
export type RunSucceedOptions = {
  old: string;
  directory: string;
  keys?: string | undefined;
  oldKeys?: string | undefined;
  seen: readonly string[];
  policy?: string | undefined;
  json?: boolean | undefined;
};

/** Closes a log for good and begins the one that succeeds it. */
export async function runSucceed(
  options: RunSucceedOptions,
  terminal: Terminal,
  ports: OutsidePorts = { fetch },
): Promise<number> {
  const old = readInstallation(options.old, { keys: options.oldKeys });
  if (old.opaque) {
    throw new DocketError(
      "usage",
      `${old.data} is an opaque log: without records one cannot say what it succeeds; begin anew with init`,
    );
  }
  const policy = readWitnesses(old, options.policy);
  const { made, lastKnown } = await locked(old, async (log) => {
    refuseIfRetired(log);
    const found = await lastKnownCheckpoint(
      log,
      { seen: options.seen, policy },
      { ...ports, wait: (ms) => wait(ms) },
    );
    const successor = makeSuccessor(old, found, options);
    // A crash before this line: called again with the same directories, it only closes the old log.
    const time = new Date(terminal.clock()).toISOString();
    retire(log, { origin: old.origin, size: found.size, successor: successor.origin, time });
    return { made: successor, lastKnown: found };
  });
  const { origin, data } = made;
  if (options.json === true) {
    const content = { origin, data, succeeds: old.origin, size: lastKnown.size };
    await write(terminal, `${JSON.stringify({ ...content, unanswered: lastKnown.unanswered })}\n`);
    return exitFine;
  }
  const text = [
    `Closed ${old.origin} for good. Its last known checkpoint has size ${lastKnown.size}.`,
    `Made ${data}: its log ${origin} succeeds it, and its record 0 will say so.`,
    ...lastKnown.unanswered.map(({ place, reason }) => `  not heard: ${place}: ${reason}`),
    `  keys          ${made.keysDirectory}`,
    `  verifier keys ${verifierKeyPath(made)} (give them to whoever shall check the log)`,
    `The policy was copied. API keys, accounts' pseudonyms and standing begin anew; the old directory can be`,
    `read and verified as before.`,
  ];
  await write(terminal, `${text.join("\n")}\n`);
  return exitFine;
}

function makeSuccessor(old: Installation, found: LastKnown, options: RunSucceedOptions): Installation {
  if (isInstallation(options.directory)) {
    const made = readInstallation(options.directory);
    if (made.succeeds?.origin === old.origin) return made;
  }
  const made = createInstallation(disk, options.directory, options.keys, { succeeds: found.succession });
  if (existsSync(old.policyDirectory)) {
    const policy = join(made.data, "policy");
    rmSync(policy, { recursive: true, force: true });
    cpSync(old.policyDirectory, policy, { recursive: true });
  }
  return made;
}

function promotionText(installation: Installation, promotion: Promotion): string {
  const { needed, size, epoch, proofs, unanswered } = promotion;
  const lines = proofs.map(({ from, name, size: known }) => {
    const source = { keys: "keys directory", seen: "given", witness: `witness ${name ?? ""}` };
    if (from === "operator") return "  by your word: all was moved, and no other copy has signed since";
    return `  ${from === "replica" ? "replica" : source[from]}: knows of size ${known}, which this log holds`;
  });
  return [
    needed
      ? `Promoted ${installation.origin}: it holds ${size} records and signs again, as epoch ${epoch}.`
      : `${installation.origin} is the one that was opened last; nothing had to be done.`,
    ...lines,
    ...unanswered.map(({ place, reason }) => `  not heard: ${place}: ${reason}`),
  ].join("\n");
}

function readWitnesses(installation: Installation, path: string | undefined): TlogPolicy | undefined {
  const file = path ?? join(installation.data, "witnesses.policy");
  const bytes = disk.readFile(file);
  if (bytes === undefined) {
    if (path === undefined) return undefined;
    throw new DocketError("usage", `there is no file ${file}; name a policy of witnesses`);
  }
  if (bytes.length > policyBytesMax) throw new DocketError("usage", `${file} is too long for a policy`);
  try {
    return parsePolicy(bytes);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new DocketError("usage", `${file} is no policy of witnesses: ${error.message}`);
  }
}

async function locked<T>(installation: Installation, action: (log: MaintainedLog) => Promise<T>): Promise<T> {
  const lock = lockDirectory(join(installation.data, "lock.sqlite"), installation.data);
  try {
    return await action(maintainedLog(await unlockInstallation(installation), disk));
  } finally {
    lock.release();
  }
}
