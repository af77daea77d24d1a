// SPDX-License-Identifier: Apache-2.0
// Channels against what they send to, on loopback: a mail server that speaks SMTP, and a receiver of posts
// that checks signatures by itself.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { SMTPServer } from "smtp-server";
import type { SMTPServerOptions } from "smtp-server";
import { Receiver, verifies } from "../delivery/testing/receiver.ts";
import { postWith } from "../delivery/webhooks/post.ts";
import { DocketError } from "../error.ts";
import { readMail } from "../mail/read-mail.ts";
import { senderOf, targetOf } from "./channels.ts";
import type { ChannelPorts } from "./channels.ts";
import type { ChannelConfig, MailConfig } from "./config.ts";
import { alertKinds } from "./contract.ts";
import type { AlertLine, AlertMessage, Send } from "./contract.ts";
import { sendMail } from "./smtp.ts";

const nowMs = Date.UTC(2026, 10, 23, 12);
const password = "correct horse battery";
const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const line: AlertLine = {
  change: "began",
  kind: "witness",
  about: "north",
  severity: "urgent",
  says: "Witness <!channel> @here *north* refuses to cosign & more.",
  sinceMs: nowMs - 60_000,
  endedMs: null,
};
const message: AlertMessage = {
  origin: "docket-00/main",
  publicUrl: "https://docket.example.org",
  atMs: nowMs,
  isTest: false,
  lines: [line, { ...line, kind: "queue", about: "", severity: "warning", change: "over", endedMs: nowMs }],
};

type Taken = { from: string; to: string[]; data: string; secure: boolean; user: string | undefined };

/** A mail server on loopback, and what it took in. */
async function mailServer(
  t: TestContext,
  options: SMTPServerOptions,
): Promise<{ port: number; taken: Taken[] }> {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    disableReverseLookup: true,
    ...options,
    onAuth({ username, password: given }, _session, done) {
      if (username === "docket" && given === password) done(null, { user: username });
      else done(new Error(`no: ${given}`));
    },
    onData(stream, { envelope, secure, user }, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        taken.push({
          from,
          to,
          data: Buffer.concat(chunks).toString("utf8"),
          secure,
          user: user?.toString(),
        });
        done();
      });
    },
  });
  // What a client that goes away leaves behind is of no interest here.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, taken };
}

