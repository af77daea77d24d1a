// SPDX-License-Identifier: Apache-2.0
// What webhooks keep: secrets in the keys directory, and how far each endpoint is beside the log. A file for
// each endpoint, replaced as a whole.
import { mkdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import type {
  EndpointProgress,
  ProgressStore,
  SecretStore,
  StoredSecret,
} from "../../delivery/webhooks/contract.ts";
import { readIfThere } from "./read-files.ts";
import { replaceDurably } from "./replace-durably.ts";

/** Secrets, in a directory that is their owner's alone. */
export function webhookSecretFiles(directory: string): SecretStore {
  const files = jsonFiles<{ v: 1; secrets: StoredSecret[] }>(directory);
  return {
    read: async (id) => (await files.read(id))?.secrets ?? [],
    keep: (id, secrets) => files.keep(id, { v: 1, secrets: [...secrets] }),
    remove: files.remove,
  };
}

/** How far endpoints are. */
export function webhookProgressFiles(directory: string): ProgressStore {
  return jsonFiles<EndpointProgress>(directory);
}

function jsonFiles<Content extends { v: 1 }>(
  directory: string,
): {
  read: (id: string) => Promise<Content | undefined>;
  keep: (id: string, content: Content) => Promise<void>;
  remove: (id: string) => Promise<void>;
} {
  const path = (id: string): string => {
    if (!/^w_[A-Za-z0-9_-]{16}$/.test(id)) throw new Error("a webhook's id names its file");
    return join(directory, `${id}.json`);
  };
  return {
    async read(id) {
      const bytes = await readIfThere(path(id));
      if (bytes === undefined) return undefined;
      const content = JSON.parse(Buffer.from(bytes).toString("utf8")) as Content;
      return content.v === 1 ? content : undefined;
    },
    async keep(id, content) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await replaceDurably(path(id), Buffer.from(JSON.stringify(content)));
    },
    async remove(id) {
      await unlink(path(id)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    },
  };
}
