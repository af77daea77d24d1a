// SPDX-License-Identifier: Apache-2.0
// Signing in at an OpenID provider: authorization code with PKCE (RFC 7636), state and nonce, bound to the
// browser by a cookie. What the provider says is believed only as far as its signed token does: issuer,
// audience, times and signature are checked, and roles come from the claim that the operator named.
import { timingSafeEqual } from "node:crypto";
import type * as client from "openid-client";
import { DocketError } from "../error.ts";
import type { OidcConfig } from "./config.ts";
import type { From, NewSession } from "./contract.ts";
import type { People } from "./people.ts";
import { nameLengthMax } from "./person-name.ts";
import { roles } from "./permissions.ts";
import type { Role } from "./permissions.ts";
import type { Refusals } from "./refusals.ts";
import { hashOfToken } from "./secrets.ts";
import type { RandomBytes } from "./secrets.ts";

/** How long somebody may take at the provider, in ms. */
export const attemptMs = 600_000;
/** Most attempts under way; of more the oldest is forgotten. */
export const attemptsMax = 10_000;
/** How long the provider may take to answer, in seconds. */
const providerSeconds = 10;
/** The path that the provider sends people back to. */
export const callbackPath = "/v1/session/oidc/callback";
const bindingBytes = 32;

/** What signing in at a provider leans on. */
export type OidcPorts = {
  readonly config: OidcConfig;
  /** The origin under which browsers reach the server. */
  readonly publicUrl: string;
  /** The client's secret. Read anew for each discovery. */
  readonly secret: () => Promise<string>;
  readonly people: Pick<People, "provided" | "begin">;
  readonly refusals: Pick<Refusals, "note">;
  readonly fetch: typeof fetch;
  readonly random: RandomBytes;
  readonly clock: () => number;
};

/** Loaded when it is needed: most commands never do. */
type Library = typeof client;
type Attempt = { verifier: string; nonce: string; bindingHash: string; endsMs: number };

/** Signing in at an OpenID provider. */
export class OidcSignIn {
  readonly #ports: OidcPorts;
  readonly #attempts = new Map<string, Attempt>();
  #provider: Promise<client.Configuration> | undefined;

  constructor(ports: OidcPorts) {
    this.#ports = ports;
  }

