// SPDX-License-Identifier: Apache-2.0
// Succession: a log that can't prove that it holds its newest signed state is closed for good, and a new log
// begins, under another origin and other keys. Its record 0 names the old log and the old log's last known
// checkpoint, so that nobody can say later that there was no such log, or that it ended earlier.
import type { Succession } from "@docket/protocol";
import { formatSignature, openNote } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { readLogKeys, signerKeysOf } from "../evidence/keys.ts";
import { verifierKeysOf } from "../log/signing-keys.ts";
import { fenceAll, readEpoch } from "./epoch.ts";
import { currentKeys } from "./key-history.ts";
import { epochPlaces, keyFolder } from "./maintenance.ts";
import type { MaintainedLog } from "./maintenance.ts";
import { keyHistory } from "./opening.ts";
import { openCounted, trustedKeys } from "./outside.ts";
import type { OutsideCheckpoint, OutsidePorts, Unanswered } from "./outside.ts";
import { checkpointOfKeys, fenceWaitMs, gather } from "./promote.ts";
import type { PromoteOptions } from "./promote.ts";

/** What the new log's record 0 says, and who could not be asked. */
export type LastKnown = { succession: Succession; size: number; unanswered: readonly Unanswered[] };

/**
 * The last known checkpoint of a log: the largest of its own, of what the keys directory knows, and of those
 * given and asked for. Whoever has the log open is fenced first.
 *
 * @throws {DocketError} `usage` if none is known, or what was given is not of this log; `log_behind` if two
 *   of the same size differ: then both must be shown to whoever watches the log
 */
export async function lastKnownCheckpoint(
  log: MaintainedLog,
  options: Pick<PromoteOptions, "seen" | "policy">,
  ports: OutsidePorts & { wait: (ms: number) => Promise<void> },
): Promise<LastKnown> {
  const history = keyHistory(log);
  // Those in the keys directory may be newer than an old copy of the data knows.
  const files = verifierKeysOf(signerKeysOf(readLogKeys(keyFolder(log))));
  const keys = trustedKeys(history, files);
  const outside = await gather(log, options, ports);
  fenceAll(epochPlaces(log));
  await ports.wait(fenceWaitMs);
  const known = [...ownCheckpoint(log, keys), ...checkpointOfKeys(readEpoch(epochPlaces(log)))];
  const all = [...known, ...outside.found].sort((a, b) => b.checkpoint.size - a.checkpoint.size);
  const [newest] = all;
  if (newest === undefined) {
    throw new DocketError("usage", `no checkpoint of ${log.origin} is known; give one with --seen`);
  }
  refuseIfForked(newest, all);
  const inForce = signedBy(newest.note, log.origin, currentKeys(history)) ? currentKeys(history) : files;
  const succession = successionOf(log.origin, inForce, newest.note);
  return { succession, size: newest.checkpoint.size, unanswered: outside.unanswered };
}

/**
 * What a new log says of the old one that it goes on from.
 *
 * @param keys the old log's verifier keys; all of one origin
 * @param note its last known checkpoint; lines of other keys are left out
 * @throws {DocketError} `usage` if no Ed25519 key of these signed it
 */
export function successionOf(origin: string, keys: readonly string[], note: Uint8Array): Succession {
  const trusted = trustedKeys({ origin, periods: [{ from: 0, until: null, keys: [...keys] }] }, []);
  try {
    openCounted(note, origin, trusted);
    const opened = openNote(
      note,
      trusted.map(({ verifier }) => verifier),
    );
    const checkpoint = `${opened.text}\n${opened.verified.map(formatSignature).join("")}`;
    return { origin, keys: [...keys], checkpoint };
  } catch (error) {
    throw new DocketError(
      "usage",
      `that is no checkpoint of ${origin} under its keys: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function signedBy(note: Uint8Array, origin: string, keys: readonly string[]): boolean {
  try {
    openCounted(
      note,
      origin,
      trustedKeys({ origin, periods: [{ from: 0, until: null, keys: [...keys] }] }, []),
    );
    return true;
  } catch {
    return false;
  }
}

function ownCheckpoint(log: MaintainedLog, keys: ReturnType<typeof trustedKeys>): OutsideCheckpoint[] {
  const note = log.disk.readFile(log.paths.checkpoint);
  if (note === undefined) return [];
  try {
    const checkpoint = openCounted(note, log.origin, keys);
    return [{ from: "replica", name: null, place: log.paths.checkpoint, note, checkpoint }];
  } catch {
    // Torn, or of another log: the log may be damaged, which is a reason to succeed it.
    return [];
  }
}

function refuseIfForked(newest: OutsideCheckpoint, all: readonly OutsideCheckpoint[]): void {
  const other = all.find(
    ({ checkpoint }) =>
      checkpoint.size === newest.checkpoint.size &&
      !Buffer.from(checkpoint.root).equals(newest.checkpoint.root),
  );
  if (other === undefined) return;
  throw new DocketError(
    "log_behind",
    `${newest.place} and ${other.place} have different roots at size ${newest.checkpoint.size}: ` +
      "the log was forked. Keep both; name the one to go on from with " +
      "`docket init --succeeds KEYS --last-known FILE`",
  );
}
