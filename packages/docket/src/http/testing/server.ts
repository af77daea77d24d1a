// SPDX-License-Identifier: Apache-2.0
// A server on a site in memory, with one API key of each role.
import type { FastifyInstance } from "fastify";
import { Authenticator } from "../../access/authenticator.ts";
import type { ApiKeyFeed } from "../../access/authenticator.ts";
import { hashOfKey } from "../../access/api-keys.ts";
import type { ApiKeyRow } from "../../access/api-keys.ts";
import { roles } from "../../access/permissions.ts";
import type { Role } from "../../access/permissions.ts";
import { ChangeLog } from "../../releases/testing/change-log.ts";
import { policyFile } from "../../releases/testing/policies.ts";
import { MemoryModels } from "../../models/testing/memory-models.ts";
import { DisputeWorld } from "../../disputes/testing/dispute-world.ts";
import { ReviewWorld } from "../../reviews/testing/review-world.ts";
import { ListWorld } from "../../lists/testing/list-world.ts";
import { TransparencyWorld } from "../../transparency/testing/transparency-world.ts";
import { createServer } from "../server.ts";
import type { ServerOptions } from "../server.ts";
import { TestBrakes } from "./brakes.ts";
import { DeliveryWorld } from "../../delivery/testing/delivery-world.ts";
import { TestEnforcement } from "./enforcement.ts";
import { TestLabels } from "./labels.ts";
import { AccessWorld } from "../../access/testing/access-world.ts";
import { DocketError } from "../../error.ts";
import { TestErasures, TestHolds } from "./erasures.ts";
import { TestCampaigns, TestLive } from "./live.ts";
import { TestPatterns } from "./patterns.ts";
import { TestSearch } from "./search.ts";
import { MemorySite } from "./site.ts";

/** The time at which these tests play, in ms since 1970. */
export const testNowMs: number = Date.UTC(2026, 10, 23, 12);

/** A server with its site. */
export type TestServer = {
  server: FastifyInstance;
  site: MemorySite;
  /** Changes of the policy, on a log of their own in which the keys of all roles were made. */
  changes: ChangeLog;
  brakes: TestBrakes;
  /** Lists on a log of their own. */
  lists: ListWorld;
  labels: TestLabels;
  enforcement: TestEnforcement;
  /** What goes out, on a log of its own. */
  outgoing: DeliveryWorld;
  /** People, on a log of their own. */
  access: AccessWorld;
  /** The review queue and batches on a log of their own. */
  reviews: ReviewWorld;
  /** Disputes on a log of their own, whose record 0 refused an event of alice. */
  disputes: DisputeWorld;
  close: () => Promise<void>;
};

/** The key of a role. */
export function testKey(role: Role): string {
  return `dk_${role.padEnd(43, "x")}`;
}

/** The public id of a role's key. */
export function testKeyId(role: Role): string {
  return `k_${role.padEnd(16, "x")}`;
}

/** Headers with the key of a role. */
export function withKey(role: Role): { authorization: string } {
  return { authorization: `Bearer ${testKey(role)}` };
}

/** The smallest event, with what is given put over it. */
export function testEvent(over: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: "e1", type: "comment", actor: { id: "alice" }, content: { text: "hello" }, ...over };
}

function clock(): number {
  return testNowMs;
}

/** Makes a server; nothing listens. */
export async function testServer(
  over: Partial<Omit<ServerOptions, "site">> & { data?: string } = {},
): Promise<TestServer> {
  const { data, ...options } = over;
  const site = new MemorySite(data);
  const authenticator = await Authenticator.open({
    feed: testKeyFeed(),
    sealAccess: (change, key, role) => site.sealAccess(change, key, role),
    clock,
  });
  const changes = new ChangeLog([
    policyFile("comments", [{ id: "links", when: "signals.linkCount >= 3", outcome: "reject" }]),
  ]);
  for (const role of roles) {
    const key = testKeyId(role);
    changes.append({ kind: "access", by: "operator", change: "created", key, role });
  }
  const brakes = new TestBrakes();
  const lists = new ListWorld();
  const labels = new TestLabels();
  const enforcement = new TestEnforcement();
  const outgoing = new DeliveryWorld(testNowMs);
  const disputes = new DisputeWorld(options.clock ?? clock);
  disputes.decide("alice", "reject");
  const reviews = new ReviewWorld();
  for (const role of roles) reviews.keys.set(testKeyId(role), { role, madeAt: -1 });
  const access = new AccessWorld();
  const server = createServer({
    ...(await reviews.open()),
    site,
    changes: changes.changes,
    brakes: brakes.desk,
    labels: labels.desk,
    enforcement,
    delivery: outgoing.delivery,
    reports: outgoing.reports,
    disputes: disputes.disputes,
    transparency: new TransparencyWorld().desk,
    logKeys: async () => `${site.verifierKey}\n`,
    models: new MemoryModels(),
    patterns: new TestPatterns(),
    search: new TestSearch(),
    campaigns: new TestCampaigns(),
    live: new TestLive(),
    erasures: new TestErasures(),
    holds: new TestHolds(),
    subjects: {
      export: async ({ about }) => {
        if ("account" in about) throw new DocketError("not_found", "nothing of that account is here");
        const standing = { actor: about.actor, at: "", strikes: [], restrictions: [], links: [] };
        const log = { origin: site.origin, keys: [site.verifierKey] };
        const nothing = { account: null, exported: "", standing, records: [], withheld: 0, next: null };
        return { v: 1, log, actor: about.actor, ...nothing };
      },
    },
    retention: {
      config: { ages: new Map(), replayForMs: undefined, everyMs: 86_400_000 },
      preview: async () => ({ rows: [], heldActors: 0, everybodyHeld: false }),
      run: async () => ({ rows: [], heldActors: 0, everybodyHeld: false, records: [] }),
    },
    lists: (await lists.open()).changes,
    access: access.access,
    authenticator,
    clock,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
    ...options,
  });
  return {
    server,
    site,
    changes,
    brakes,
    lists,
    labels,
    enforcement,
    outgoing,
    access,
    reviews,
    disputes,
    close: async () => {
      await server.close();
      await authenticator.close();
    },
  };
}

/** The keys of all roles, never changed. */
export function testKeyFeed(): ApiKeyFeed {
  let fresh = true;
  const keys = roles.map((role): ApiKeyRow => ({
    id: testKeyId(role),
    hash: hashOfKey(testKey(role)),
    role,
    label: null,
    createdMs: 0,
    revokedMs: null,
    creationSealed: true,
    revocationSealed: false,
    scopes: null,
    untilMs: null,
    from: null,
    replacedMs: null,
    createdBy: "operator",
    revokedBy: "operator",
    usedMs: null,
  }));
  return {
    refresh: async () => {
      const snapshot = fresh ? { keys, unsealed: [] } : undefined;
      fresh = false;
      return snapshot;
    },
    markSealed: async () => undefined,
    markUsed: async () => undefined,
    close: async () => undefined,
  };
}