  /**
   * Begins: where to send the browser, and what its cookie is to hold until it comes back.
   *
   * @throws {DocketError} `provider_unreachable`
   */
  async begin(): Promise<{ url: string; binding: string }> {
    const { config, publicUrl, random, clock } = this.#ports;
    const library = await load();
    const provider = await this.#discovered();
    const state = library.randomState();
    const verifier = library.randomPKCECodeVerifier();
    const nonce = library.randomNonce();
    const binding = Buffer.from(random(bindingBytes)).toString("base64url");
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size >= attemptsMax && oldest !== undefined) this.#attempts.delete(oldest);
    this.#attempts.set(state, {
      verifier,
      nonce,
      bindingHash: hashOfToken(binding),
      endsMs: clock() + attemptMs,
    });
    const url = library.buildAuthorizationUrl(provider, {
      redirect_uri: `${publicUrl}${callbackPath}`,
      scope: config.scopes.join(" "),
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    return { url: url.href, binding };
  }

  /**
   * Takes what the browser brings back, and signs its person in.
   *
   * @param query of the callback, as it came
   * @param binding what the browser's cookie holds
   * @throws {DocketError} `sign_in_refused` for whatever does not fit; `provider_unreachable`
   */
  async finish(query: URLSearchParams, binding: string | undefined, { address }: From): Promise<NewSession> {
    const attempt = this.#attemptOf(query, binding);
    if (attempt === undefined)
      return this.#refuse(address, "this sign-in was not begun here, or too long ago");
    const claims = await this.#claims(query, attempt);
    if (claims === undefined) return this.#refuse(address, "the provider's answer does not hold");
    const { config, people } = this.#ports;
    if (!isOfDomain(claims, config.domains)) return this.#refuse(address, "this address may not come in");
    const held = rolesOf(claims, config);
    if (held.length === 0) return this.#refuse(address, "the provider gives you no role here");
    const name = nameOf(claims);
    const person = await people.provided({ subject: `${claims.iss} ${claims.sub}`, name, roles: held });
    return people.begin(person, { method: "oidc", factor: false });
  }

  /** Where the browser goes to be signed out at the provider too; `undefined` if it offers nothing. */
  async endUrl(): Promise<string | undefined> {
    const { publicUrl } = this.#ports;
    const provider = await this.#discovered().catch(() => undefined);
    if (provider?.serverMetadata().end_session_endpoint === undefined) return undefined;
    return (await load()).buildEndSessionUrl(provider, { post_logout_redirect_uri: publicUrl }).href;
  }

  #attemptOf(query: URLSearchParams, binding: string | undefined): Attempt | undefined {
    const state = query.get("state") ?? "";
    const attempt = this.#attempts.get(state);
    // Each is good for one answer, right or wrong.
    this.#attempts.delete(state);
    if (attempt === undefined || binding === undefined || this.#ports.clock() >= attempt.endsMs)
      return undefined;
    const given = Buffer.from(hashOfToken(binding));
    return timingSafeEqual(given, Buffer.from(attempt.bindingHash)) ? attempt : undefined;
  }

  async #claims(query: URLSearchParams, attempt: Attempt): Promise<client.IDToken | undefined> {
    const url = new URL(`${this.#ports.publicUrl}${callbackPath}`);
    url.search = query.toString();
    const checks = {
      pkceCodeVerifier: attempt.verifier,
      expectedState: query.get("state") ?? "",
      expectedNonce: attempt.nonce,
      idTokenExpected: true,
    };
    const provider = await this.#discovered();
    try {
      const library = await load();
      return (await library.authorizationCodeGrant(provider, url, checks)).claims();
    } catch (error) {
      // A provider that changed its keys or its address is asked anew the next time.
      this.#provider = undefined;
      if (isUnreachable(error)) throw unreachable(error);
      return undefined;
    }
  }

  #discovered(): Promise<client.Configuration> {
    this.#provider ??= this.#discover().catch((error: unknown) => {
      this.#provider = undefined;
      throw unreachable(error);
    });
    return this.#provider;
  }

  async #discover(): Promise<client.Configuration> {
    const { config, secret, fetch: fetcher } = this.#ports;
    const library = await load();
    const issuer = new URL(config.issuer);
    const provider = await library.discovery(issuer, config.clientId, await secret(), undefined, {
      timeout: providerSeconds,
      [library.customFetch]: fetcher as unknown as client.CustomFetch,
      // The configuration lets only addresses of this machine do without TLS.
      execute: issuer.protocol === "http:" ? [library.allowInsecureRequests] : [],
    });
    // Signatures of tokens are checked though they come over TLS from the provider itself.
    library.enableNonRepudiationChecks(provider);
    return provider;
  }

  async #refuse(address: string, why: string): Promise<never> {
    await this.#ports.refusals.note({ method: "oidc", address });
    throw new DocketError("sign_in_refused", why);
  }
}

function load(): Promise<Library> {
  return import("openid-client");
}

/** The roles that a provider's claim gives. */
export function rolesOf(claims: Readonly<Record<string, unknown>>, config: OidcConfig): Role[] {
  const claim = claims[config.rolesClaim];
  const values = Array.isArray(claim) ? claim.map(String) : typeof claim === "string" ? [claim] : [];
  const given = new Set(config.roles.flatMap(({ value, role }) => (values.includes(value) ? [role] : [])));
  return roles.filter((role) => given.has(role));
}

/** Whether a verified mail address is of one of these domains; any will do if there are none. */
export function isOfDomain(claims: Readonly<Record<string, unknown>>, domains: readonly string[]): boolean {
  if (domains.length === 0) return true;
  const { email, email_verified: isVerified } = claims;
  if (typeof email !== "string" || isVerified !== true) return false;
  return domains.includes(email.slice(email.lastIndexOf("@") + 1).toLowerCase());
}

/** What somebody is called here: as their provider does, as far as that can be a name. */
function nameOf(claims: client.IDToken): string {
  const { email, preferred_username: preferred } = claims;
  const names = [email, preferred, claims.sub].filter((each) => typeof each === "string");
  const plain = (names.find((each) => each !== "") ?? "")
    .normalize("NFKC")
    .replaceAll(/[^\p{L}\p{M}\p{N}._@+-]/gu, "-");
  // Room for a number that tells two of one name apart.
  return (
    Array.from(plain)
      .slice(0, nameLengthMax - 8)
      .join("") || "unnamed"
  );
}

function isUnreachable(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: { name?: unknown } };
  return (
    code === "OAUTH_TIMEOUT" || cause?.name === "TimeoutError" || (error as Error).message === "fetch failed"
  );
}

function unreachable(error: unknown): DocketError {
  if (error instanceof DocketError) return error;
  return new DocketError("provider_unreachable", "the OpenID provider does not answer as one", {
    cause: error,
  });
}
