// SPDX-License-Identifier: Apache-2.0
// What the pages show must be true: their JSON parses and their policies load. Their commands are run by
// packages/docket/integration/docs-*.test.ts, which takes longer.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadPolicies } from "@docket/policy";
import { packageImports, rooms } from "../tidy/rooms.ts";
import { jsonOf, languages, readBlocks } from "./page.ts";
import { pagePaths } from "./pages.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const blocks = pagePaths().flatMap((path) =>
  readBlocks(readFileSync(root + path, "utf8")).map((block) => ({
    ...block,
    place: `${path}:${block.line}`,
  })),
);

test("there are pages, and they have blocks", () => {
  assert.ok(blocks.length >= 20, `${blocks.length} blocks`);
});

test("every block has a language that is known", () => {
  for (const { language, place } of blocks) assert.ok(languages.includes(language), `${place}: ${language}`);
});

test("every block of JSON parses", () => {
  for (const { language, text, place } of blocks) {
    if (language === "json") assert.doesNotThrow(() => jsonOf(text), place);
  }
});

test("every policy loads", () => {
  const policies = blocks.filter(({ language, text }) => language === "yaml" && /^policy:/m.test(text));
  assert.ok(policies.length > 0);
  for (const { text, place } of policies)
    assert.doesNotThrow(() => loadPolicies([{ path: place, text }]), place);
});

test("the tables of rooms in the architecture are those that are enforced", () => {
  const page = readFileSync(`${root}docs/ARCHITECTURE.md`, "utf8");
  const rows = [...page.matchAll(/^\| `([\w/-]+)` \|.*\|([^|\n]*)\|$/gm)];
  const shown = (pattern: RegExp): Record<string, string> =>
    Object.fromEntries(
      rows.flatMap(([, name = "", imports = ""]) => {
        const match = pattern.exec(name);
        return match === null ? [] : [[match[1] ?? "", imports.trim()]];
      }),
    );
  const packages = Object.entries(packageImports).map(([name, imports]) => {
    if (imports.length === 0) return [name, "none"];
    return [name, name === "docket" ? "all above" : imports.join(", ")];
  });
  assert.deepEqual(shown(/^packages\/(\w+)$/), Object.fromEntries(packages));
  const folders = Object.entries(rooms).map(([name, { imports, contracts = [] }]) => {
    const types = contracts.length === 0 ? [] : [`types of ${words(contracts)}`];
    return [
      name,
      imports[0] === "*" ? "all" : [...(imports.length > 0 ? [words(imports)] : []), ...types].join("; "),
    ];
  });
  assert.deepEqual(shown(/^([\w-]+)\/$/), Object.fromEntries(folders));
});

function words(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
