// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDeclaredDependencies, checkPackageDirection, checkRoomDirection } from "./direction.ts";
import { packageImports, rooms, wiring } from "./rooms.ts";

const importing = (specifier: string): string => `import { a } from "${specifier}";\n`;

const packageFaults = (path: string, specifier: string): number =>
  checkPackageDirection({ path, text: importing(specifier) }, packageImports).length;

const dependencyFaults = (path: string, text: string): number => {
  const workspace = ["fast-check", "@types/markdown"];
  return checkDeclaredDependencies({ path, text }, { tlog: ["@noble/hashes"] }, workspace).length;
};

test("a package that imports one of a later row is found", () => {
  assert.equal(packageFaults("packages/tlog/src/a.ts", "@docket/protocol"), 1);
  assert.equal(packageFaults("packages/tlog/src/a.test.ts", "@docket/protocol"), 1);
  assert.equal(packageFaults("packages/verify/src/a.ts", "docket"), 1);
  assert.equal(packageFaults("packages/docket/bin/a.js", "docket"), 0);
  assert.equal(packageFaults("packages/verify/src/a.ts", "@docket/tlog"), 0);
  assert.equal(packageFaults("packages/docket/src/a.ts", "@docket/verify"), 0);
  assert.equal(packageFaults("packages/docket/src/a.ts", "@docket/verify/src/index.ts"), 1);
  assert.equal(packageFaults("packages/docket/src/a.ts", "../../tlog/src/index.ts"), 1);
  assert.equal(packageFaults("packages/docket/src/a.ts", "../../../tools/shared-data.ts"), 1);
  assert.equal(packageFaults("packages/docket/src/a.test.ts", "../../../tools/shared-data.ts"), 0);
  assert.equal(packageFaults("packages/unheard/src/a.ts", "node:fs"), 1);
  assert.equal(packageFaults("tools/a.ts", "@docket/verify"), 0);
});

test("a room that imports against the table is found", () => {
  const table = {
    log: { imports: [] },
    stores: { imports: [], contracts: ["log"] },
    http: { imports: ["*"] },
  };
  const wires = { "main.ts": ["http"] };
  const faults = (path: string, text: string): number =>
    checkRoomDirection({ path: `packages/docket/src/${path}`, text }, table, wires).length;
  assert.equal(faults("log/a.ts", importing("../http/b.ts")), 1);
  assert.equal(faults("log/a.ts", importing("./b.ts")), 0);
  assert.equal(faults("log/a.ts", importing("../error.ts")), 0);
  assert.equal(faults("log/a.ts", importing("../main.ts")), 1);
  assert.equal(faults("http/a.ts", importing("../main.ts")), 0);
  assert.equal(faults("http/a.ts", importing("../log/b.ts")), 0);
  assert.equal(faults("main.ts", importing("./log/b.ts")), 0);
  assert.equal(faults("error.ts", importing("./log/b.ts")), 1);
  assert.equal(faults("stores/files/a.ts", importing("../../log/b.ts")), 1);
  assert.equal(faults("stores/files/a.ts", 'import type { A } from "../../log/b.ts";\n'), 0);
  assert.equal(faults("stores/files/a.ts", 'import { type A } from "../../log/b.ts";\n'), 0);
  assert.equal(faults("stores/files/a.ts", importing("../sqlite/b.ts")), 0);
  assert.equal(faults("stores/files/a.test.ts", importing("../../log/b.ts")), 0);
  assert.equal(faults("attic/a.ts", ""), 1);
});

test("the table of rooms runs one way, and names only rooms that it has", () => {
  for (const [name, room] of Object.entries(rooms)) {
    for (const other of [...room.imports, ...(room.contracts ?? [])]) {
      assert.ok(other === "*" || other in rooms, `${name} names ${other}`);
    }
    const seen = new Set<string>();
    const follow = (from: string): void => {
      for (const next of rooms[from]?.imports ?? []) {
        if (next === "*" || seen.has(next)) continue;
        seen.add(next);
        follow(next);
      }
    };
    follow(name);
    assert.ok(!seen.has(name), `${name} imports itself by way of ${[...seen].join(", ")}`);
  }
  for (const users of Object.values(wiring)) for (const user of users) assert.ok(user in rooms, user);
});

test("an import that no package.json declares is found", () => {
  assert.equal(dependencyFaults("packages/tlog/src/a.ts", importing("@noble/hashes/sha2.js")), 0);
  assert.equal(dependencyFaults("packages/tlog/src/a.ts", importing("@noble/curves/ed25519.js")), 1);
  assert.equal(dependencyFaults("packages/tlog/src/a.ts", importing("node:fs")), 0);
  assert.equal(dependencyFaults("packages/tlog/src/a.ts", importing("#crypto")), 0);
  assert.equal(dependencyFaults("packages/tlog/src/a.ts", importing("fast-check")), 1);
  assert.equal(dependencyFaults("packages/tlog/src/a.test.ts", importing("fast-check")), 0);
  assert.equal(dependencyFaults("packages/tlog/src/a.ts", 'import type { A } from "markdown";\n'), 0);
  assert.equal(dependencyFaults("packages/tlog/src/a.ts", importing("markdown")), 1);
  assert.equal(dependencyFaults("tools/a.ts", importing("@noble/hashes/sha2.js")), 0);
  assert.equal(dependencyFaults("tools/a.ts", importing("left-pad")), 1);
});
