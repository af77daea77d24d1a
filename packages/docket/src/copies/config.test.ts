// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfiguration } from "../config/configuration.ts";
import { DocketError } from "../error.ts";
import { readReplicasConfig } from "./config.ts";
import type { ReplicasConfig } from "./config.ts";

function read(text: string): ReplicasConfig {
  const bytes = Buffer.from(`replicas:\n${text}`);
  return readReplicasConfig(parseConfiguration("docket.yaml", bytes).section("replicas"));
}

test("without a section there are no replicas, and nobody waits", () => {
  const { ack, needed, to, drillEveryMs } = readReplicasConfig(undefined);
  assert.deepEqual([ack, needed, to, drillEveryMs], ["async", 0, [], undefined]);
});

test("a section is read as it stands", () => {
  const config = read(
    "  ack: sync\n  needed: 2\n  behindAfter: 5s\n  drillEvery: 7d\n  backups: /backups\n  to:\n" +
      "    - { name: shelf, directory: /mnt/shelf }\n" +
      '    - { name: cellar, url: "https://10.0.0.2:7070", keyFile: cellar.key }\n' +
      '    - { name: attic, url: "http://attic:7070", keyEnv: ATTIC }\n',
  );
  assert.deepEqual(config, {
    ack: "sync",
    needed: 2,
    behindAfterMs: 5000,
    drillEveryMs: 604_800_000,
    backups: "/backups",
    to: [
      { name: "shelf", directory: "/mnt/shelf" },
      { name: "cellar", url: "https://10.0.0.2:7070", key: { file: "cellar.key" } },
      { name: "attic", url: "http://attic:7070", key: { variable: "ATTIC" } },
    ],
  });
});

test("what would not do is refused, with its place", () => {
  const wrong: [string, RegExp][] = [
    ["  ack: sync\n", /replicas.ack is sync, and no replica is named/],
    ["  to: [{ name: a, directory: here }]\n", /an absolute path/],
    ["  to: [{ name: a, directory: /a, url: http://b }]\n", /a directory or a url/],
    ["  to: [{ name: a, url: http://b }]\n", /keyFile/],
    ["  to: [{ name: a, url: http://b, keyFile: ../log.key }]\n", /a file in the keys directory/],
    ["  to: [{ name: a, url: ftp://b, keyFile: k }]\n", /an http or https URL/],
    ["  to: [{ directory: /a }]\n", /needs a name/],
    ["  to: [{ name: a, directory: /a }, { name: a, directory: /b }]\n", /names a twice/],
    ["  to: [{ name: a, directory: /a }]\n  ack: sync\n  needed: 2\n", /from 1 to 1/],
    ["  drillEvery: 1s\n", /replicas.drillEvery/],
    ["  too: []\n", /did you mean "to"/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => read(text),
      (error) =>
        error instanceof DocketError && error.code === "configuration_invalid" && message.test(error.message),
      text,
    );
  }
});
