// SPDX-License-Identifier: Apache-2.0
// A server to be fuzzed: the real command on a directory of its own, with a little of everything in its log.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { roles } from "../../../packages/docket/src/access/permissions.ts";
import type { Stock } from "./values.ts";

const binary = fileURLToPath(new URL("../../../packages/docket/bin/docket.js", import.meta.url));
const startMsMax = 90_000;
const stopMsMax = 60_000;
/** A new key works once the server has sealed its record. */
const keyMs = 250;
const keyTriesMax = 120;

/** A server that runs. */
export type Target = {
  readonly port: number;
  /** Keys of all roles, admin first. */
  readonly keys: readonly string[];
  readonly known: Stock["known"];
  readonly secrets: readonly string[];
  /** All that it has said. */
  output(): string;
  /** Ends it in good order; says how it ended. */
  stop(): Promise<number | null>;
  /** Checks its log offline; says what the check printed where it failed. */
  verify(): string | undefined;
  remove(): void;
};

/** Starts a server. */
export async function startTarget(): Promise<Target> {
  const directory = mkdtempSync(join(tmpdir(), "docket-fuzz-"));
  const data = join(directory, "data");
  run(["init", data]);
  const keys = ["admin", ...roles.filter((role) => role !== "admin")].map((role) => {
    return (
      JSON.parse(run(["apikey", "create", "--role", role, "--data", data, "--json"])) as { key: string }
    ).key;
  });
  const { child, port, output } = await serve(data);
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const known = await seed(port, keys.at(0) ?? "", keys.at(-1) ?? "");
  return {
    port,
    keys,
    known,
    secrets: [directory, ...keys],
    output,
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
    verify: () => {
      const words = ["verify", data, "--key", join(data, "log.vkey")];
      const { status, stdout, stderr } = spawnSync(process.execPath, [
        "--conditions=@docket/source",
        binary,
        ...words,
      ]);
      return status === 0 ? undefined : `${stdout.toString()}${stderr.toString()}`;
    },
    remove: () => {
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function run(words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    "--conditions=@docket/source",
    binary,
    ...words,
  ]);
  if (status === 0) return stdout.toString();
  throw new Error(`docket ${words.join(" ")} ended with ${status}: ${stderr.toString()}`);
}

async function serve(
  data: string,
): Promise<{ child: ReturnType<typeof spawn>; port: number; output: () => string }> {
  const words = ["--conditions=@docket/source", binary, "serve", "--data", data, "--listen", "127.0.0.1:0"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address in time:\n${output}`)), startMsMax);
    const read = (line: string): void => {
      output += `${line}\n`;
      const found = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(Number(found));
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", read);
    child.once("close", () => reject(new Error(`it ended:\n${output}`)));
  });
  return { child, port, output: () => output };
}

/** Something of many kinds in the log, so that requests find what they are about. */
async function seed(port: number, admin: string, last: string): Promise<Stock["known"]> {
  const ask = async (path: string, body: object, key: string): Promise<{ status: number; body: Json }> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Json };
  };
  for (let tries = 0; tries < keyTriesMax; tries++) {
    const answers = await Promise.all(
      [admin, last].map((key) =>
        fetch(`http://127.0.0.1:${port}/v1/settings`, { headers: { authorization: `Bearer ${key}` } }),
      ),
    );
    if (answers.every(({ status }) => status === 200 || status === 403)) break;
    await sleep(keyMs);
  }
  const indexes: number[] = [];
  const actors: string[] = [];
  for (let at = 0; at < 12; at++) {
    const links = "http://a.example http://b.example http://c.example http://d.example";
    const event = {
      id: `seed-${at}`,
      type: "comment",
      actor: { id: `u-${at % 3}` },
      content: { id: `c-${at}`, text: at % 2 === 0 ? `hello ${at}` : `free followers ${links}` },
    };
    const { body } = await ask("/v1/decisions", event, admin);
    indexes.push(body["index"] as number);
    actors.push(body["actor"] as string);
  }
  const [index = 0] = indexes;
  const reported = { index, reporter: "u-9", category: "spam", text: "look at this" };
  await ask("/v1/reports", reported, admin);
  await ask("/v1/labels", { index, label: "spam" }, admin);
  const opening = await fetch(`http://127.0.0.1:${port}/v1/receipts/${indexes[1]}/opening`, {
    method: "POST",
    headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
    body: JSON.stringify({ reason: "seed" }),
  });
  await ask("/v1/actors/u-1/disputes", { index: indexes[1], text: "it was no spam" }, admin);
  await ask("/v1/webhooks", { url: "http://127.0.0.1:9/hook" }, admin);
  const all = Array.from({ length: (indexes.at(-1) ?? 12) + 6 }, (_, at) => at);
  return {
    index: all,
    of: all,
    request: all,
    records: all,
    from: [0, 3, "2026-11-01T00:00:00Z"],
    id: ["u-0", "u-1", "c-1", "seed-1", ...actors.slice(0, 3)],
    actor: ["u-0", "u-1", ...actors.slice(0, 3)],
    account: ["u-0", "u-1"],
    subject: actors.slice(0, 3),
    name: ["comments", "bad_domains", "in-force", "000.p/1", "000"],
    restriction: ["r_none"],
    level: ["0", "1", "entries"],
    size: [1, 5, 12],
    sha256: ["A".repeat(43)],
    token: [opening.headers.get("docket-dispute-token") ?? "dt_none"],
    url: ["http://127.0.0.1:9/hook"],
    type: ["comment"],
    "*": ["000", "000.p/1", "000.p/12", "x001/000"],
  };
}

type Json = Record<string, unknown>;
