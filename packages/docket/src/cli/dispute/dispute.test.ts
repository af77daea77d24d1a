// SPDX-License-Identifier: Apache-2.0
// `docket dispute`, `docket disputes` and `docket rule` on a data directory, and with a server.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { testServer, testKey } from "../../http/testing/server.ts";
import { directoryOf, docket, installationWith } from "../testing/run-docket.ts";
import { restrictionOf } from "./rule.ts";
import { periodOf, toldOf } from "./run.ts";

const policy = `policy: comments
on: [comment]
rules:
  - id: spam
    when: signals.normalised.contains('spam')
    then: { outcome: reject, strike: 1, suspend: 1d }
    reason: { en: No spam., de: Kein Spam. }
`;

/** A data directory with a refused comment, and the index of its decision. */
async function refused(t: TestContext): Promise<{ data: string; index: number }> {
  const { data } = installationWith(t, policy);
  const event = { id: "e1", type: "comment", actor: { id: "alice" }, content: { text: "spam?" } };
  const decided = await docket(JSON.stringify(event), "decide", "--data", data);
  assert.equal(decided.code, 0, decided.err);
  return { data, index: (JSON.parse(decided.out.split("\n")[0] ?? "") as { index: number }).index };
}

void test("from the token to the ruling on a data directory", async (t) => {
  const { data, index } = await refused(t);
  const run = async (...words: string[]): Promise<string> => {
    const ran = await docket("", ...words, "--data", data);
    assert.equal(ran.code, 0, ran.err);
    return ran.out;
  };
  const token = (await run("dispute", "token", String(index))).trim();
  assert.match(await run("dispute", "show", "--token", token), /can be disputed until .*\n\n.*No spam\./s);
  const file = join(directoryOf(t), "proof.txt");
  writeFileSync(file, "It was a quotation.\n");
  const opened = await run("dispute", "open", "--token", token, "--text", "I quoted it.", "--attach", file);
  const dispute = /^Dispute (\d+) of record/.exec(opened)?.[1] ?? "";
  assert.match(await run("disputes"), new RegExp(`^${dispute} +of ${index} +open .*waits for the site`));
  await run("dispute", "message", dispute, "--text", "Which text?");
  const shown = await run("dispute", "show", dispute);
  assert.match(shown, /I quoted it\.\n {2}\[proof\.txt, text\/plain\]/);
  assert.match(shown, /as it was then\n {2}- id: spam/);
  assert.match(shown, /"text": "spam\?"/);
  const wish = ["rule", dispute, "overturned", "--reason", "mistaken", "--told", "en=You are right."];
  assert.match(await run(...wish, "--preview"), /would be overturned\.\n(?:.*\n)*Ended: r_/);
  assert.match(await run(...wish), /is overturned, as record \d+\.\n/);
  assert.match(await run("dispute", "show", "--token", token), /overturned on .*\n {2}en: You are right\./);
  assert.match(await run("disputes", "--state", "ended"), /overturned/);
  const figures = JSON.parse(
    await run("disputes", "statistics", "--to", "2100-01-01", "--from", "2020-01-01", "--json"),
  );
  assert.deepEqual(
    (figures as { byRule: { rule: string; overturned: number }[] }).byRule.map((each) => [
      each.rule,
      each.overturned,
    ]),
    [["comments/spam", 1]],
  );
  assert.match(
    await run("disputes", "statistics", "--to", "2100-01-01", "--from", "2020-01-01"),
    /by rule\n {2}comments\/spam/,
  );
  const again = await docket("", ...wish, "--data", data);
  assert.equal(again.code, 1);
  assert.match(again.err, /dispute_closed/);
  const verified = await docket("", "verify", data, "--key", join(data, "log.vkey"));
  assert.equal(verified.code, 0, verified.out);
});

