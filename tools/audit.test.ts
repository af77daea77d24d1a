// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readAudit } from "./audit-result.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

void test("findings of severity high and critical are grave; the others are counted", () => {
  const report = {
    auditReportVersion: 2,
    vulnerabilities: {
      a: { severity: "critical", range: "<1.2.3" },
      b: { severity: "high", range: "*" },
      c: { severity: "moderate", range: "*" },
    },
  };
  assert.deepEqual(readAudit(JSON.stringify(report)), {
    kind: "findings",
    grave: ["a <1.2.3: critical", "b *: high"],
    lesser: 1,
  });
  assert.deepEqual(readAudit('{"vulnerabilities":{}}'), { kind: "findings", grave: [], lesser: 0 });
});

void test("a registry that can't be asked is not taken for one that knows of nothing", () => {
  for (const text of ["", "<html>", "{}", '{"vulnerabilities":null}', "null"]) {
    assert.equal(readAudit(text).kind, "unasked", text);
  }
  const refused = readAudit(
    '{"message":"405 Method Not Allowed - POST https://registry.example/x","error":{}}',
  );
  assert.deepEqual(refused, { kind: "unasked", why: "405 Method Not Allowed - POST …" });
});

void test("the list of parts names every package that the product runs with, in its locked version", () => {
  const { stdout, status } = spawnSync(process.execPath, ["tools/sbom.ts"], { cwd: root, encoding: "utf8" });
  assert.equal(status, 0);
  const bom = JSON.parse(stdout) as { bomFormat: string; components: { name: string; version: string }[] };
  assert.equal(bom.bomFormat, "CycloneDX");
  const parts = new Set(bom.components.map(({ name, version }) => `${name} ${version}`));
  for (const name of ["tlog", "policy", "protocol", "timestamp", "verify", "docket"]) {
    const { dependencies = {} } = JSON.parse(
      readFileSync(`${root}packages/${name}/package.json`, "utf8"),
    ) as {
      dependencies?: Record<string, string>;
    };
    for (const [dependency, version] of Object.entries(dependencies)) {
      if (dependency.startsWith("@docket/")) continue;
      assert.ok(parts.has(`${dependency} ${version}`), `${name} needs ${dependency} ${version}`);
    }
  }
  // What builds and tests it is not shipped.
  assert.equal(
    bom.components.some(({ name }) => name === "oxlint"),
    false,
  );
});
