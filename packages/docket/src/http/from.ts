// SPDX-License-Identifier: Apache-2.0
// Where a request comes from, and whether a browser sent it from our own pages.
import { isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";
import { DocketError } from "../error.ts";

/** The header that our own pages send with what changes something: no other site can add it unasked. */
export const ownPagesHeader = "docket-request";
/** The cookie of a session, where the connection is safe, and on the machine itself. */
const safeCookie = "__Host-docket";
const plainCookie = "docket-session";
const safeBinding = "__Host-docket-oidc";
const plainBinding = "docket-oidc";

/**
 * The address that a request comes from, for counting how often: of IPv6 the network of 64 bits, which is one
 * holder's. What proxies say is believed of those that are named alone.
 */
export function addressOf(request: FastifyRequest, proxies: readonly string[]): string {
  const direct = plainAddress(request.socket.remoteAddress ?? "");
  const forwarded = request.headers["x-forwarded-for"];
  if (proxies.length === 0 || !proxies.includes(direct) || forwarded === undefined) return networkOf(direct);
  const hops = [forwarded]
    .flat()
    .join(",")
    .split(",")
    .map((hop) => plainAddress(hop.trim()));
  // The last that is none of ours: those before it anybody can write.
  return networkOf(hops.findLast((hop) => !proxies.includes(hop)) ?? direct);
}

/** Whether nobody else can listen to a request: over TLS, as the operator says, or on this machine. */
export function isPrivate(request: FastifyRequest, publicUrl: string | undefined): boolean {
  if (isSafe(request, publicUrl)) return true;
  const address = plainAddress(request.socket.remoteAddress ?? "");
  return address === "::1" || address.startsWith("127.");
}

/** The token of a session that a browser sent; `undefined` without one. */
export function sessionCookie(request: FastifyRequest, publicUrl: string | undefined): string | undefined {
  return cookieOf(request, isSafe(request, publicUrl) ? safeCookie : plainCookie);
}

/** What sets the cookie of a session, or takes it away. */
export function setSessionCookie(
  request: FastifyRequest,
  publicUrl: string | undefined,
  token: string | undefined,
): string {
  const safe = isSafe(request, publicUrl);
  return cookieText(safe ? safeCookie : plainCookie, token ?? "", {
    safe,
    site: "Strict",
    seconds: token === undefined ? 0 : undefined,
  });
}

/** What binds a sign-in at a provider to the browser that began it. */
export function bindingCookie(request: FastifyRequest, publicUrl: string | undefined): string | undefined {
  return cookieOf(request, isSafe(request, publicUrl) ? safeBinding : plainBinding);
}

/** What sets that cookie for so many seconds, or takes it away. The provider sends the browser back: Lax. */
export function setBindingCookie(
  request: FastifyRequest,
  publicUrl: string | undefined,
  binding: string | undefined,
  seconds: number,
): string {
  const safe = isSafe(request, publicUrl);
  const lasts = binding === undefined ? 0 : seconds;
  return cookieText(safe ? safeBinding : plainBinding, binding ?? "", { safe, site: "Lax", seconds: lasts });
}

/**
 * Checks that a request with a cookie was sent by our own pages, by what the browser says of it (Fetch
 * Metadata, Origin) and by a header that another site's pages can't send without being asked about.
 *
 * @throws {DocketError} `forbidden`
 */
export function requireOwnPages(request: FastifyRequest, publicUrl: string | undefined): void {
  const { "sec-fetch-site": site, origin } = request.headers;
  const changes = request.method !== "GET" && request.method !== "HEAD";
  const isOwn = site === undefined || site === "same-origin" || (site === "none" && !changes);
  if (!isOwn) throw foreign("another site sent it");
  if (!changes) return;
  const own = publicUrl ?? `${request.protocol}://${request.headers.host ?? ""}`;
  if (origin !== undefined && origin !== own) throw foreign(`it comes from ${JSON.stringify(origin)}`);
  if (request.headers[ownPagesHeader] === undefined) throw foreign("it lacks the header Docket-Request");
}

function foreign(why: string): DocketError {
  return new DocketError(
    "forbidden",
    `a request with a session's cookie comes from Docket's own pages: ${why}`,
  );
}

function isSafe(request: FastifyRequest, publicUrl: string | undefined): boolean {
  return publicUrl?.startsWith("https:") ?? request.protocol === "https";
}

function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim());
  const values = pairs
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  // Of two, one was put there by somebody else.
  return values.length === 1 && values[0] !== "" ? values[0] : undefined;
}

function cookieText(
  name: string,
  value: string,
  { safe, site, seconds }: { safe: boolean; site: "Strict" | "Lax"; seconds: number | undefined },
): string {
  const lasts = seconds === undefined ? "" : `; Max-Age=${seconds}`;
  return `${name}=${value}; Path=/; HttpOnly; SameSite=${site}${lasts}${safe ? "; Secure" : ""}`;
}

function plainAddress(address: string): string {
  // An IPv4 address as IPv6 sockets show it.
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}

function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const filled =
    tail === undefined
      ? front
      : [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
  return `${filled
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
