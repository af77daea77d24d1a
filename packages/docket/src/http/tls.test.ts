// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { connect } from "node:tls";
import type { PeerCertificate, TLSSocket } from "node:tls";
import type { FastifyInstance } from "fastify";
import { createBaseServer } from "./base-server.ts";
import type { TlsConfig } from "./config.ts";
import { readServeConfig } from "./config.ts";
import { parseConfiguration } from "../config/configuration.ts";
import { DocketError } from "../error.ts";
import { createLogMetrics } from "./metrics.ts";
import { readTlsPair, TlsReloader } from "./tls.ts";
import type { TlsFiles } from "./tls.ts";

const files: TlsFiles = { readFile: async (path) => (existsSync(path) ? readFile(path) : undefined) };

void test("a new certificate is for new connections; open ones go on as they are", async (t) => {
  const directory = certificatesOf(t, "first", "second");
  if (directory === undefined) return;
  const { config, server, reloader, notices, port } = await serving(t, directory);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const before = await ask(agent, port);
  assert.equal(before.subject, "first");
  assert.match(before.headers["strict-transport-security"] ?? "", /max-age/);

  // Half of the pair first, as a program that renews it may leave it for a moment.
  copyFileSync(join(directory, "second.pem"), config.certificate);
  await reloader.look();
  await reloader.look();
  assert.match(
    notices.join("\n"),
    /warn: the certificate stays the one that it was: .* no certificate and its key/,
  );
  assert.equal(notices.length, 1);
  assert.equal((await ask(new Agent(), port)).subject, "first");

  copyFileSync(join(directory, "second.key"), config.key);
  await reloader.look();
  assert.match(notices[1] ?? "", /info: new connections get the certificate [0-9a-f]{64}/);
  assert.equal((await ask(new Agent(), port)).subject, "second");
  const after = await ask(agent, port);
  assert.equal(after.subject, "first");
  assert.equal(after.localPort, before.localPort, "the connection was not dropped");
  assert.equal(server.server.listening, true);
  for (const notice of notices) assert.doesNotMatch(notice, /PRIVATE|BEGIN/);
});

void test("older TLS than is asked for is refused", async (t) => {
  const directory = certificatesOf(t, "first");
  if (directory === undefined) return;
  const { port } = await serving(t, directory, "1.3");
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion: "TLSv1.2" });
  socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  socket.on("secureConnect", () => resolve("connected"));
  assert.match(await promise, /PROTOCOL_VERSION/);
  socket.destroy();
});

void test("what is no pair is refused, without a word of the key", async (t) => {
  const directory = certificatesOf(t, "first", "second");
  if (directory === undefined) return;
  const at = (name: string): string => join(directory, name);
  for (const [certificate, key, why] of [
    [at("gone.pem"), at("first.key"), /there is no file .*gone\.pem/],
    [at("first.pem"), at("second.key"), /no certificate and its key/],
    [at("first.key"), at("first.key"), /no certificate and its key/],
    [at("first.pem"), at("first.pem"), /no certificate and its key/],
  ] as const) {
    await assert.rejects(readTlsPair({ certificate, key, least: "1.2" }, files), (error) => {
      assert.ok(error instanceof DocketError && error.code === "configuration_invalid");
      assert.match(error.message, why);
      return true;
    });
  }
});

void test("the section is read", () => {
  const read = (yaml: string): ReturnType<typeof readServeConfig> =>
    readServeConfig(parseConfiguration("docket.yaml", Buffer.from(yaml)).section("serve"));
  assert.deepEqual(read(""), { tls: undefined });
  assert.deepEqual(read("serve: { tls: { certificate: a.pem, key: a.key, reload: 1m, least: '1.3' } }").tls, {
    certificate: "a.pem",
    key: "a.key",
    lookEveryMs: 60_000,
    least: "1.3",
  });
  assert.throws(() => read("serve: { tls: { certificate: a.pem } }"), /serve\.tls needs certificate and key/);
  assert.throws(() => read("serve: { tls: { cert: a.pem } }"), /serve\.tls\.cert is not known/);
});

type Serving = {
  config: TlsConfig;
  server: FastifyInstance;
  reloader: TlsReloader;
  notices: string[];
  port: number;
};

async function serving(
  t: TestContext,
  directory: string,
  least: TlsConfig["least"] = "1.2",
): Promise<Serving> {
  const [certificate, key] = [join(directory, "live.pem"), join(directory, "live.key")];
  copyFileSync(join(directory, "first.pem"), certificate);
  copyFileSync(join(directory, "first.key"), key);
  const config: TlsConfig = { certificate, key, lookEveryMs: 3_600_000, least };
  const pair = await readTlsPair(config, files);
  const status = { publishedSize: 0 } as never;
  const metrics = createLogMetrics({ status: () => status, keysStaleMs: () => 0, process: false });
  const server = createBaseServer(metrics, new AbortController(), undefined, pair);
  server.get("/", { config: { action: "public" } }, () => "hello");
  await server.listen({ port: 0, host: "127.0.0.1" });
  const notices: string[] = [];
  const reloader = new TlsReloader(server.server as unknown as Server, pair, {
    config,
    ports: {
      ...files,
      timer: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      clock: () => 0,
      report: (level, message) => notices.push(`${level}: ${message}`),
    },
  });
  reloader.start();
  t.after(async () => {
    await reloader.close();
    server.server.closeAllConnections();
    await server.close();
  });
  const { port } = server.server.address() as AddressInfo;
  return { config, server, reloader, notices, port };
}

type Asked = { subject: string; localPort: number; headers: Record<string, string> };

function ask(agent: Agent, port: number): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", agent, rejectUnauthorized: false }, (answer) => {
      const socket = answer.socket as TLSSocket;
      const { subject } = socket.getPeerCertificate() as Partial<PeerCertificate>;
      const localPort = socket.localPort ?? 0;
      const headers = answer.headers as Record<string, string>;
      answer.resume().on("end", () => resolve({ subject: String(subject?.CN), localPort, headers }));
    });
    sent.on("error", reject).end();
  });
}

function certificatesOf(t: TestContext, ...names: string[]): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), "docket-tls-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  for (const name of names) {
    const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
    const out = ["-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${name}`, "-days", "30"];
    const { error } = spawnSync("openssl", [...words, ...out], { cwd: directory });
    if (error !== undefined) {
      assert.notEqual(process.env["DOCKET_REQUIRE_ENGINES"], "1", "openssl is not installed");
      t.skip("openssl is not installed");
      return undefined;
    }
    assert.ok(readFileSync(join(directory, `${name}.pem`)).length > 0);
  }
  return directory;
}
