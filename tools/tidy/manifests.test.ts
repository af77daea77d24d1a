// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LockEntry, checkExports, checkLock, checkPins } from "./manifests.ts";

test("a dependency that is not one version is found, of whatever kind", () => {
  for (const version of ["^1.2.3", "~1.2.3", "*", "", "1.2", "1.x", ">=1.2.3", "latest", "1.2.3 || 2.0.0"]) {
    assert.equal(checkPins("package.json", { dependencies: { a: version } }).length, 1, version);
  }
  for (const version of [
    "git+ssh://a/b",
    "github:a/b",
    "a/b",
    "file:../a",
    "https://a/b.tgz",
    "npm:a@1.2.3",
  ]) {
    assert.equal(checkPins("package.json", { devDependencies: { a: version } }).length, 1, version);
  }
  assert.equal(checkPins("package.json", { optionalDependencies: { a: "^1.0.0" } }).length, 1);
  assert.equal(checkPins("package.json", { peerDependencies: { a: "^1.0.0" } }).length, 1);
  assert.deepEqual(checkPins("package.json", { dependencies: { a: "1.2.3", b: "0.1.0-beta.17" } }), []);
});

test("a package with another entry than its one is found", () => {
  const entry = {
    "@docket/source": "./src/index.ts",
    types: "./dist/index.d.ts",
    default: "./dist/index.js",
  };
  assert.deepEqual(checkExports("package.json", { exports: { ".": entry } }, {}), []);
  assert.deepEqual(checkExports("package.json", { workspaces: ["a"] }, {}), []);
  assert.equal(checkExports("package.json", {}, {}).length, 1);
  assert.equal(checkExports("package.json", { exports: { ".": entry, "./b": entry } }, {}).length, 1);
  const named = { a: ["b"] };
  const second = { "@docket/source": "./src/b.ts", types: "./dist/b.d.ts", default: "./dist/b.js" };
  assert.deepEqual(
    checkExports("packages/a/package.json", { exports: { ".": entry, "./b": second } }, named),
    [],
  );
  assert.equal(checkExports("packages/a/package.json", { exports: { ".": entry } }, named).length, 1);
  const { default: build, ...rest } = entry;
  assert.equal(checkExports("package.json", { exports: { ".": { default: build, ...rest } } }, {}).length, 1);
});

/** How many faults a lock has that holds `entry` beside a few good ones. */
function faults(entry: LockEntry, place = "node_modules/a"): number {
  return checkLock("package-lock.json", {
    packages: {
      "packages/own": { version: "0.1.0" },
      "node_modules/own": { resolved: "packages/own", link: true },
      "node_modules/b": { version: "1.0.0", integrity: "sha512-b" },
      "node_modules/a/node_modules/c": { version: "1.0.0", integrity: "sha512-c" },
      "node_modules/other-platform": { version: "1.0.0", optional: true },
      [place]: entry,
    },
  }).length;
}

test("whatever a lock must not have, or lacks, is found", () => {
  const good = { version: "1.0.0", integrity: "sha512-a" };
  assert.equal(faults(good), 0);
  assert.equal(faults({ ...good, dependencies: { b: "^1.0.0", c: "^1.0.0" } }), 0);
  assert.equal(faults({ ...good, optionalDependencies: { "other-platform": "1.0.0" } }), 0);
  assert.equal(faults({ ...good, hasInstallScript: true }), 1);
  assert.equal(faults({ ...good, resolved: "https://somewhere/a.tgz" }), 1);
  assert.equal(faults({ ...good, resolved: "git+ssh://somewhere/a.git" }), 1);
  assert.equal(faults({ version: "1.0.0" }), 1);
  assert.equal(faults({ ...good, version: "git+ssh://somewhere/a.git" }), 1);
  assert.equal(faults({ ...good, dependencies: { b: "git+ssh://somewhere/b.git" } }), 1);
  assert.equal(faults({ ...good, dependencies: { b: "someone/b" } }), 1);
  assert.equal(faults({ ...good, optionalDependencies: { absent: "1.0.0" } }), 1);
  assert.equal(faults({ ...good, dependencies: { c: "1.0.0" } }, "node_modules/d"), 1);
});
