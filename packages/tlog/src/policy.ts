// SPDX-License-Identifier: Apache-2.0
// Trust policies (C2SP tlog-policy): which logs are known, which witnesses, and which of these must have
// cosigned a checkpoint. A policy is lines of words with spaces or tabs between them:
//
//     log <vkey> [<url>]
//     witness <name> <vkey> [<url>]
//     group <name> all|any|<k> <member>...
//     quorum <name>|none
//
// Empty lines and lines that begin with `#` mean nothing. Names are the policy's own, those of keys are not
// among them. A name stands in a definition before it is used, and is a member of at most one group, so that
// no witness counts twice. There is exactly one quorum.
import { encodeHex, fromUtf8 } from "./base64.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint-text.ts";
import { cosignatureTime } from "./cosignature.ts";
import { TlogError } from "./error.ts";
import { readVerifierKey, type VerifierKey } from "./key.ts";
import { parseVerifierKey, type NoteSignature, type Verifier } from "./note.ts";

/** The longest policy that is read, in bytes. */
export const policyBytesMax = 1_000_000;

/** The most logs, the most witnesses and the most groups that a policy may have. */
export const policyItemsMax = 256;

/** The quorum that asks for no cosignature. */
export const quorumNone = "none";

/** A log whose checkpoints are accepted. Its key's name is its origin. */
export type PolicyLog = { vkey: string; url?: string };

/** A witness under the policy's own name for it, which need not be that of its key. */
export type PolicyWitness = { name: string; vkey: string; url?: string };

/** Cosigned where `threshold` of the members are, 1 to their number; members are witnesses and groups. */
export type PolicyGroup = { name: string; threshold: number; members: string[] };

/** A policy. Each group comes after its members; `quorum` is a witness, a group or `none`. */
export type TlogPolicy = {
  logs: PolicyLog[];
  witnesses: PolicyWitness[];
  groups: PolicyGroup[];
  quorum: string;
};

/** How far a policy's quorum is met. */
export type QuorumResult = {
  satisfied: boolean;
  /** The witnesses that cosigned, by their names in the policy and in its order. */
  cosigned: string[];
  /** The groups in the policy's order; `met` is how many of the members are cosigned. */
  groups: { name: string; threshold: number; met: number; satisfied: boolean }[];
};

/** A witness of the policy that cosigned, and when, in seconds since 1970. */
export type PolicyCosignature = { name: string; verifier: Verifier; timeSeconds: number };

/** A checkpoint that one of the policy's logs signed. Whether it counts is `quorum.satisfied`. */
export type PolicyCheckpoint = {
  checkpoint: Checkpoint;
  /** The log's keys that signed; at least one. */
  logs: Verifier[];
  witnesses: PolicyCosignature[];
  quorum: QuorumResult;
  /** The lines that are nobody's whom the policy knows. */
  unverified: NoteSignature[];
};

/**
 * Reads a policy.
 *
 * The specification lets names be any octets; here they are UTF-8, as it recommends.
 *
 * @throws TlogError `policy` for anything malformed, naming the line; also for a policy over 1,000,000 bytes,
 *   or with over 256 logs, witnesses or groups
 */
export function parsePolicy(source: string | Uint8Array): TlogPolicy {
  if (source.length > policyBytesMax) throw refused(`over ${policyBytesMax} bytes`);
  const draft: Draft = {
    logs: [],
    witnesses: [],
    groups: [],
    quorum: undefined,
    names: new Set(),
    members: new Set(),
    logKeys: new Set(),
    witnessKeys: new Set(),
  };
  for (const [i, line] of decodeSource(source).split("\n").entries()) {
    try {
      readLine(draft, line);
    } catch (cause) {
      if (!(cause instanceof TlogError)) throw cause;
      throw new TlogError("policy", `line ${i + 1}: ${cause.message}`, { cause });
    }
  }
  const { logs, witnesses, groups, quorum } = draft;
  if (quorum === undefined) throw refused("a policy has a line with its quorum");
  return { logs, witnesses, groups, quorum };
}

/**
 * Writes a policy: logs, witnesses, groups, quorum, each in its order, thresholds as numbers.
 *
 * @throws TlogError `policy` for one that could not be read back as it is
 */
