// SPDX-License-Identifier: Apache-2.0
// The repository's own test: every check of this folder on every file that it is for.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkDeclaredDependencies, checkPackageDirection, checkRoomDirection } from "./direction.ts";
import { exceptions } from "./exceptions.ts";
import { checkLinks } from "./links.ts";
import { type Lock, type Manifest, checkExports, checkLock, checkPins } from "./manifests.ts";
import { type Problem, type RepositoryFile, describeProblem } from "./problem.ts";
import { packageEntries, packageImports, purePackages, rooms, wiring } from "./rooms.ts";
import {
  checkComponentLengths,
  checkDefaultExports,
  checkFileLength,
  checkFunctionLengths,
  checkLineLengths,
  checkPure,
  checkSpdx,
  importsPart,
} from "./sources.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

function filesOf(...patterns: string[]): RepositoryFile[] {
  const paths = globSync(patterns, { cwd: root, exclude: ["**/node_modules/**", "**/dist/**"] });
  return paths
    .filter((path) => statSync(root + path).isFile())
    .sort()
    .map((path) => ({ path, text: readFileSync(root + path, "utf8") }));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(root + path, "utf8"));
}

/** The text of a file, `""` for a folder, `undefined` where there is neither. */
function readOrNothing(path: string): string | undefined {
  if (!existsSync(root + path)) return undefined;
  return statSync(root + path).isDirectory() ? "" : readFileSync(root + path, "utf8");
}

const sources = filesOf(
  "packages/*/{bin,src,integration}/**/*.{ts,js}",
  "tools/**/*.{ts,mjs}",
  "examples/**/*.ts",
);
// What stands between tags is no code and no string, so of these only their imports are scanned.
const components = filesOf("packages/*/src/**/*.tsx");
const componentHeads = components.map(({ path, text }) => ({ path, text: importsPart(text) }));
const pages = filesOf("*.md", "docs/**/*.md", "examples/**/*.md", "packages/*/*.md");
const manifestPaths = ["package.json", ...filesOf("packages/*/package.json").map(({ path }) => path)];
const manifests = manifestPaths.map((path) => ({ path, manifest: readJson(path) as Manifest }));

const declared = Object.fromEntries(
  manifests
    .filter(({ path }) => path.startsWith("packages/"))
    .map(({ path, manifest }) => [path.split("/")[1] ?? "", Object.keys(manifest["dependencies"] ?? {})]),
);
const workspace = Object.keys((readJson("package.json") as Manifest)["devDependencies"] ?? {});

/** Every exception that was needed, so that the others are found. */
const needed = new Set<string>();

/** Fails with all problems at once, but for those that the table of exceptions lists. */
function report(problems: readonly Problem[]): void {
  const left = problems.filter(({ check, path }) => {
    const listed = exceptions.some((exception) => exception.check === check && exception.path === path);
    if (listed) needed.add(`${check} ${path}`);
    return !listed;
  });
  if (left.length > 0) assert.fail(`\n${left.map(describeProblem).join("\n")}`);
}

test("the files that the checks are for are found", () => {
  assert.ok(sources.length >= 20 && pages.length >= 3, `${sources.length} sources, ${pages.length} pages`);
  assert.ok(sources.some(({ path }) => path === "tools/tidy/repository.test.ts"));
  assert.equal(manifests.length, 1 + Object.keys(packageImports).length);
});

test("every source begins with its licence", () => {
  report([...sources, ...components].flatMap(checkSpdx));
});

test("no line is too long", () => {
  report([...sources, ...components].flatMap(checkLineLengths));
});

test("no file is too long", () => {
  report([...sources, ...components].flatMap(checkFileLength));
});

test("no function is too long", () => {
  report([...sources.flatMap(checkFunctionLengths), ...components.flatMap(checkComponentLengths)]);
});

test("nothing is exported as default", () => {
  report(sources.flatMap(checkDefaultExports));
});

test("packages for browsers use no API of Node", () => {
  report([...sources, ...componentHeads].flatMap((file) => checkPure(file, purePackages)));
});

test("packages import earlier packages only", () => {
  report([...sources, ...componentHeads].flatMap((file) => checkPackageDirection(file, packageImports)));
});

test("rooms import what the table of rooms allows", () => {
  report(sources.flatMap((file) => checkRoomDirection(file, rooms, wiring)));
});

test("packages import only what they declare", () => {
  report(
    [...sources, ...componentHeads].flatMap((file) => checkDeclaredDependencies(file, declared, workspace)),
  );
});

test("every dependency is pinned", () => {
  report(manifests.flatMap(({ path, manifest }) => checkPins(path, manifest)));
});

test("every package has one entry, and those that the table names", () => {
  report(manifests.flatMap(({ path, manifest }) => checkExports(path, manifest, packageEntries)));
});

test("the lock is complete, and names no host and no install script", () => {
  report(checkLock("package-lock.json", readJson("package-lock.json") as Lock));
});

test("every link inside the repository leads somewhere", () => {
  report(pages.flatMap((page) => checkLinks(page, readOrNothing)));
});

test("every exception has a reason and is still needed", () => {
  for (const { check, path, reason } of exceptions) {
    assert.ok(reason.length > 10, `${check} ${path} has no reason`);
    assert.ok(needed.has(`${check} ${path}`), `nothing needs the exception ${check} for ${path} any more`);
  }
});
