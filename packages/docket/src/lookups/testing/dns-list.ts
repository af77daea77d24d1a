// SPDX-License-Identifier: Apache-2.0
// Lists in the DNS for tests: a real rbldnsd on a high port of the loopback, and servers that misbehave.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Debian has it; `undefined` if it is absent. */
export function rbldnsdPath(): string | undefined {
  return ["/usr/sbin/rbldnsd", "/usr/bin/rbldnsd"].find((path) => existsSync(path));
}

/** A server: where it listens, as `ADDRESS:PORT`. */
export type TestServer = { readonly server: string; close(): Promise<void> };

/** A zone of rbldnsd: `ip4set`, `dnset` and so on, with the lines of its file. */
export type TestZone = { readonly name: string; readonly type: string; readonly lines: readonly string[] };

/** Starts rbldnsd with some zones. */
export async function startRbldnsd(path: string, zones: readonly TestZone[]): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), "docket-rbldnsd-"));
  const specs = zones.map(({ name, type, lines }) => {
    writeFileSync(join(directory, name), `${lines.join("\n")}\n`);
    return `${name}:${type}:${name}`;
  });
  const port = await freePort();
  // It refuses to be root, and reads its files as whom it becomes.
  chmodSync(directory, 0o755);
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const args = ["-n", "-q", "-b", `127.0.0.1/${port}`, ...user, "-w", directory, ...specs];
  const child = spawn(path, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (data: Buffer) => (said += data.toString("utf8")));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const server = `127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error(`rbldnsd ended: ${said}`);
    if (await answers(port, zones[0]?.name ?? "")) return { server, close };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await close();
  throw new Error(`rbldnsd does not answer: ${said}`);
}

/** How a server misbehaves: what it sends back for a question, nothing if `undefined`. */
export type Misbehaviour = (question: Buffer) => Buffer | undefined;

/** A server on UDP alone that does as it is told, and counts the questions. */
export async function startBadServer(
  answer: Misbehaviour,
): Promise<TestServer & { readonly questions: () => number }> {
  const socket = createSocket("udp4");
  let questions = 0;
  socket.on("message", (question, from) => {
    questions += 1;
    const reply = answer(question);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  const port = await bound(socket);
  return {
    server: `127.0.0.1:${port}`,
    questions: () => questions,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** An answer with some bits of its header set, and A records for the name that was asked for. */
export function replyTo(
  question: Buffer,
  { code = 0, truncated = false, addresses = [] as readonly string[], ttl = 60 } = {},
): Buffer {
  const reply = Buffer.from(question.subarray(0, questionEnd(question)));
  reply.writeUInt16BE(0x8180 | code | (truncated ? 0x0200 : 0), 2);
  reply.writeUInt16BE(addresses.length, 6);
  reply.writeUInt16BE(0, 8);
  reply.writeUInt16BE(0, 10);
  const records = addresses.map((address) => {
    const record = Buffer.alloc(16);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(1, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(ttl, 6);
    record.writeUInt16BE(4, 10);
    for (const [at, part] of address.split(".").entries()) record.writeUInt8(Number(part), 12 + at);
    return record;
  });
  return Buffer.concat([reply, ...records]);
}

/** Where the question ends that stands behind the header. */
function questionEnd(message: Buffer): number {
  let at = 12;
  while ((message[at] ?? 0) > 0) at += (message[at] ?? 0) + 1;
  return at + 5;
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  const port = await bound(socket);
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

function bound(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => resolve(socket.address().port));
  });
}

/** Whether a server answers a question for the records of a name. */
function answers(port: number, name: string): Promise<boolean> {
  const socket = createSocket("udp4");
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  const header = Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const question = Buffer.concat([header, Buffer.from([...labels, 0, 0, 1, 0, 1])]);
  return new Promise((resolve) => {
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answered);
    };
    const timer = setTimeout(end, 200, false);
    socket.once("message", () => end(true));
    socket.once("error", () => end(false));
    socket.send(question, port, "127.0.0.1");
  });
}