export function formatPolicy(policy: TlogPolicy): string {
  const lines = [
    ...policy.logs.map(({ vkey, url }) => ["log", vkey, url]),
    ...policy.witnesses.map(({ name, vkey, url }) => ["witness", name, vkey, url]),
    ...policy.groups.map(({ name, threshold, members }) => ["group", name, String(threshold), ...members]),
    ["quorum", policy.quorum],
  ].map((words) => words.filter((word) => word !== undefined));
  for (const word of lines.flat()) {
    if (/^$|[ \t\n]/.test(word)) throw refused(`${JSON.stringify(word)} is not one word`);
  }
  const text = lines.map((words) => `${words.join(" ")}\n`).join("");
  parsePolicy(text);
  return text;
}

/**
 * The verifiers of a policy: its logs', then its witnesses'.
 *
 * @throws TlogError `key`, `key-type` for a policy that `parsePolicy` did not make
 */
export function policyVerifiers(policy: TlogPolicy): Verifier[] {
  return [...policy.logs, ...policy.witnesses].map(({ vkey }) => parseVerifierKey(vkey));
}

/**
 * Whether the keys that signed a checkpoint meet a policy's quorum. Whose signatures they are is not looked
 * at here: they must be verified, as `openNote` does. Other keys than the witnesses' count for nothing, the
 * log's own included.
 *
 * @param verified the keys of verified signatures
 */
export function policySatisfied(policy: TlogPolicy, verified: readonly { vkey: string }[]): QuorumResult {
  const keys = new Set(verified.map(({ vkey }) => vkey));
  const cosigned = policy.witnesses.filter(({ vkey }) => keys.has(vkey)).map(({ name }) => name);
  const met = new Set(cosigned);
  // Members come before their group, so one pass decides all of them.
  const groups = policy.groups.map(({ name, threshold, members }) => {
    const count = members.filter((member) => met.has(member)).length;
    const satisfied = threshold >= 1 && count >= threshold;
    if (satisfied) met.add(name);
    return { name, threshold, met: count, satisfied };
  });
  return { satisfied: policy.quorum === quorumNone || met.has(policy.quorum), cosigned, groups };
}

/**
 * Opens a signed checkpoint under a policy: every line of a log or witness that the policy knows must verify,
 * and a log's among them must be of the checkpoint's origin. The quorum is told, not demanded.
 *
 * @param logKeys keys of the log that are known from elsewhere, besides the policy's
 * @throws TlogError as `openCheckpoint` does; `unverified` where no known log signed; `origin` where only the
 *   keys of another log did
 */
export function openWithPolicy(
  bytes: Uint8Array,
  policy: TlogPolicy,
  logKeys: readonly Verifier[] = [],
): PolicyCheckpoint {
  const logs = [...logKeys, ...policy.logs.map(({ vkey }) => parseVerifierKey(vkey))];
  const logVkeys = new Set(logs.map(({ vkey }) => vkey));
  const names = new Map(policy.witnesses.map(({ name, vkey }) => [vkey, name]));
  const verifiers = [...logs, ...[...names.keys()].map(parseVerifierKey)];
  const { checkpoint, verified, unverified } = openCheckpoint(bytes, verifiers);
  const signers = verified.map(({ verifier }) => verifier).filter(({ vkey }) => logVkeys.has(vkey));
  if (signers.length === 0) throw new TlogError("unverified", "no known log signed the checkpoint");
  if (!signers.some(({ name }) => name === checkpoint.origin)) {
    const [found, expected] = [checkpoint.origin, signers[0]?.name].map((name) => JSON.stringify(name));
    throw new TlogError("origin", `a checkpoint of the log ${found}, signed by ${expected} alone`);
  }
  const witnesses = verified.flatMap(({ verifier, signature }) => {
    const name = names.get(verifier.vkey);
    return name === undefined ? [] : [{ name, verifier, timeSeconds: cosignatureTime(signature) }];
  });
  const quorum = policySatisfied(
    policy,
    witnesses.map(({ verifier }) => verifier),
  );
  const ownKeys = signers.filter(({ name }) => name === checkpoint.origin);
  return { checkpoint, logs: ownKeys, witnesses, quorum, unverified };
}

/** What was read of a policy so far. `names` are those defined, `members` those that a group has. */
type Draft = Omit<TlogPolicy, "quorum"> & {
  quorum: string | undefined;
  names: Set<string>;
  members: Set<string>;
  /** Public keys in hex: a key under two names is still one. */
  logKeys: Set<string>;
  witnessKeys: Set<string>;
};

function decodeSource(source: string | Uint8Array): string {
  if (typeof source === "string") return source;
  try {
    return fromUtf8(source);
  } catch (cause) {
    throw new TlogError("policy", "a policy that is not UTF-8", { cause });
  }
}

