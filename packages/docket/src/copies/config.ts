// SPDX-License-Identifier: Apache-2.0
// The section `replicas` of docket.yaml.
//
//   replicas:
//     ack: sync            # an answer waits until a replica holds its record (default: async)
//     needed: 1            # with sync: so many replicas
//     behindAfter: 10s     # a replica that lags this long is behind: sealed, and told
//     drillEvery: 7d       # without it drills run when somebody asks
//     backups: /backups/docket   # where docket backup puts them; a drill takes the newest copy of all
//     to:
//       - { name: shelf, directory: /mnt/shelf/docket }
//       - { name: cellar, url: "http://10.0.0.2:7070", keyFile: replica-cellar.key }
import type { ConfigNode } from "../config/node.ts";

/** Replicas are behind after this long, in ms, if nothing else is said. */
const behindAfterMs = 10_000;
const secondMs = 1000;
const dayMs = 86_400_000;
/** Most replicas. */
const replicasMax = 8;

/** A replica as the configuration names it. Its key is a file in the keys directory, or a variable. */
export type ReplicaConfig =
  | { name: string; directory: string }
  | { name: string; url: string; key: { file: string } | { variable: string } };

/** The section as it was read, with its defaults. */
export type ReplicasConfig = {
  ack: "async" | "sync";
  needed: number;
  behindAfterMs: number;
  drillEveryMs: number | undefined;
  backups: string | undefined;
  to: readonly ReplicaConfig[];
};

/**
 * Reads the section.
 *
 * @throws {DocketError} `configuration_invalid`
 */
export function readReplicasConfig(node: ConfigNode | undefined): ReplicasConfig {
  const section = node?.map(["ack", "needed", "behindAfter", "drillEvery", "backups", "to"]) ?? {};
  const to = (section.to?.list({ most: replicasMax }) ?? []).map(readReplica);
  const names = to.map(({ name }) => name);
  const twice = names.findIndex((name, place) => names.indexOf(name) !== place);
  if (twice !== -1) section.to?.fail(`names ${names[twice]} twice`);
  const ack = section.ack?.oneOf(["async", "sync"] as const) ?? "async";
  if (ack === "sync" && to.length === 0) section.ack?.fail("is sync, and no replica is named in `to`");
  const needed = section.needed?.wholeNumber({ least: 1, most: Math.max(1, to.length) }) ?? 1;
  return {
    ack,
    needed: ack === "sync" ? needed : 0,
    behindAfterMs: section.behindAfter?.durationMs({ leastMs: secondMs, mostMs: dayMs }) ?? behindAfterMs,
    drillEveryMs: section.drillEvery?.durationMs({ leastMs: 60 * secondMs, mostMs: 366 * dayMs }),
    backups: section.backups?.text({ pattern: /\/.*/, what: "an absolute path" }),
    to,
  };
}

function readReplica(node: ConfigNode): ReplicaConfig {
  const replica = node.map(["name", "directory", "url", "keyFile", "keyEnv"]);
  const name =
    replica.name?.text({
      most: 64,
      pattern: /[a-z0-9][a-z0-9-]*/,
      what: "a name of small letters, digits and -",
    }) ?? node.fail("needs a name");
  if (replica.directory !== undefined) {
    if (replica.url !== undefined) node.fail("has a directory or a url, not both");
    return { name, directory: replica.directory.text({ pattern: /\/.*/, what: "an absolute path" }) };
  }
  const url = replica.url?.text({ pattern: /https?:\/\/\S+/, what: "an http or https URL" });
  if (url === undefined || !URL.canParse(url)) return node.fail("needs a directory or a url");
  const file = replica.keyFile?.text({
    pattern: /[A-Za-z0-9._-]+/,
    what: "the name of a file in the keys directory",
  });
  const variable = replica.keyEnv?.text({ pattern: /[A-Za-z_]\w*/, what: "the name of a variable" });
  if (file !== undefined && variable === undefined) return { name, url, key: { file } };
  if (variable !== undefined && file === undefined) return { name, url, key: { variable } };
  return node.fail("with a url needs keyFile, a file in the keys directory, or keyEnv, a variable");
}