void test("on behalf of an account, withdrawn and revoked", async (t) => {
  const { data, index } = await refused(t);
  const run = (...words: string[]): ReturnType<typeof docket> => docket("please", ...words, "--data", data);
  assert.match((await run("dispute", "open", String(index))).err, /who objects\?/);
  const opened = await run("dispute", "open", String(index), "--account", "alice", "--json");
  const { dispute } = JSON.parse(opened.out) as { dispute: number };
  const wish = ["rule", String(dispute), "upheld", "--reason", "spam", "--told", "en=No."];
  assert.match((await run(...wish)).err, /another_person/);
  assert.match((await run("dispute", "withdraw", String(dispute), "--account", "alice")).out, /^Withdrawn/);
  const token = (await run("dispute", "token", String(index))).out.trim();
  assert.match((await run("dispute", "revoke", String(index))).out, /^Revoked/);
  assert.match((await run("dispute", "show", "--token", token)).err, /dispute_token_invalid/);
});

void test("asked of a server, with a token or a key", async (t) => {
  const world = await testServer();
  t.after(() => world.close());
  const url = await world.server.listen({ host: "127.0.0.1", port: 0 });
  const run = async (role: "reviewer" | undefined, ...words: string[]): Promise<string> => {
    const key = role === undefined ? [] : ["--api-key", testKey(role)];
    const ran = await docket("", ...words, "--url", url, ...key);
    assert.equal(ran.code, 0, ran.err);
    return ran.out;
  };
  const { token } = (await world.disputes.disputes.tokenFor(0)) ?? { token: "" };
  const opened = await run(undefined, "dispute", "open", "--token", token, "--text", "x", "--json");
  const { dispute } = JSON.parse(opened) as { dispute: number };
  await run(undefined, "dispute", "message", "--token", token, "--text", "y");
  await run("reviewer", "dispute", "message", String(dispute), "--text", "z");
  assert.match(await run("reviewer", "disputes"), new RegExp(`^${dispute} `));
  assert.match(
    await run("reviewer", "dispute", "show", String(dispute), "--without-content"),
    /complainant on/,
  );
  assert.deepEqual(world.disputes.openings, []);
  await run("reviewer", "dispute", "abuse", String(dispute), "warn");
  const wish = [
    "rule",
    String(dispute),
    "upheld",
    "--reason",
    "spam",
    "--told",
    "en=No.",
    "--told",
    "de=Nein.",
  ];
  await run("reviewer", ...wish);
  assert.match(await run(undefined, "dispute", "show", "--token", token, "--lang", "de"), /de: Nein\./);
  assert.match(await run("reviewer", "disputes", "statistics", "--to", "2026-12-24"), /1 upheld/);
});

void test("words of restrictions, reasons and periods", () => {
  assert.deepEqual(restrictionOf("suspend 1d"), { kind: "suspend", forMs: 86_400_000 });
  assert.deepEqual(restrictionOf("limit links 2h"), { kind: "limit", ability: "links", forMs: 7_200_000 });
  assert.deepEqual(restrictionOf("throttle 1/m 30m"), { kind: "throttle", rate: "1/m", forMs: 1_800_000 });
  assert.deepEqual(restrictionOf("ban"), { kind: "ban" });
  for (const words of ["", "ban 1d", "suspend", "suspend forever", "limit 2h", "exile 1d", "warn 0d"]) {
    assert.throws(() => restrictionOf(words), { code: "usage" }, words);
  }
  assert.deepEqual(toldOf(["en=a=b", "de-AT=x"]), { en: "a=b", "de-AT": "x" });
  assert.throws(() => toldOf(["No."]), { code: "usage" });
  assert.deepEqual(periodOf({ from: "2026-11-01", to: "2026-11-02" }, 0), {
    fromMs: Date.UTC(2026, 10, 1),
    toMs: Date.UTC(2026, 10, 2),
  });
  assert.throws(() => periodOf({ from: "2026-11-02", to: "2026-11-01" }, 0), { code: "usage" });
  assert.throws(() => periodOf({ from: "yesterday" }, 0), { code: "usage" });
});
