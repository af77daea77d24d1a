// SPDX-License-Identifier: Apache-2.0
// The filters of others, by name, and where their results are kept.
import { fileURLToPath } from "node:url";
import { bogofilter } from "./bogofilter.ts";
import type { Peer } from "./peer.ts";
import { rspamd } from "./rspamd.ts";
import { spamassassin } from "./spamassassin.ts";
import { spamprobe } from "./spamprobe.ts";

/** All peers. */
export const peers: Readonly<Record<string, Peer>> = { bogofilter, spamassassin, rspamd, spamprobe };

/** Where peers' results are kept, out of the repository's sight. */
export const resultsFolder: string = fileURLToPath(
  new URL("../../../bench-results/accuracy/", import.meta.url),
);
