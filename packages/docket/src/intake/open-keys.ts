// SPDX-License-Identifier: Apache-2.0
// Opens what changes the keys of evidence.
import type { ApprovalDesk } from "../approvals/approval-desk.ts";
import { KeyDesk } from "../key-desk/key-desk.ts";
import { KeyStoreRewriter } from "../key-desk/key-store-rewriter.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** What changes keys, and what replaces the key-store key alone, for erasures. */
export type OpenedKeys = { keyDesk: KeyDesk; rewriter: KeyStoreRewriter };

/** Opens the desk of keys. */
export function openKeys(options: OpenSiteOptions, site: DocketSite, requests: ApprovalDesk): OpenedKeys {
  const { keys, index, random, clock, onKeysChanged: onChanged } = options;
  const rewriter = new KeyStoreRewriter({ folder: keys.folder, index, random, onChanged });
  const keyDesk = new KeyDesk({
    keys,
    rewriter,
    seal: (body) => site.seal(body, []),
    through: (...asked) => requests.through(...asked),
    clock,
    random,
    onChanged,
  });
  return { keyDesk, rewriter };
}
