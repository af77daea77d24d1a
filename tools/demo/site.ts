// SPDX-License-Identifier: Apache-2.0
// A Docket of its own in a folder that goes away with the demonstration: the real command, as a process.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";

const binary = fileURLToPath(new URL("../../packages/docket/bin/docket.js", import.meta.url));
const startWithinMs = 60_000;
/** After this long without an end a server is ended by force, in ms. */
const endWithinMs = 15_000;
const publishedWithinMs = 10_000;

/** What a run of the command gave. */
export type Ran = { readonly code: number | null; readonly output: string };

/** A site that is served. */
export type Site = {
  readonly url: string;
  /** A key of role admin. */
  readonly key: string;
  /** Asks the API, and gives what it answered. Throws what it refused. */
  readonly ask: (path: string, options?: Asked) => Promise<Answer>;
  /** Waits until everybody can fetch what was sealed so far. */
  readonly published: (size: number) => Promise<void>;
  /** Stops it in good order. */
  readonly stop: () => Promise<void>;
};
/** What the API answered: JSON, as it came. */
export type Answer = { readonly body: unknown; readonly headers: Headers };
/** How the API is asked: with a body it is a POST, unless said otherwise. */
export type Asked = { readonly key?: string; readonly body?: object; readonly method?: string };

/** Makes a site with the shipped policy for comments, which acts on accounts from the first day here. */
export async function makeSite(data: string): Promise<void> {
  const made = await runDocket(["init", data]);
  if (made.code !== 0) throw new Error(made.output);
  const path = join(data, "policy/comments.yaml");
  writeFileSync(path, readFileSync(path, "utf8").replace(/^restrictions: shadow\n/m, ""));
}

/** Serves it on a loopback port, until it is stopped or `stopped` is aborted. */
export async function serveSite(data: string, port: number, stopped: AbortSignal): Promise<Site> {
  const child = start(["serve", "--data", data, "--listen", `127.0.0.1:${port}`]);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), endWithinMs);
    await ended;
    clearTimeout(timer);
  };
  try {
    const { url, key } = await addressOf(child, ended);
    stopped.throwIfAborted();
    const site: Pick<Site, "ask"> = { ask: (path, options) => ask(url, path, { key, ...options }, stopped) };
    return { url, key, ...site, published: (size) => published(url, size, stopped), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs `docket` with these words to its end. */
export async function runDocket(words: readonly string[], folder?: string): Promise<Ran> {
  const child = start(words, folder);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}

// In a process group of its own: who presses Ctrl-C ends the demonstration, and that ends what it started.
function start(words: readonly string[], cwd?: string): ChildProcess {
  return spawn(process.execPath, ["--conditions=@docket/source", binary, ...words], {
    ...(cwd === undefined ? {} : { cwd }),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function addressOf(child: ChildProcess, ended: Promise<void>): Promise<{ url: string; key: string }> {
  let output = "";
  const { promise, resolve, reject } = Promise.withResolvers<{ url: string; key: string }>();
  const fail = (why: string): void => reject(new Error(`the server ${why}:\n${output}`));
  const timer = setTimeout(() => fail("did not start in time"), startWithinMs);
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input: input as NodeJS.ReadableStream }).on("line", (line) => {
      output += `${line}\n`;
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
      const [key] = /dk_[A-Za-z0-9_-]{43}/.exec(output) ?? [];
      if (url !== undefined && key !== undefined) resolve({ url, key });
    });
  }
  void ended.then(() => fail("ended"));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

async function ask(
  url: string,
  path: string,
  { key, body, method }: Asked,
  stopped: AbortSignal,
): Promise<Answer> {
  const headers: Record<string, string> = { authorization: `Bearer ${key}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  const sent =
    body === undefined ? { method: method ?? "GET" } : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(url + path, { ...sent, headers, signal: stopped });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return { body: await answer.json(), headers: answer.headers };
}

async function published(url: string, size: number, stopped: AbortSignal): Promise<void> {
  const until = performance.now() + publishedWithinMs;
  while (performance.now() < until) {
    const [, found = "0"] = (await (await fetch(`${url}/checkpoint`)).text()).split("\n");
    if (Number(found) >= size) return;
    await sleep(50, undefined, { signal: stopped });
  }
  throw new Error(`no checkpoint over ${size} records was published in time`);
}
