// SPDX-License-Identifier: Apache-2.0
// Checks of who imports whom: packages, the rooms inside `packages/docket/src`, and packages of others.
import { type Problem, type RepositoryFile, isTest } from "./problem.ts";
import { type Room, packageEntries } from "./rooms.ts";
import { type ScannedImport, importsOf } from "./scan.ts";

/** The scope of our packages; the product itself is `docket`. */
const scope = "@docket/";
const roomsFolder = "packages/docket/src/";

/**
 * Whether a file imports only those of our packages that its own may, by their names and not by their paths.
 */
export function checkPackageDirection(
  { path, text }: RepositoryFile,
  allowed: Readonly<Record<string, readonly string[]>>,
): Problem[] {
  const own = /^packages\/([^/]+)\//.exec(path)?.[1];
  if (own === undefined) return [];
  const mayImport = allowed[own];
  if (mayImport === undefined) {
    return [
      {
        check: "package-direction",
        path,
        message: `packages/${own} is not in the table of tools/tidy/rooms.ts`,
      },
    ];
  }
  return importsOf(text).flatMap(({ specifier, line }) => {
    const wrong = packageFault(path, own, mayImport, specifier);
    return wrong === undefined ? [] : [{ check: "package-direction" as const, path, line, message: wrong }];
  });
}

/** Whether a file of a room imports only what the table allows its room. */
export function checkRoomDirection(
  { path, text }: RepositoryFile,
  rooms: Readonly<Record<string, Room>>,
  wiring: Readonly<Record<string, readonly string[]>>,
): Problem[] {
  if (!path.startsWith(roomsFolder) || isTest(path)) return [];
  const inside = path.slice(roomsFolder.length);
  const own = inside.includes("/") ? inside.slice(0, inside.indexOf("/")) : "";
  const room = rooms[own];
  if (own !== "" && room === undefined) {
    return [
      {
        check: "room-direction",
        path,
        message: `the room ${own} is not in the table of tools/tidy/rooms.ts`,
      },
    ];
  }
  return importsOf(text).flatMap((imported) => {
    if (!imported.specifier.startsWith(".")) return [];
    const target = resolve(path, imported.specifier);
    if (!target.startsWith(roomsFolder)) return [];
    const wrong = roomFault(own, room, inside, target.slice(roomsFolder.length), imported, wiring);
    return wrong === undefined
      ? []
      : [{ check: "room-direction" as const, path, line: imported.line, message: wrong }];
  });
}

/**
 * Whether every package that a file imports is a dependency of its own package, or for a test of the
 * workspace.
 */
export function checkDeclaredDependencies(
  { path, text }: RepositoryFile,
  /** The names of `dependencies` for each folder of `packages`. */
  declared: Readonly<Record<string, readonly string[]>>,
  /** The names of `devDependencies` of the workspace. */
  workspace: readonly string[],
): Problem[] {
  const own = /^packages\/([^/]+)\//.exec(path)?.[1];
  const allowed = [...(declared[own ?? ""] ?? []), ...(own === undefined || isTest(path) ? workspace : [])];
  if (own === undefined) allowed.push(...Object.values(declared).flat());
  return importsOf(text).flatMap(({ specifier, line, typeOnly }) => {
    if (/^(\.|#|node:)/.test(specifier) || specifier.startsWith(scope) || specifier === "docket") return [];
    const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    if (allowed.includes(name) || (typeOnly && workspace.includes(`@types/${name}`))) return [];
    const message = `imports ${name}, which is not in the package's dependencies`;
    return [{ check: "declared-dependency" as const, path, line, message }];
  });
}

function packageFault(
  path: string,
  own: string,
  mayImport: readonly string[],
  specifier: string,
): string | undefined {
  if (specifier.startsWith(".")) {
    const target = resolve(path, specifier);
    // Tests may use the workspace's own tools; no file reaches into another package past its exports.
    if (target.startsWith(`packages/${own}/`) || (isTest(path) && target.startsWith("tools/")))
      return undefined;
    return `imports ${target}, outside of packages/${own}`;
  }
  const entry =
    specifier === "docket" ? "docket" : specifier.startsWith(scope) ? specifier.slice(scope.length) : "";
  const [base = "", ...further] = entry.split("/");
  const name = (packageEntries[base] ?? []).includes(further.join("/")) ? base : entry;
  if (name === "" || name === own || mayImport.includes(name)) return undefined;
  if (name.includes("/"))
    return `imports ${specifier}; a package has one entry, ${scope}${name.split("/")[0]}`;
  return `imports ${name}, but packages/${own} may import ${mayImport.join(", ") || "none of ours"}`;
}

function roomFault(
  own: string,
  room: Room | undefined,
  from: string,
  target: string,
  { typeOnly }: ScannedImport,
  wiring: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  if (!target.includes("/")) {
    const users = wiring[target];
    const mayWire = users === undefined || users.includes(own) || wiring[from] !== undefined;
    return mayWire ? undefined : `imports ${target}, which only ${users.join(", ") || "nobody"} may`;
  }
  const name = target.slice(0, target.indexOf("/"));
  if (name === own || wiring[from] !== undefined) return undefined;
  if (room === undefined) return `imports the room ${name}; only ${Object.keys(wiring).join(", ")} may`;
  if (room.imports.includes("*") || room.imports.includes(name)) return undefined;
  if (room.contracts?.includes(name) === true) {
    return typeOnly ? undefined : `imports values of ${name}; ${own} may import its types only`;
  }
  const allowed = [...room.imports, ...(room.contracts ?? [])].join(", ") || "no room";
  return `imports ${name}, but ${own} may import ${allowed}`;
}

/** The path from the repository's root that a relative specifier in the file `from` leads to. */
function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
