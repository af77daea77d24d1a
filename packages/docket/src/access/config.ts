// SPDX-License-Identifier: Apache-2.0
// Section `access` of docket.yaml: how people come in, and how often anybody may ask.
import type { ConfigNode } from "../config/node.ts";
import { isRole, roles } from "./permissions.ts";
import type { Role } from "./permissions.ts";
import type { RequestRate } from "./request-brake.ts";

/** For whom a second factor is needed besides a password. */
export const factorDemands = ["nobody", "admins", "everybody"] as const;
/** For whom a second factor is needed besides a password. */
export type FactorDemand = (typeof factorDemands)[number];

/** Signing in at an OpenID provider. */
export type OidcConfig = {
  readonly issuer: string;
  readonly clientId: string;
  /** Where the client's secret is: a variable of the environment, or a file of the keys directory. */
  readonly secret: { readonly env: string } | { readonly file: string };
  readonly scopes: readonly string[];
  /** Whose values give roles, and which. */
  readonly rolesClaim: string;
  readonly roles: readonly { readonly value: string; readonly role: Role }[];
  /** Domains of mail addresses that may come in; any if there is none. The address must be verified. */
  readonly domains: readonly string[];
};

/** How people come in, and how often anybody may ask. */
export type AccessConfig = {
  /** The origin under which browsers reach the server, such as `https://docket.example.org`. */
  readonly publicUrl: string | undefined;
  /** Addresses of proxies whose `X-Forwarded-For` is believed. */
  readonly proxies: readonly string[];
  /** A session ends when it was not used for so long, and in any case after so long. */
  readonly idleMs: number;
  readonly longestMs: number;
  readonly secondFactor: FactorDemand;
  /** How long a token for a first or a new password counts. */
  readonly tokenMs: number;
  /** How often each key, person and address without either may ask; without a limit if left out. */
  readonly requests: {
    readonly key: RequestRate | undefined;
    readonly person: RequestRate;
    readonly address: RequestRate;
  };
  readonly oidc: OidcConfig | undefined;
};

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** What holds if nothing is said. */
export const accessDefaults: AccessConfig = {
  publicUrl: undefined,
  proxies: [],
  idleMs: 2 * hourMs,
  longestMs: 12 * hourMs,
  secondFactor: "nobody",
  tokenMs: dayMs,
  requests: {
    key: undefined,
    person: { burst: 200, everyMs: 50 },
    address: { burst: 100, everyMs: 100 },
  },
  oidc: undefined,
};

/** Reads the section. @throws {DocketError} `configuration_invalid` */
export function readAccessConfig(node: ConfigNode | undefined): AccessConfig {
  if (node === undefined) return accessDefaults;
  const section = node.map(["publicUrl", "proxies", "session", "secondFactor", "tokens", "requests", "oidc"]);
  const session = section.session?.map(["idle", "longest"]);
  const idleMs = session?.idle?.durationMs({ leastMs: minuteMs, mostMs: 30 * dayMs });
  const longestMs = session?.longest?.durationMs({ leastMs: minuteMs, mostMs: 30 * dayMs });
  return {
    publicUrl: section.publicUrl && readOrigin(section.publicUrl),
    proxies: (section.proxies?.list() ?? []).map((each) => each.text({ what: "an address of a proxy" })),
    idleMs: idleMs ?? accessDefaults.idleMs,
    longestMs: longestMs ?? accessDefaults.longestMs,
    secondFactor: section.secondFactor?.oneOf(factorDemands) ?? accessDefaults.secondFactor,
    tokenMs: section.tokens?.durationMs({ leastMs: minuteMs, mostMs: 7 * dayMs }) ?? accessDefaults.tokenMs,
    requests: readRequests(section.requests),
    oidc: section.oidc && readOidc(section.oidc, section.publicUrl),
  };
}

function readOrigin(node: ConfigNode): string {
  const text = node.text();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.origin !== text)
    node.fail("must be an origin such as https://docket.example.org");
  return text;
}

function readRequests(node: ConfigNode | undefined): AccessConfig["requests"] {
  const { requests } = accessDefaults;
  const given = node?.map(["key", "person", "address"]);
  return {
    key: given?.key && readRate(given.key),
    person: given?.person === undefined ? requests.person : readRate(given.person),
    address: given?.address === undefined ? requests.address : readRate(given.address),
  };
}

function readRate(node: ConfigNode): RequestRate {
  const { perMinute, burst } = node.map(["perMinute", "burst"]);
  if (perMinute === undefined) node.fail("must say perMinute, and may say burst");
  const each = perMinute.wholeNumber({ least: 1, most: 60_000_000 });
  const atOnce = burst?.wholeNumber({ least: 1, most: 1_000_000 });
  return { burst: atOnce ?? Math.max(1, Math.ceil(each / 6)), everyMs: minuteMs / each };
}

function readOidc(node: ConfigNode, publicUrl: ConfigNode | undefined): OidcConfig {
  const names = [
    "issuer",
    "clientId",
    "secretEnv",
    "secretFile",
    "scopes",
    "rolesClaim",
    "roles",
    "domains",
  ] as const;
  const given = node.map(names);
  if (publicUrl === undefined) node.fail("needs access.publicUrl, to which the provider sends people back");
  if (given.issuer === undefined || given.clientId === undefined) node.fail("must say issuer and clientId");
  if ((given.secretEnv === undefined) === (given.secretFile === undefined)) {
    node.fail("must say secretEnv or secretFile, one of them");
  }
  const secret =
    given.secretEnv === undefined
      ? {
          file:
            given.secretFile?.text({ pattern: /[A-Za-z0-9][A-Za-z0-9._-]*/, what: "a file's name" }) ?? "",
        }
      : { env: given.secretEnv.text({ pattern: /[A-Za-z_][A-Za-z0-9_]*/, what: "a variable's name" }) };
  const issuer = given.issuer.text();
  if (!URL.canParse(issuer) || !isSafe(new URL(issuer))) given.issuer.fail("must be an https URL");
  const pairs = (given.roles?.list({ least: 1 }) ?? node.fail("must say roles")).map((each) => {
    const { value, role } = each.map(["value", "role"]);
    if (value === undefined || role === undefined) return each.fail("must say value and role");
    const name = role.oneOf(roles);
    return { value: value.text(), role: isRole(name) ? name : role.fail("must be a role") };
  });
  return {
    issuer,
    clientId: given.clientId.text(),
    secret,
    scopes: given.scopes?.list().map((each) => each.text({ pattern: /[\w:./-]+/ })) ?? ["openid", "email"],
    rolesClaim: given.rolesClaim?.text() ?? "groups",
    roles: pairs,
    domains: (given.domains?.list() ?? []).map((each) => each.text().toLowerCase()),
  };
}

/** Whether what goes there can't be listened to: over TLS, or not over a network. */
function isSafe({ protocol, hostname }: URL): boolean {
  return (
    protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname))
  );
}
