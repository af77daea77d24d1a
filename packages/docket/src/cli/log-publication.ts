// SPDX-License-Identifier: Apache-2.0
// A data directory's checkpoints, and its witnesses: `DIR/witnesses.policy` (C2SP tlog-policy), if there is
// one.
import { join } from "node:path";
import { parseVerifierKey } from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { verifierKeyPath } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { get, post } from "../publication/requests.ts";
import { openPublication } from "../publication/publication.ts";
import type { Publication } from "../publication/publication.ts";
import { isCosigned, readWitnessPolicy } from "../publication/witness-policy.ts";
import type { WitnessPolicy } from "../publication/witness-policy.ts";
import { WitnessRounds } from "../publication/witness-rounds.ts";
import type { WitnessRoundsOptions } from "../publication/witness-rounds.ts";
import { disk } from "../stores/files/node-disk.ts";
import { replaceDurably } from "../stores/files/replace-durably.ts";
import { readKeyHistory } from "../succession/key-history.ts";

/** Where the policy of a log's witnesses lies. */
export function witnessPolicyPath({ data }: Installation): string {
  return join(data, "witnesses.policy");
}

/**
 * Opens a directory's checkpoints for reading; nobody is asked.
 *
 * @throws {DocketError} `usage` if there is a policy of witnesses that is none, or not for this log
 */
export function openReadPublication(installation: Installation, clock: () => number): Publication {
  return open(installation, clock).publication;
}

/** A log's publication with its witnesses. */
export type ServedPublication = {
  publication: Publication;
  /** Begins to ask the witnesses, if there are any. */
  start: () => void;
  close: () => Promise<void>;
};

/**
 * Opens the checkpoints of a log that this process writes, and its witnesses.
 *
 * @throws {DocketError} `usage` as {@link openReadPublication}
 */
export function openServedPublication(
  installation: Installation,
  ports: Pick<WitnessRoundsOptions, "publishedSize" | "clock" | "report">,
): ServedPublication {
  const { publication, policy } = open(installation, ports.clock);
  if (policy === undefined || policy.endpoints.length === 0) {
    return { publication, start: () => undefined, close: async () => undefined };
  }
  const { checkpoints, tree } = publication;
  const witnesses = new WitnessRounds({ policy, checkpoints, tree, post, get, ...ports });
  return {
    publication: { ...publication, witnesses },
    start: () => witnesses.start(),
    close: () => witnesses.close(),
  };
}

/** Who is asked to cosign, for people; nothing if nobody is. */
export function witnessText({ witnesses }: Publication): string {
  const names = witnesses?.status().witnesses.map(({ name }) => name) ?? [];
  return names.length === 0 ? "" : `Asking its witnesses to cosign: ${names.join(", ")}\n`;
}

function open(
  installation: Installation,
  clock: () => number,
): { publication: Publication; policy: WitnessPolicy | undefined } {
  const { paths, origin } = installation;
  const verifiers = logVerifiers(installation);
  const path = witnessPolicyPath(installation);
  const text = disk.readFile(path);
  const policy = text === undefined ? undefined : readWitnessPolicy(text, path, verifiers);
  const publication = openPublication({
    paths,
    origin,
    verifiers,
    isCosigned: policy && ((note) => isCosigned(policy, note)),
    put: replaceDurably,
    clock,
  });
  return { publication, policy };
}

// Those of before a change of keys too: checkpoints of the last day may be older than it.
function logVerifiers(installation: Installation): Verifier[] {
  const { paths, origin } = installation;
  const history = readKeyHistory(disk, paths, origin);
  const given = disk.readFile(verifierKeyPath(installation))?.toString("utf8").split("\n") ?? [];
  const keys = new Set([
    ...given.filter((line) => line !== ""),
    ...(history?.periods.flatMap(({ keys: each }) => each) ?? []),
  ]);
  return [...keys].map(parseVerifierKey);
}
