// SPDX-License-Identifier: Apache-2.0
// Completes package-lock.json after `npm install`.
//
// Some registries do not serve the binaries of other platforms (oxlint, oxfmt, ...). npm then leaves these
// optional packages out of the lock, and `npm ci` in a fresh clone fails with EUSAGE ("Missing: … from lock
// file"). Each absent optional dependency is written back as {version, dev, optional, os, cpu}: enough for
// `npm ci` to skip it by platform. It also drops download hosts, which a lock must not record.
//
// Usage: npm install && npm run lock
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
let added = 0;

for (const [place, entry] of Object.entries(lock.packages)) {
  if (/^https?:/.test(entry.resolved ?? "")) delete entry.resolved;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(place, name) || !/^\d/.test(version)) continue;
    const platform = platformOf(name);
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(entry.dev === true || place === "" ? { dev: true } : {}),
      optional: true,
      ...platform,
    };
    added++;
  }
}

lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} absent optional packages added`);

function isLocked(place, name) {
  return `${place}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages;
}

/**
 * Reads os and cpu from names such as `@oxfmt/binding-linux-arm-gnueabihf` or `@oxlint-tsgolint/win32-x64`.
 */
function platformOf(name) {
  const words = name.split("/").at(-1).split("-");
  const systems = [
    "android",
    "darwin",
    "freebsd",
    "linux",
    "openharmony",
    "win32",
    "netbsd",
    "openbsd",
    "sunos",
    "aix",
  ];
  const processors = [
    "arm64",
    "arm",
    "x64",
    "ia32",
    "ppc64",
    "riscv64",
    "s390x",
    "loong64",
    "mips64el",
    "universal",
  ];
  const os = words.find((word) => systems.includes(word));
  const cpu = words.find((word) => processors.includes(word));
  if (os === undefined)
    throw new Error(`lock: cannot tell the platform of ${name}; add its system to tools/lock.mjs`);
  return { os: [os], ...(cpu === undefined || cpu === "universal" ? {} : { cpu: [cpu] }) };
}
