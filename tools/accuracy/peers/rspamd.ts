// SPDX-License-Identifier: Apache-2.0
// Rspamd with Bayes in a Redis of its own, both on loopback; what would ask the network is off.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Item } from "../corpora.ts";
import { type Peer, aboveHalf, messageBytes, missingProgram, programVersion } from "./peer.ts";

/** Modules that would look up names, fetch maps or keep state besides Bayes. */
const modulesOff = [
  "arc",
  "asn",
  "bimi",
  "dcc",
  "dkim",
  "dkim_signing",
  "dmarc",
  "elastic",
  "external_services",
  "fuzzy_check",
  "greylist",
  "history_redis",
  "mx_check",
  "neural",
  "p0f",
  "phishing",
  "ratelimit",
  "rbl",
  "replies",
  "reputation",
  "rspamd_update",
  "spf",
  "surbl",
  "url_redirector",
  "whitelist",
  "antivirus",
  "clickhouse",
  "metadata_exporter",
];
/**
 * As by default, but that small training parts and short texts count too: by default Bayes waits for 200 of
 * each class, and for 11 words.
 */
const classifierSettings = "min_learns = 1; min_tokens = 1;";
/** Where it keeps its compiled patterns, which takes it longer than a fold; what it learns is in Redis. */
const compiledFolder = join(tmpdir(), "docket-rspamd-compiled");
const startMsMax = 300_000;
const answerMsMax = 60_000;
const askedAtOnce = 4;

/** Rspamd (Debian: rspamd, redis-server). */
export const rspamd: Peer = {
  name: "Rspamd",
  identity: () =>
    `${programVersion("rspamd", "--version")}, Redis Bayes, ${classifierSettings} off: ${modulesOff.join()}`,
  scorers: { "Rspamd Bayes": aboveHalf, "Rspamd total": 6 },
  missing: () => missingProgram("rspamd") ?? missingProgram("redis-server"),
  run: async ({ train, test }, directory) => {
    const server = await startRspamd(directory);
    try {
      for (const item of train) await learn(server, item);
      const totals: number[] = [];
      const bayes: number[] = [];
      await inParallel(test, async (item, index) => {
        const answer = await check(server, item);
        totals[index] = answer.total;
        bayes[index] = answer.bayes;
      });
      return { "Rspamd Bayes": bayes, "Rspamd total": totals };
    } finally {
      await server.stop();
    }
  },
};

/** A running Rspamd. */
export interface RspamdServer {
  readonly scanPort: number;
  readonly controlPort: number;
  readonly processes: readonly ChildProcess[];
  readonly stop: () => Promise<void>;
}

/**
 * Starts Redis and Rspamd in a directory and waits until they answer.
 *
 * @throws {Error} they don't within five minutes
 */
export async function startRspamd(directory: string): Promise<RspamdServer> {
  const [redisPort, scanPort, controlPort] = [await freePort(), await freePort(), await freePort()];
  const local = join(directory, "local");
  writeConfiguration(local, redisPort, scanPort, controlPort);
  for (const name of ["run", "log"]) mkdirSync(join(directory, name));
  mkdirSync(compiledFolder, { recursive: true });
  const redisOptions = [
    "--port",
    String(redisPort),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
  ];
  const redis = spawn("redis-server", [...redisOptions, "--dir", directory], { stdio: "ignore" });
  const variables = { LOCAL_CONFDIR: local, DBDIR: compiledFolder, RUNDIR: join(directory, "run") };
  const vars = Object.entries({ ...variables, LOGDIR: join(directory, "log") });
  const args = [
    "-f",
    "-i",
    "-c",
    "/etc/rspamd/rspamd.conf",
    ...vars.map(([name, value]) => `--var=${name}=${value}`),
  ];
  const filter = spawn("rspamd", args, { stdio: "ignore" });
  const stop = async (): Promise<void> => {
    for (const child of [filter, redis]) await ended(child);
  };
  const server = { scanPort, controlPort, processes: [filter, redis], stop };
  try {
    await answering(redisPort);
    await answering(scanPort);
    await answering(controlPort);
  } catch (error) {
    await stop();
    throw error;
  }
  return server;
}

/**
 * Teaches it a message. A message that it would not learn by its own rules (known already) is passed over.
 */
export async function learn(server: RspamdServer, item: Item): Promise<void> {
  const path = item.spam ? "/learnspam" : "/learnham";
  const { status, text } = await post(server.controlPort, path, messageBytes(item));
  if (status !== 200 && status !== 204 && status !== 208)
    throw new Error(`rspamd ${path}: ${status} ${text}`);
}

/** Its total score, and the probability of spam by Bayes (a half where Bayes says nothing). */
export async function check(server: RspamdServer, item: Item): Promise<{ total: number; bayes: number }> {
  const { status, text } = await post(server.scanPort, "/checkv2", messageBytes(item));
  if (status !== 200) throw new Error(`rspamd: ${status} ${text}`);
  const { score, symbols } = JSON.parse(text) as {
    score: number;
    symbols: Record<string, { options?: string[] } | undefined>;
  };
  const shareOf = (name: string): number | undefined => {
    const option = symbols[name]?.options?.[0];
    return option === undefined ? undefined : Number.parseFloat(option) / 100;
  };
  const spam = shareOf("BAYES_SPAM");
  const ham = shareOf("BAYES_HAM");
  return { total: score, bayes: spam ?? (ham === undefined ? 0.5 : 1 - ham) };
}

function writeConfiguration(local: string, redisPort: number, scanPort: number, controlPort: number): void {
  const folder = join(local, "local.d");
  const forced = join(local, "override.d");
  mkdirSync(folder, { recursive: true });
  mkdirSync(forced, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), `${text}\n`);
  write("redis.conf", `servers = "127.0.0.1:${redisPort}";`);
  write("classifier-bayes.conf", `${classifierSettings} autolearn = false;`);
  write("worker-normal.inc", `bind_socket = "127.0.0.1:${scanPort}"; count = 1;`);
  write("worker-controller.inc", `bind_socket = "127.0.0.1:${controlPort}"; count = 1;`);
  write("worker-proxy.inc", "enabled = false; count = 0;");
  write("logging.inc", 'level = "error";');
  write(
    "options.inc",
    'dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; } filters = "chartable,regexp";',
  );
  for (const name of modulesOff) writeFileSync(join(forced, `${name}.conf`), "enabled = false;\n");
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * One request over a connection of its own. Written out, since it answers some lessons with status 204 and a
 * body, which Node's client refuses.
 */
function post(port: number, path: string, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n`;
    const socket = connect(port, "127.0.0.1", () => {
      // As rspamc says of lessons: learn it, even if the filter would have known.
      socket.write(`${head}Learn-Type: bulk\r\nConnection: close\r\n\r\n`);
      socket.write(body);
    });
    socket.setTimeout(answerMsMax, () => socket.destroy(new Error(`no answer to ${path}`)));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      resolve({ status: Number(text.split(" ", 2)[1]), text: text.slice(text.indexOf("\r\n\r\n") + 4) });
    });
  });
}

async function inParallel<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries();
  // One iterator for all workers: each takes the next that nobody has.
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) await work(item, index);
  };
  await Promise.all(Array.from({ length: askedAtOnce }, worker));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  });
}

async function answering(port: number): Promise<void> {
  const until = performance.now() + startMsMax;
  while (performance.now() < until) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => {
        resolve(false);
      });
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing answers on port ${port}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exit;
  clearTimeout(timer);
}