function certificate(t: TestContext): { key: string; cert: string; path: string } | undefined {
  const directory = mkdtempSync(join(tmpdir(), "docket-smtp-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "a.key", "-out", "a.pem"];
  const { error } = spawnSync("openssl", [...words.split(" "), ...names], { cwd: directory });
  if (error !== undefined) {
    assert.notEqual(process.env["DOCKET_REQUIRE_ENGINES"], "1", "openssl is not installed");
    t.skip("openssl is not installed");
    return undefined;
  }
  const read = (name: string): string => readFileSync(join(directory, name), "utf8");
  return { key: read("a.key"), cert: read("a.pem"), path: join(directory, "a.pem") };
}

function sending(to: ChannelConfig["to"], secret: () => string = () => password): Send {
  let made = 0;
  const ports: ChannelPorts = {
    post: postWith(fetch, () => nowMs),
    mail: sendMail,
    secret,
    readFile: (path) => readFile(path, "utf8"),
    messageId: () => `msg_alert_${++made}`,
  };
  return senderOf(channelTo(to), message.origin, ports);
}

function channelTo(to: ChannelConfig["to"]): ChannelConfig {
  return { id: "ops", least: "warning", kinds: alertKinds, to };
}

function mailTo(port: number, over: Partial<MailConfig> = {}): MailConfig {
  return {
    form: "mail",
    to: ["ops@example.org", "night@example.org"],
    from: "docket@example.org",
    host: "127.0.0.1",
    port,
    tls: "none",
    roots: undefined,
    login: undefined,
    ...over,
  };
}

void test("mail goes out over STARTTLS with a login, to all recipients", async (t) => {
  const own = certificate(t);
  if (own === undefined) return;
  const { port, taken } = await mailServer(t, { key: own.key, cert: own.cert });
  const login = { user: "docket", password: { file: "smtp" } };
  await sending(mailTo(port, { tls: "starttls", roots: own.path, login }))(message);
  const [mail] = taken;
  assert.ok(mail);
  assert.deepEqual(
    [mail.from, mail.to, mail.secure, mail.user],
    ["docket@example.org", ["ops@example.org", "night@example.org"], true, "docket"],
  );
  const read = readMail(Buffer.from(mail.data));
  assert.match(mail.data, /^Subject: Docket: urgent, 1 alert \(docket-00\/main\)\r$/m);
  assert.match(mail.data, /^Auto-Submitted: auto-generated\r$/m);
  assert.match(mail.data, /^Message-ID: <msg_alert_1@docket-00\.main>\r$/m);
  const text = JSON.stringify(read);
  assert.match(text, /New \(urgent\): Witness .* \(since 2026-11-23T11:59:00/);
  assert.match(text, /https:\/\/docket\.example\.org\/console\/log/);
  assert.match(text, /Over: /);
});

void test("a mail server that is not who it says, or has no TLS, gets nothing", async (t) => {
  const own = certificate(t);
  if (own === undefined) return;
  const keys = { key: own.key, cert: own.cert };
  const secure = await mailServer(t, keys);
  const plain = await mailServer(t, { ...keys, hideSTARTTLS: true, authOptional: true });
  const login = { user: "docket", password: { file: "smtp" } };
  const stranger = sending(mailTo(secure.port, { tls: "starttls", login }));
  await assert.rejects(stranger(message), /^Error: mail: .*self-signed certificate/);
  await assert.rejects(sending(mailTo(plain.port, { tls: "starttls", login }))(message), /^Error: mail: /);
  assert.deepEqual([...secure.taken, ...plain.taken], []);
});

void test("why a mail could not go out is said without the password", async (t) => {
  const own = certificate(t);
  if (own === undefined) return;
  const keys = { key: own.key, cert: own.cert };
  const { port } = await mailServer(t, { ...keys, secure: true });
  const login = { user: "docket", password: { file: "smtp" } };
  const wrong = sending(mailTo(port, { tls: "tls", roots: own.path, login }), () => "wrong and secret");
  await assert.rejects(wrong(message), /^Error: the mail server did not take the login \(535\)$/);
  const closed = await mailServer(t, { ...keys, hideSTARTTLS: true, authOptional: true });
  const refusing = await mailServer(t, {
    ...keys,
    hideSTARTTLS: true,
    authOptional: true,
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith("night") ? new Error("no such user") : null),
  });
  await assert.rejects(sending(mailTo(refusing.port))(message), /refused 1 of 2 addresses/);
  await sending(mailTo(closed.port))({ ...message, isTest: true, lines: [] });
  assert.match(closed.taken[0]?.data ?? "", /Subject: Docket: a test of this channel/);
  await assert.rejects(sending(mailTo(1))(message), /^Error: mail: .*ECONNREFUSED/);
});

void test("chats get their own form, and nobody is called by name", async (t) => {
  const receiver = new Receiver();
  t.after(() => receiver.close());
  const url = await receiver.listen();
  for (const shape of ["slack", "mattermost", "discord", "teams"] as const) {
    await sending({ form: "chat", shape, url: { file: "chat" } }, () => `${url}\n`.trim())(message);
  }
  const [slack, mattermost, discord, teams] = receiver.received.map(
    ({ body }) => JSON.parse(body) as unknown,
  );
  const { text } = slack as { text: string };
  assert.match(
    text,
    /^Docket: urgent, 1 alert \(docket-00\/main\)\nNew \(urgent\): Witness &lt;!channel&gt;/,
  );
  assert.doesNotMatch((mattermost as { text: string }).text, /@here|[^\\]\*north/);
  const said = discord as { content: string; allowed_mentions: unknown };
  assert.deepEqual(said.allowed_mentions, { parse: [] });
  assert.doesNotMatch(said.content, /@here/);
  const [card] = (teams as { attachments: { contentType: string; content: { body: unknown[] } }[] })
    .attachments;
  assert.equal(card?.contentType, "application/vnd.microsoft.card.adaptive");
  assert.equal(card.content.body.length, 3);
  const long = { ...message, lines: Array.from({ length: 200 }, () => ({ ...line, says: "*".repeat(250) })) };
  await sending({ form: "chat", shape: "discord", url: { file: "chat" } }, () => url)(long);
  const { content } = JSON.parse(receiver.received.at(-1)?.body ?? "") as { content: string };
  assert.ok(content.length <= 2000 && content.endsWith("…"));
});

void test("a webhook is signed, and what it answers counts", async (t) => {
  const receiver = new Receiver();
  t.after(() => receiver.close());
  const url = await receiver.listen();
  const send = sending({ form: "webhook", url, secret: { file: "pager" } }, () => webhookSecret);
  await send(message);
  const [received] = receiver.received;
  assert.ok(received !== undefined && verifies(received, webhookSecret, nowMs));
  assert.ok(!verifies(received, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", nowMs));
  assert.deepEqual(JSON.parse(received.body), {
    type: "alerts",
    timestamp: "2026-11-23T12:00:00.000Z",
    data: {
      origin: "docket-00/main",
      alerts: [
        {
          change: "began",
          kind: "witness",
          about: "north",
          severity: "urgent",
          says: line.says,
          since: "2026-11-23T11:59:00.000Z",
          endedAt: null,
          page: "https://docket.example.org/console/log",
        },
        {
          change: "over",
          kind: "queue",
          about: "",
          severity: "warning",
          says: line.says,
          since: "2026-11-23T11:59:00.000Z",
          endedAt: "2026-11-23T12:00:00.000Z",
          page: "https://docket.example.org/console/queue",
        },
      ],
    },
  });
  receiver.behave = () => 503;
  await assert.rejects(send(message), /^Error: it answered 503$/);
  receiver.behave = () => "lost";
  await assert.rejects(send(message), /^Error: it did not answer$/);
  receiver.behave = () => ({ status: 307, headers: { location: "/elsewhere" } });
  await assert.rejects(send(message), /^Error: it answered 307$/);
  assert.deepEqual(receiver.others, []);
});

void test("neither views nor errors hold a secret", async () => {
  const url = "https://hooks.example.org/services/T0/SECRET";
  const chat = { form: "chat", shape: "slack", url: { file: "chat" } } as const;
  assert.equal(targetOf(channelTo(chat)), "slack chat");
  assert.equal(
    targetOf(channelTo({ form: "webhook", url, secret: { file: "s" } })),
    "webhook at hooks.example.org",
  );
  assert.equal(targetOf(channelTo(mailTo(25))), "mail through 127.0.0.1:25 to 2 addresses");
  await assert.rejects(sending(chat, () => "not a url: SECRET")(message), (error: Error) => {
    assert.ok(error instanceof DocketError && !error.message.includes("SECRET"));
    return true;
  });
});
