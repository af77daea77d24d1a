// SPDX-License-Identifier: Apache-2.0
// Opens who comes in at a site: people and keys of apps. What they are proved by lies beside the log, and
// what they did is sealed in it.
import { parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import type { ApiKeyStore } from "../access/api-keys.ts";
import type { ApiKeyFeed } from "../access/authenticator.ts";
import type { AccessConfig, OidcConfig } from "../access/config.ts";
import { KeyDesk } from "../access/key-desk.ts";
import type { Later } from "../access/later.ts";
import { OidcSignIn } from "../access/oidc.ts";
import type { PeopleStore } from "../access/people-store.ts";
import { accessSecrets } from "../access/secrets.ts";
import { openSiteAccess } from "../access/site-access.ts";
import type { SiteAccess } from "../access/site-access.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** What access needs of the outside. */
export type AccessPorts = {
  readonly config: AccessConfig;
  readonly people: Later<Omit<PeopleStore, "close">>;
  readonly keys: Later<Pick<ApiKeyStore, "insert" | "list" | "rotate" | "revoke">>;
  /** The keys as an authenticator asks for them. */
  readonly feed: ApiKeyFeed;
  /** The secret that is shown to a provider. */
  readonly oidcSecret: (config: OidcConfig) => Promise<string>;
  readonly fetch: typeof fetch;
  readonly close: () => Promise<void>;
};

/** Opens who comes in; `undefined` for a site that is opened without. */
export function openAccess(options: OpenSiteOptions, site: DocketSite): SiteAccess | undefined {
  const { access, keys, clock, timer, random, origin } = options;
  if (access === undefined) return undefined;
  const { config, people: store, oidcSecret } = access;
  const seal = (body: BodyWithoutParts, more: object): Promise<{ index: number }> => {
    const plaintext = JSON.stringify({ v: 1, ...more });
    const isEmpty = Object.keys(more).length === 0;
    const part = { name: "change", subject: "site", key: keys.site, plaintext } as const;
    return site.seal(body, isEmpty ? [] : [part]);
  };
  const { oidc, publicUrl = "" } = config;
  const opened = openSiteAccess({
    store,
    keys: new KeyDesk({ store: access.keys, random, clock }),
    keyFeed: withoutRevoked(access.feed, () => options.index.keptRecords(["access"])),
    logged: async () => {
      const people = new Map<string, readonly string[] | null>();
      for (const record of (await options.index.keptRecords(["person"])).map(parseLeaf)) {
        if (record.kind !== "person") continue;
        people.set(record.person, record.change === "removed" ? null : record.roles);
      }
      return people;
    },
    seal,
    secrets: accessSecrets(keys.hashing),
    config,
    random,
    clock,
    timer,
    onNotice: (notice) => options.onNotice?.(notice),
    issuer: origin,
    oidc:
      oidc &&
      ((people, refusals) =>
        new OidcSignIn({
          config: oidc,
          publicUrl,
          secret: () => oidcSecret(oidc),
          people,
          refusals,
          fetch: access.fetch,
          random,
          clock,
        })),
  });
  return {
    ...opened,
    close: async () => {
      await opened.close();
      await access.close();
    },
  };
}

/**
 * The keys without those that the log says were revoked: a file from before brings none of them back. What is
 * revoked from now on says the file itself.
 */
function withoutRevoked(feed: ApiKeyFeed, accessRecords: () => Promise<string[]>): ApiKeyFeed {
  let revoked: Promise<ReadonlySet<string>> | undefined;
  const read = async (): Promise<ReadonlySet<string>> => {
    const records = (await accessRecords()).map(parseLeaf);
    return new Set(
      records.flatMap((record) =>
        record.kind === "access" && record.change === "revoked" ? [record.key] : [],
      ),
    );
  };
  return {
    ...feed,
    refresh: async (nowMs) => {
      revoked ??= read().catch((error: unknown) => {
        revoked = undefined;
        throw error;
      });
      const [snapshot, gone] = await Promise.all([feed.refresh(nowMs), revoked]);
      if (snapshot === undefined) return undefined;
      return { ...snapshot, keys: snapshot.keys.filter(({ id }) => !gone.has(id)) };
    },
  };
}
