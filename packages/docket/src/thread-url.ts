// SPDX-License-Identifier: Apache-2.0

/**
 * The URL of a thread's module beside another: TypeScript in a clone, JavaScript in a build.
 *
 * @param name relative path without ending
 * @param base `import.meta.url` of the caller
 */
export function threadUrl(name: string, base: string): URL {
  return new URL(`${name}.${base.endsWith(".ts") ? "ts" : "js"}`, base);
}
