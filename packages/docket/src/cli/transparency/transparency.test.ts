// SPDX-License-Identifier: Apache-2.0
// `docket transparency`, `docket weekly` and `docket statements` on a data directory.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { statementFaults } from "../../transparency/statement-schema.ts";
import { directoryOf, docket, installationWith } from "../testing/run-docket.ts";

const policy = `policy: comments
on: [comment]
rules:
  - id: spam
    when: signals.normalised.contains('spam')
    then: { outcome: reject, strike: 1, suspend: 1d }
    reason: { en: "No advertising, please.", de: "Bitte keine Werbung." }
`;
const personal = ["alice-4711", "alice@example.org", "192.0.2.7", "buy my spam", "Alice Example"] as const;

void test("a period as page, table and JSON; and statements with nothing personal in them", async (t) => {
  const { data } = installationWith(t, policy);
  const [account, email, address, text, name] = personal;
  const actor = { id: account, email, name, ip: address };
  const events = [
    { id: "e1", type: "comment", time: "2026-11-20T10:00:00Z", actor, content: { id: "c1", text } },
    { id: "e2", type: "comment", time: "2026-11-20T10:05:00Z", actor, content: { id: "c2", text: "hello" } },
    {
      id: "e3",
      type: "comment",
      time: "2026-11-20T11:00:00Z",
      actor: { id: "bob" },
      content: { text: "hi" },
    },
  ];
  const input = events.map((event) => JSON.stringify(event)).join("\n");
  const decided = await docket(input, "decide", "--data", data);
  assert.equal(decided.code, 0, decided.err);
  const directory = directoryOf(t);
  const period = ["--from", "2026-11-01", "--to", "2100-01-01", "--data", data];
  const run = async (...words: string[]): Promise<string> => {
    const ran = await docket("", ...words);
    assert.equal(ran.code, 0, ran.err);
    return ran.out;
  };
  assert.match(
    await run("transparency", ...period),
    /decisions by outcome\n {2}allow +1\n(?:.*\n)* {2}reject +2/,
  );
  const files = {
    html: /<h1>Transparency report/,
    csv: /^from,to,section,/,
    json: /^\{"format":"docket-transp/,
  };
  for (const [form, begins] of Object.entries(files)) {
    const file = join(directory, `report.${form}`);
    await run("transparency", ...period, "-o", file);
    assert.match(readFileSync(file, "utf8"), begins);
    for (const secret of personal)
      assert.ok(!readFileSync(file, "utf8").includes(secret), `${form} ${secret}`);
  }
  assert.match(await run("weekly", "--to", "2026-11-22", "--data", data), /refused as spam +2 +0/);
  const lines = join(directory, "statements.ndjson");
  assert.match(
    await run("statements", ...period, "-o", lines, "--terms", "https://example.org/rules"),
    /^1 statements/,
  );
  const written = readFileSync(lines, "utf8");
  const { statements } = JSON.parse(written) as { statements: Record<string, unknown>[] };
  for (const statement of statements) assert.deepEqual(statementFaults(statement), []);
  assert.equal(statements[0]?.["incompatible_content_explanation"], "No advertising, please.");
  assert.equal(statements[0]?.["decision_account"], "DECISION_ACCOUNT_SUSPENDED");
  for (const secret of [...personal, "a_", "k_"]) assert.ok(!written.includes(secret), secret);
  const wrong = await docket("", "statements", ...period, "-o", join(directory, "statements.pdf"));
  assert.equal(wrong.code, 2);
  const none = await docket("", "statements", ...period, "-o", lines, "--category", "SPAM");
  assert.match(none.err, /STATEMENT_CATEGORY_SPAM is none of/);
  const verified = await docket("", "verify", data, "--key", join(data, "log.vkey"));
  assert.equal(verified.code, 0, verified.out);
});
