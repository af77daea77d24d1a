// SPDX-License-Identifier: Apache-2.0
// `docket records` on a data directory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openInstallation } from "../../main.ts";
import { docket, installationWith } from "../testing/run-docket.ts";

const policy = `policy: comments
on: [comment]
rules:
  - { id: links, when: signals.linkCount >= 5, then: { outcome: reject } }
`;

void test("records are listed with what they say, and found by what is asked", async (t) => {
  const installation = installationWith(t, policy);
  const opened = await openInstallation(installation);
  const how = { dryRun: false, by: "operator", source: "http", receivedMs: Date.UTC(2026, 10, 23) } as const;
  for (const id of ["one", "two"]) {
    const event = { id, type: "comment", actor: { id: "ann" }, content: { text: "hello" } };
    await opened.site.decide({ event, ...how });
  }
  await opened.close();
  const { data } = installation;
  const all = await docket("", "records", "--data", data);
  assert.equal(all.code, 0, all.err);
  assert.match(all.out, /^ *\d+ {2}\S+Z {2}stop /);
  assert.match(all.out, /\n *0 {2}\S+ {2}created +operator +this log was created\n$/);
  const decided = await docket("", "records", "--kind", "decision", "--limit", "1", "--data", data);
  assert.match(decided.out, /^ *\d+ {2}\S+Z {2}decision {2}operator {2}allow\nThere are more: --before \d+ /);
  const listed = await docket("", "records", "--kind", "created,stop", "--json", "--data", data);
  const kinds = listed.out.trim().split("\n");
  assert.deepEqual(
    kinds.map((line) => (JSON.parse(line) as { record: { kind: string } }).record.kind).at(-1),
    "created",
  );
  const none = await docket("", "records", "--kind", "ruling", "--data", data);
  assert.equal(none.out, "There is no such record.\n");
  const reads = await docket("", "records", "--kind", "read", "--data", data);
  assert.match(reads.out, /somebody read entries/, "whoever lists is in it, too");
  for (const wrong of [
    ["--until", "noon"],
    ["--limit", "0"],
    ["--of", "x"],
  ]) {
    assert.notEqual((await docket("", "records", ...wrong, "--data", data)).code, 0, wrong.join(" "));
  }
});
