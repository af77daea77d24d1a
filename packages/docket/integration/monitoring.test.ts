// SPDX-License-Identifier: Apache-2.0
// What is shipped for Prometheus and Grafana asks for metrics that there are, and the page about it names
// all of them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Registry } from "prom-client";
import { parse } from "yaml";
import { dashboard, queries } from "../../../tools/monitoring/dashboard.ts";
import { addWitnessMetrics } from "../src/http/metrics.ts";
import { startServer } from "./testing/docket.ts";

const folder = fileURLToPath(new URL("../../../docs/operations/monitoring/", import.meta.url));
const page = readFileSync(new URL("../../../docs/operations/monitoring.md", import.meta.url), "utf8");

type Rule = { alert: string; expr: string; labels: { severity: string } };
type Rules = { groups: { rules: Rule[] }[] };

const rules = (parse(readFileSync(`${folder}rules.yml`, "utf8")) as Rules).groups.flatMap(
  (group) => group.rules,
);

test("every metric is on the page, and every one of the page there is", async (t) => {
  const data = mkdtempSync(join(tmpdir(), "docket-monitoring-"));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const server = await startServer(t, ["--data", join(data, "data")]);
  const shown = await (await fetch(`${server.url}/metrics`)).text();
  await server.stop();
  const witnesses = new Registry();
  addWitnessMetrics(witnesses, () => ({ cosignedSize: 0, alarms: [], witnesses: [] }));
  const known = [...kindsOf(shown), ...kindsOf(await witnesses.metrics())];
  assert.deepEqual(
    rowsOf(/^\| `(docket_[a-z_]+)(?:\{[a-z,]+\})?` \| (\w+) \|/gm).sort(),
    known.map(([name, kind]) => `${name} ${kind}`).sort(),
  );
  const names = new Set(known.map(([name]) => name));
  for (const expression of [...rules.map(({ expr }) => expr), ...queries()]) {
    for (const [name] of expression.matchAll(/docket_[a-z_]+/g))
      assert.ok(names.has(name.replace(/_bucket$/, "")), `there is no ${name}: ${expression}`);
  }
});

test("the page says of every alert what to do", () => {
  assert.deepEqual(
    rowsOf(/^\| `(Docket\w+)` \| (page|ticket) \|/gm),
    rules.map(({ alert, labels }) => `${alert} ${labels.severity}`),
  );
});

test("the dashboard is the one that its script writes", () => {
  const written = JSON.parse(readFileSync(`${folder}dashboard.json`, "utf8")) as object;
  assert.deepEqual(written, dashboard(), "npm run monitoring && npm run format");
});

test("Prometheus accepts the rules, and each fires when it should", (t) => {
  const absent = spawnSync("promtool", ["--version"]).status !== 0;
  if (absent) {
    t.skip("promtool is absent (Debian: prometheus)");
    return;
  }
  const tests = readFileSync(`${folder}rules.test.yml`, "utf8");
  for (const { alert } of rules.filter((rule) => rule.alert !== "DocketDrillOld"))
    assert.ok(tests.includes(`alertname="${alert}"`), `${alert} has no test`);
  for (const words of [
    ["check", "rules", "rules.yml"],
    ["test", "rules", "rules.test.yml"],
  ]) {
    const { status, stdout, stderr } = spawnSync("promtool", words, { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, `${stdout}${stderr}`);
  }
});

function kindsOf(metrics: string): [name: string, kind: string][] {
  return [...metrics.matchAll(/^# TYPE (docket_\S+) (\w+)$/gm)].map(([, name = "", kind = ""]) => [
    name,
    kind,
  ]);
}

function rowsOf(pattern: RegExp): string[] {
  return [...page.matchAll(pattern)].map(([, name = "", kind = ""]) => `${name} ${kind}`);
}
