// SPDX-License-Identifier: Apache-2.0
// Checks of package.json and package-lock.json: what is installed is exactly what was chosen, and runs
// nothing.
import type { Problem } from "./problem.ts";

/** What the checks read of a `package.json`. */
export interface Manifest {
  readonly private?: boolean;
  readonly workspaces?: readonly string[];
  readonly exports?: unknown;
  readonly [kind: `${string}ependencies`]: Readonly<Record<string, string>> | undefined;
}

/** What the checks read of a `package-lock.json`. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/** One package of a lock. */
export interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;
const exactVersion = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Whether every dependency is pinned to one version. */
export function checkPins(path: string, manifest: Manifest): Problem[] {
  return kinds.flatMap((kind) =>
    Object.entries(manifest[kind] ?? {})
      .filter(([, version]) => !exactVersion.test(version))
      .map(([name, version]) => ({
        check: "exact-pin" as const,
        path,
        message: `${kind} asks for ${name} ${version}; name one version, such as 1.2.3`,
      })),
  );
}

/**
 * Whether a package has the entries it may have, each with its source, types and build.
 *
 * @param further entries of packages, by the folder of `packages`, besides the one that all have
 */
export function checkExports(
  path: string,
  manifest: Manifest,
  further: Readonly<Record<string, readonly string[]>>,
): Problem[] {
  if (manifest.workspaces !== undefined) return [];
  const names = ["index", ...(further[path.split("/")[1] ?? ""] ?? [])];
  const wanted = Object.fromEntries(
    names.map((name) => [
      name === "index" ? "." : `./${name}`,
      {
        "@docket/source": `./src/${name}.ts`,
        types: `./dist/${name}.d.ts`,
        default: `./dist/${name}.js`,
      },
    ]),
  );
  // The order counts: the first condition that applies wins.
  if (JSON.stringify(manifest.exports) === JSON.stringify(wanted)) return [];
  return [{ check: "exports-entry", path, message: `exports must be exactly ${JSON.stringify(wanted)}` }];
}

/**
 * Whether the lock names no host or install script, has a hash for all that is installed, and lacks nothing.
 */
export function checkLock(path: string, lock: Lock): Problem[] {
  return Object.entries(lock.packages).flatMap(([place, entry]) =>
    entryFaults(lock, place, entry).map((fault) => ({
      check: "lock" as const,
      path,
      message: `${place === "" ? "the workspace" : place} ${fault}`,
    })),
  );
}

function entryFaults(lock: Lock, place: string, entry: LockEntry): string[] {
  const faults: string[] = [];
  const installed = place.includes("node_modules/") && entry.link !== true;
  if (entry.hasInstallScript === true) faults.push("has an install script");
  if (entry.resolved !== undefined && entry.link !== true) {
    faults.push(`is taken from ${entry.resolved}; run npm run lock, and depend on registry versions only`);
  }
  if (installed && !exactVersion.test(entry.version ?? "")) faults.push(`has the version ${entry.version}`);
  // tools/lock.mjs adds binaries for other platforms without a hash: they are never installed from here.
  if (installed && entry.integrity === undefined && entry.optional !== true)
    faults.push("has no integrity hash");
  for (const [name, version] of Object.entries({ ...entry.dependencies, ...entry.optionalDependencies })) {
    if (/^(git|https?|file|github|[\w-]+\/)/.test(version)) faults.push(`depends on ${name} at ${version}`);
    if (!isLocked(lock, place, name))
      faults.push(`depends on ${name}, which the lock lacks; run npm run lock`);
  }
  return faults;
}

/** Whether Node would find the package from `place`: there, or in any folder above. */
function isLocked(lock: Lock, place: string, name: string): boolean {
  for (let from = place; ; from = from.slice(0, Math.max(0, from.lastIndexOf("/")))) {
    if (`${from === "" ? "" : `${from}/`}node_modules/${name}` in lock.packages) return true;
    if (from === "") return false;
  }
}
