// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfiguration } from "../config/configuration.ts";
import { alertsDefaults, readAlertsConfig } from "./config.ts";
import type { AlertsConfig } from "./config.ts";
import { alertKinds } from "./contract.ts";

const read = (yaml: string): AlertsConfig =>
  readAlertsConfig(parseConfiguration("docket.yaml", Buffer.from(yaml)).section("alerts"));
const channel = (yaml: string): AlertsConfig => read(`alerts: { channels: [ { id: ops, ${yaml} } ] }`);
const mail = (more: string): AlertsConfig =>
  channel(`mail: { to: [a@example.org], from: b@example.org, ${more} }`);

void test("without the section nobody is told", () => {
  assert.deepEqual(read(""), alertsDefaults);
  assert.deepEqual(read("alerts: { groupFor: 0s, perHour: 3 }"), {
    ...alertsDefaults,
    groupForMs: 0,
    perHour: 3,
  });
});

void test("channels are read with their defaults", () => {
  const [first] = mail("server: 'smtp.example.org'").channels;
  assert.deepEqual(first, {
    id: "ops",
    least: "warning",
    kinds: alertKinds,
    to: {
      form: "mail",
      to: ["a@example.org"],
      from: "b@example.org",
      host: "smtp.example.org",
      port: 587,
      tls: "starttls",
      roots: undefined,
      login: undefined,
    },
  });
  const secure = mail("server: '[::1]:2525', tls: tls, user: docket, passwordEnv: SMTP").channels[0]?.to;
  assert.ok(secure?.form === "mail");
  assert.deepEqual([secure.host, secure.port, secure.login?.password], ["::1", 2525, { variable: "SMTP" }]);
  assert.deepEqual(
    channel("least: urgent, kinds: [clock], chat: { shape: teams, urlFile: teams-url }").channels,
    [
      {
        id: "ops",
        least: "urgent",
        kinds: ["clock"],
        to: { form: "chat", shape: "teams", url: { file: "teams-url" } },
      },
    ],
  );
  assert.deepEqual(channel("webhook: { url: 'http://10.0.0.1/a', secretFile: s }").channels[0]?.to, {
    form: "webhook",
    url: "http://10.0.0.1/a",
    secret: { file: "s" },
  });
});

void test("mistakes are told with their place", () => {
  const wrong: [() => AlertsConfig, RegExp][] = [
    [
      () => channel("least: loud, chat: { shape: slack, urlFile: u }"),
      /alerts\.channels\[0\]\.least must be one of urgent, warning/,
    ],
    [() => channel("least: urgent"), /must have one of mail, chat and webhook/],
    [() => channel("kinds: [tea], chat: { shape: slack, urlFile: u }"), /kinds\[0\] must be one of/],
    [() => channel("chat: { shape: slack }"), /needs urlFile/],
    [() => channel("chat: { shape: slack, urlFile: ../u }"), /the name of a file in the keys directory/],
    [() => channel("chat: { shape: slack, urlFile: u, urlEnv: U }"), /is given twice/],
    [() => channel("webhook: { url: 'http://a:b@c/', secretFile: s }"), /has a password in its url/],
    [() => channel("webhook: { url: 'http://c/' }"), /needs secretFile/],
    [() => mail("tls: none"), /needs a server/],
    [() => mail("server: 'mx:70000'"), /names port 70000/],
    [() => mail("server: mx, user: docket"), /needs user and password, or neither/],
    [() => mail("server: mx, tls: none, user: u, passwordFile: p"), /would send a password without TLS/],
    [
      () => channel('mail: { to: ["a@b\\nBcc: c@d"], from: b@example.org, server: mx }'),
      /must be an address, NAME@HOST/,
    ],
    [
      () =>
        read(
          "alerts: { channels: [ { id: a, chat: { shape: slack, urlFile: u } }, " +
            "{ id: a, chat: { shape: teams, urlFile: u } } ] }",
        ),
      /names a twice/,
    ],
  ];
  for (const [act, why] of wrong) {
    assert.throws(act, (error: Error & { code?: string }) => {
      assert.equal(error.code, "configuration_invalid");
      assert.match(error.message, why);
      return true;
    });
  }
  // On this machine a password may go without.
  assert.doesNotThrow(() => mail("server: '127.0.0.1:25', tls: none, user: u, passwordFile: p"));
});
