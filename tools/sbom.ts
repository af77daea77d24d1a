// SPDX-License-Identifier: Apache-2.0
// Prints the parts that the product runs with, as CycloneDX. `npm run sbom` runs it.
//
// npm makes the list from the lock file. What serves building and testing alone is taken out here, by
// the lock's own marks: `npm sbom --omit dev` would also leave out packages that the product needs and a
// tool needs too.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
/** Longest list, in bytes. */
const listBytesMax = 64 * 1024 * 1024;

type Component = { "bom-ref": string; name: string; version: string };
type Bom = {
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
};
type Lock = { packages: Record<string, { name?: string; version?: string; dev?: boolean; link?: boolean }> };

const words = ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "application"];
const { status, stdout, error } = spawnSync("npm", [...words, "--package-lock-only", "--offline"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: listBytesMax,
  stdio: ["ignore", "pipe", "inherit"],
});
if (error !== undefined || status !== 0) process.exit(1);
const shipped = shippedIn(JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")) as Lock);
const bom = JSON.parse(stdout) as Bom;
const refs = new Set(
  bom.components
    .filter(({ name, version }) => shipped.has(`${name}@${version}`))
    .map((each) => each["bom-ref"]),
);
const [first] = bom.dependencies;
const isListed = (ref: string): boolean => refs.has(ref) || ref === first?.ref;
const kept = {
  ...bom,
  components: bom.components.filter((each) => refs.has(each["bom-ref"])),
  dependencies: bom.dependencies
    .filter(({ ref }) => isListed(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isListed) })),
};
process.stdout.write(`${JSON.stringify(kept, null, 2)}\n`);

/** `name@version` of all that isn't there for building and testing alone. */
function shippedIn({ packages }: Lock): Set<string> {
  const names = Object.entries(packages).flatMap(([place, { name, version, dev }]) => {
    if (dev === true || version === undefined) return [];
    return [`${name ?? place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length)}@${version}`];
  });
  return new Set(names);
}
