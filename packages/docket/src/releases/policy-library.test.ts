// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { createListView, loadPolicies, readListFile, runPolicyTests } from "@docket/policy";
import type { ListView, PolicySet } from "@docket/policy";
import { libraryPolicies, readLibraryPolicy, writePolicy } from "./policy-library.ts";
import type { LibraryPolicy } from "./policy-library.ts";

const names = libraryPolicies();

describe("the policies that come with Docket", () => {
  test("are for comments, messages, sign-ups, log-ins, e-mail and offers", () => {
    assert.deepEqual(names, ["comments", "emails", "listings", "logins", "messages", "signups"]);
    assert.equal(readLibraryPolicy("nonsense"), undefined);
  });

  test("load together, and each passes its own tests", () => {
    const set = loadPolicies(names.map((name) => ({ path: `${name}.yaml`, text: policyOf(name).text })));
    const results = runPolicyTests(set, { lists: viewsOf(set) });
    assert.ok(results.length >= 100, String(results.length));
    assert.deepEqual(
      results.filter(({ passed }) => !passed),
      [],
    );
  });

  for (const name of names) {
    test(`${name}: tells why in English and German, and each rule that does something has a test`, () => {
      const { policies } = loadPolicies([{ path: `${name}.yaml`, text: policyOf(name).text }]);
      const [policy] = policies;
      assert.ok(policy !== undefined);
      const expected = new Set(policy.tests.flatMap(({ expect }) => expect.rules ?? []));
      for (const { id, then, reason } of policy.rules) {
        // What only puts an event in the review queue refuses nobody anything.
        const said = then === undefined || id.startsWith("likely-spam") ? [] : ["en", "de"];
        assert.deepEqual(Object.keys(reason), said, id);
        assert.ok(then === undefined || expected.has(id), `${id} is fired by no test`);
      }
    });

    test(`${name}: does nothing to accounts until somebody has seen that it is right`, () => {
      const [policy] = loadPolicies([{ path: `${name}.yaml`, text: policyOf(name).text }]).policies;
      const doing = [
        ...(policy?.rules.map(({ then }) => then) ?? []),
        ...(policy?.ladder ?? []).map(({ then }) => then),
      ];
      const measures = doing.some(
        (then) => then?.throttle ?? then?.suspendMs ?? then?.limit ?? then?.ban ?? then?.warn,
      );
      assert.equal(policy?.restrictions, measures ? "shadow" : "enforce");
    });
  }

  test("are written with their lists, and what somebody has changed is left alone", (t) => {
    const directory = temporary(t);
    const policy = policyOf("comments");
    assert.deepEqual(writePolicy(directory, "mine.yaml", policy), [
      "lists/link-shorteners.txt",
      "lists/well-known-sites.txt",
    ]);
    writeFileSync(join(directory, "lists/well-known-sites.txt"), "example.org\n");
    assert.deepEqual(writePolicy(directory, "other.yaml", policy), []);
    assert.equal(readFileSync(join(directory, "lists/well-known-sites.txt"), "utf8"), "example.org\n");
    assert.throws(() => writePolicy(directory, "mine.yaml", policy), { code: "EEXIST" });
  });
});

function policyOf(name: string): LibraryPolicy {
  const policy = readLibraryPolicy(name);
  assert.ok(policy !== undefined);
  return policy;
}

function viewsOf(set: PolicySet): ReadonlyMap<string, ListView> {
  const files = new Map(names.flatMap((name) => [...policyOf(name).listFiles]));
  return new Map(
    [...set.lists].map(([name, { kind, file }]) => {
      const text = file === undefined ? "" : files.get(file);
      assert.ok(text !== undefined);
      return [name, createListView(kind, readListFile(kind, text, file ?? name).entries)];
    }),
  );
}

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-library-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}
