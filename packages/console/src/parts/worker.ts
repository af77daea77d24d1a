// SPDX-License-Identifier: Apache-2.0
// Workers of our own files: the page's policy has no text become a script's address but by this.

type ScriptUrl = string | URL;
type Policies = {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL: (url: string) => unknown };
};
let make: (url: string) => ScriptUrl = (url) => url;

/** Lets {@link startWorker} work; called once, when the console begins. */
export function allowWorkers(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  const policy = trustedTypes?.createPolicy("docket", { createScriptURL: ownUrl });
  if (policy !== undefined) make = (url) => policy.createScriptURL(url) as ScriptUrl;
}

function ownUrl(url: string): string {
  const { origin, pathname } = new URL(url, location.href);
  if (origin !== location.origin || !pathname.startsWith("/console/"))
    throw new TypeError("not a script of ours");
  return url;
}

/**
 * Starts a worker.
 *
 * @param url of its script as the bundler gives it: `import url from "./x.worker.ts?worker&url"`
 */
export function startWorker(url: string): Worker {
  return new Worker(make(url), { type: "module" });
}
