// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfiguration } from "../config/configuration.ts";
import { accessDefaults, readAccessConfig } from "./config.ts";
import type { AccessConfig } from "./config.ts";

function read(...lines: string[]): AccessConfig {
  const text = ["access:", ...lines.map((line) => `  ${line}`)].join("\n");
  return readAccessConfig(parseConfiguration("docket.yaml", Buffer.from(text)).section("access"));
}

const provider = [
  "publicUrl: https://docket.example.org",
  "oidc:",
  "  issuer: https://login.example.org",
  "  clientId: docket",
  "  secretFile: oidc.secret",
  "  roles: [{ value: moderators, role: reviewer }]",
];

void test("without a section the defaults hold", () => {
  assert.deepEqual(readAccessConfig(undefined), accessDefaults);
  assert.deepEqual(read("secondFactor: nobody"), accessDefaults);
});

void test("what is said is read", () => {
  const config = read(
    ...provider,
    "  domains: [Example.ORG]",
    "proxies: [127.0.0.1]",
    "session: { idle: 30m, longest: 8h }",
    "secondFactor: admins",
    "tokens: 2h",
    "requests:",
    "  key: { perMinute: 60000, burst: 5000 }",
    "  person: { perMinute: 60 }",
  );
  assert.deepEqual(config, {
    publicUrl: "https://docket.example.org",
    proxies: ["127.0.0.1"],
    idleMs: 1_800_000,
    longestMs: 28_800_000,
    secondFactor: "admins",
    tokenMs: 7_200_000,
    requests: {
      key: { burst: 5000, everyMs: 1 },
      person: { burst: 10, everyMs: 1000 },
      address: accessDefaults.requests.address,
    },
    oidc: {
      issuer: "https://login.example.org",
      clientId: "docket",
      secret: { file: "oidc.secret" },
      scopes: ["openid", "email"],
      rolesClaim: "groups",
      roles: [{ value: "moderators", role: "reviewer" }],
      domains: ["example.org"],
    },
  });
});

void test("what can't be is refused with its place", () => {
  const wrong: [string[], RegExp][] = [
    [["publicUrl: https://docket.example.org/x"], /docket\.yaml:2: access\.publicUrl must be an origin/],
    [["secondFactor: admin"], /did you mean "admins"/],
    [["session: { idle: 1s }"], /access\.session\.idle/],
    [["requests: { key: { burst: 5 } }"], /must say perMinute/],
    [["oidc: {}"], /needs access\.publicUrl/],
    [[...provider, "  secretEnv: X"], /secretEnv or secretFile, one of them/],
    [[...provider, "  issuers: x"], /did you mean "issuer"/],
    [provider.map((line) => line.replace("https://login", "http://login")), /must be an https URL/],
    [provider.map((line) => line.replace("oidc.secret", "../x")), /must be a file's name/],
    [provider.map((line) => line.replace("reviewer", "root")), /must be one of ingest/],
    [provider.map((line) => line.replace("value: moderators, ", "")), /must say value and role/],
  ];
  for (const [lines, message] of wrong) {
    assert.throws(() => read(...lines), { code: "configuration_invalid", message }, lines.join("\n"));
  }
  // On the machine itself a provider needs no TLS, which is for trying.
  const local = provider.map((line) => line.replace("https://login.example.org", "http://127.0.0.1:3000"));
  assert.equal(read(...local).oidc?.issuer, "http://127.0.0.1:3000");
});
