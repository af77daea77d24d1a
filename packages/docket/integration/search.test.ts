// SPDX-License-Identifier: Apache-2.0
// The search of decisions on a real installation: by what is known of them, by their texts, and what is left
// of a text when its actor is erased or its evidence is dropped.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { installationWith, docket } from "../src/cli/testing/run-docket.ts";
import type { Installation } from "../src/installation.ts";
import { openInstallation } from "../src/main.ts";
import type { OpenInstallation } from "../src/main.ts";
import type { SearchWish } from "../src/search/contract.ts";

const policy = `policy: comments
on: [comment]
lists:
  bad: { kind: domain }
rules:
  - { id: links, when: signals.linkCount >= 1, then: { outcome: reject } }
  - { id: listed, when: "signals.domains.exists(d, d in lists.bad)", then: { outcome: flag } }
`;
const operator = { by: "operator", role: "operator" } as const;

test("decisions are found by what they are and by what was posted, and pages go on", async (t) => {
  const { opened, decide, found } = await site(t);
  const hello = await decide("ann", "Hello friends, nice weather");
  const spam = await decide("bob", "Ch3ap WATCHES at https://www.shop.example/buy");
  const more = await decide("bob", "cheap watches again");
  await opened.labels.label(operator, { index: spam, label: "spam" });

  assert.deepEqual(await found({}), [more, spam, hello]);
  assert.deepEqual(await found({ outcomes: ["reject"] }), [spam]);
  assert.deepEqual(await found({ rule: "links", actor: "bob" }), [spam]);
  assert.deepEqual(await found({ rule: "links", actor: "ann" }), []);
  assert.deepEqual(await found({ label: "spam" }), [spam]);
  assert.deepEqual(await found({ text: "cheap watches" }), [more, spam]);
  assert.deepEqual(await found({ text: "watch*", outcomes: ["allow"] }), [more]);
  assert.deepEqual(await found({ domain: "shop.example" }), [spam]);
  assert.deepEqual(await found({ text: "weather", actor: "bob" }), []);
  await assert.rejects(found({ actor: "nobody" }), { code: "not_found" });

  // What comes while the texts are unlocked is found, too.
  const late = await decide("carl", "watches, cheap");
  assert.deepEqual(await found({ text: "cheap watches" }), [late, more, spam]);
  const first = await opened.search.find({ text: "cheap", limit: 2 });
  assert.deepEqual([first.decisions.length, first.older], [2, more]);
  assert.deepEqual(await found({ text: "cheap", before: more }), [spam]);
  assert.deepEqual(await found({ text: "cheap", after: spam }), [late, more]);
  assert.deepEqual(await found({ text: "cheap", after: spam, limit: 1 }), [more]);
});

test("the index of texts holds nothing in the clear, and comes out again bit for bit", async (t) => {
  const { installation, opened, decide, found } = await site(t);
  for (let at = 0; at < 600; at++) await decide(`account${at % 7}`, `elephant number${at}`);
  const all = await found({ text: "elephant", limit: 500 });
  assert.equal(all.length, 500);
  const file = searchFile(installation);
  await opened.close();
  const rows = rowsOf(file);
  assert.equal(rows.length, 600);
  assert.ok(!readFileSync(file).includes("elephant"));
  rmSync(file);
  const again = await openSite(installation);
  assert.deepEqual(await finder(again)({ text: "elephant", limit: 500 }), all);
  await again.close();
  assert.deepEqual(rowsOf(file), rows);
});

test("whoever is erased is found no more, and nothing of their texts is left", async (t) => {
  const { installation, opened, decide, found } = await site(t);
  const kept = await decide("ann", "the purple elephant");
  const gone = await decide("mallory", "the purple elephant sings");
  assert.deepEqual(await found({ text: "purple" }), [gone, kept]);
  const asked = { about: { account: "mallory" }, ground: "request", askedBy: "ticket 17" };
  const outcome = await opened.erasures.erase(operator, asked);
  assert.ok("done" in outcome);
  await opened.erasures.settled();
  assert.deepEqual(await found({ text: "purple" }), [kept]);
  await opened.close();
  assert.deepEqual(
    rowsOf(searchFile(installation)).map(({ record }) => record),
    [kept],
  );
});

test("a search on the command line is on record with its words", async (t) => {
  const { installation, opened, decide } = await site(t);
  const spam = await decide("bob", "cheap watches at https://shop.example/");
  await opened.close();
  const { data } = installation;
  const { out, code, err } = await docket("", "decisions", "--text", "watches", "--data", data);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, new RegExp(`^${spam} .*reject .*comments/links`, "mu"));
  const none = await docket("", "decisions", "--rule", "listed", "--data", data);
  assert.equal(none.out, "No such decision was found.\n");
  const reads = await docket("", "reads", "--json", "--data", data);
  const [read] = reads.out.split("\n").map((line) => JSON.parse(line || "{}") as Record<string, unknown>);
  assert.deepEqual([read?.["what"], read?.["query"]], ["texts", '{"text":"watches"}']);
});

type Site = {
  installation: Installation;
  opened: OpenInstallation;
  decide: (account: string, text: string) => Promise<number>;
  found: Found;
};
type Found = (wish: Partial<SearchWish>) => Promise<number[]>;

async function site(t: TestContext): Promise<Site> {
  const installation = installationWith(t, policy);
  const opened = await openSite(installation);
  t.after(() => opened.close());
  let next = 0;
  const decide = async (account: string, text: string): Promise<number> => {
    const id = `e${next++}`;
    const event = { id, type: "comment", actor: { id: account }, content: { id, text } };
    const how = { dryRun: false, by: "operator", source: "http", receivedMs: Date.now() } as const;
    return (await opened.site.decide({ event, ...how })).index ?? -1;
  };
  return { installation, opened, decide, found: finder(opened) };
}

function openSite(installation: Installation): Promise<OpenInstallation> {
  return openInstallation(installation);
}

function finder(opened: OpenInstallation): Found {
  return async (wish) => {
    const { decisions } = await opened.search.find({ limit: 100, ...wish });
    return decisions.map(({ index }) => index);
  };
}

function searchFile({ paths }: Installation): string {
  const file = join(paths.site, "search.sqlite");
  assert.ok(existsSync(file));
  return file;
}

function rowsOf(file: string): { record: number; sealed: string }[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare("SELECT record, hex(sealed) AS sealed FROM texts ORDER BY record").all();
    return rows.map((row) => ({ ...row })) as { record: number; sealed: string }[];
  } finally {
    database.close();
  }
}