function readLine(draft: Draft, line: string): void {
  checkCharacters(line);
  const words = line.split(/[ \t]+/).filter((word) => word !== "");
  const [keyword = "", ...rest] = words;
  if (words.length === 0 || keyword.startsWith("#")) return;
  if (keyword === "log") return readLog(draft, rest);
  if (keyword === "witness") return readWitness(draft, rest);
  if (keyword === "group") return readGroup(draft, rest);
  if (keyword === "quorum") return readQuorum(draft, rest);
  throw refused(`a line of a policy begins with log, witness, group or quorum, not ${quote(keyword)}`);
}

function readLog(draft: Draft, [vkey, url, ...more]: string[]): void {
  if (vkey === undefined || more.length > 0) throw refused("log <vkey> [<url>] is expected");
  addKey(draft.logKeys, readVerifierKey(vkey), "log");
  checkCount(draft.logs, "logs");
  draft.logs.push(url === undefined ? { vkey } : { vkey, url: checkedUrl(url) });
}

function readWitness(draft: Draft, [name, vkey, url, ...more]: string[]): void {
  if (name === undefined || vkey === undefined || more.length > 0) {
    throw refused("witness <name> <vkey> [<url>] is expected");
  }
  define(draft, name);
  const key = readVerifierKey(vkey);
  // A plain Ed25519 signature says neither when it was made nor that its maker is a witness.
  if (key.algorithm === "ed25519") throw refused("the key of a witness is of type 0x04 or 0x06");
  addKey(draft.witnessKeys, key, "witness");
  checkCount(draft.witnesses, "witnesses");
  draft.witnesses.push(url === undefined ? { name, vkey } : { name, vkey, url: checkedUrl(url) });
}

function readGroup(draft: Draft, [name, count, ...members]: string[]): void {
  if (name === undefined || count === undefined || members.length === 0) {
    throw refused("group <name> all|any|<k> <member>... is expected");
  }
  const threshold = readThreshold(count, members.length);
  for (const member of members) {
    if (!draft.names.has(member)) throw refused(`the member ${quote(member)} is not defined above`);
    if (draft.members.has(member)) throw refused(`${quote(member)} is a member twice`);
    draft.members.add(member);
  }
  // Only now, or a group could be its own member.
  define(draft, name);
  checkCount(draft.groups, "groups");
  draft.groups.push({ name, threshold, members });
}

function readQuorum(draft: Draft, [name, ...more]: string[]): void {
  if (name === undefined || more.length > 0) throw refused("quorum <name>|none is expected");
  if (draft.quorum !== undefined) throw refused("a second quorum");
  if (name !== quorumNone && !draft.names.has(name)) throw refused(`${quote(name)} is not defined above`);
  draft.quorum = name;
}

function readThreshold(count: string, members: number): number {
  if (count === "any") return 1;
  if (count === "all") return members;
  const threshold = /^[1-9]\d{0,8}$/.test(count) ? Number(count) : Number.NaN;
  if (!(threshold >= 1 && threshold <= members)) {
    throw refused(`all, any or a number from 1 to ${members} is expected, not ${quote(count)}`);
  }
  return threshold;
}

function define(draft: Draft, name: string): void {
  if (name === quorumNone) throw refused(`nothing may be named ${quorumNone}`);
  if (draft.names.has(name)) throw refused(`${quote(name)} is defined twice`);
  draft.names.add(name);
}

function addKey(keys: Set<string>, { name, publicKey }: VerifierKey, what: string): void {
  const hex = encodeHex(publicKey);
  if (keys.has(hex)) throw refused(`the key of the ${what} ${quote(name)} is there already`);
  keys.add(hex);
}

function checkCount(items: readonly unknown[], what: string): void {
  if (items.length >= policyItemsMax) throw refused(`over ${policyItemsMax} ${what}`);
}

function checkedUrl(url: string): string {
  if (!URL.canParse(url)) throw refused(`${quote(url)} is not a URL`);
  return url;
}

function checkCharacters(line: string): void {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) {
      throw refused("a control character other than tab and newline");
    }
  }
  if (!line.isWellFormed()) throw refused("a text that UTF-8 cannot carry");
}

function refused(message: string): TlogError {
  return new TlogError("policy", message);
}

function quote(word: string): string {
  return JSON.stringify(word.slice(0, 80));
}
