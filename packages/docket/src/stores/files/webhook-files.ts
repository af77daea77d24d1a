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
import { openSecretText, secretText } from "../../evidence/key-folder.ts";
import type { KeyFolder } from "../../evidence/key-folder.ts";
import type { RandomBytes } from "../../evidence/seal.ts";
import { readIfThere } from "./read-files.ts";
import { replaceDurably } from "./replace-durably.ts";

/** The folder of secrets of webhooks, in that of a site's keys. */
export const webhookSecretsFolder = "webhooks";

/** Secrets, in a folder that is their owner's alone, protected as the other keys are. */
export function webhookSecretFiles(folder: KeyFolder, random: RandomBytes): SecretStore {
  const directory = join(folder.path, webhookSecretsFolder);
  const files = jsonFiles<{ v: 1; secrets: StoredSecret[] }>(directory, {
    read: (name, text) => openSecretText(folder, name, text),
    write: (name, text) => secretText(folder, name, text, random),
  });
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

/** What a file's text is made of, and made to. */
type Form = {
  readonly read: (name: string, text: string) => string;
  readonly write: (name: string, text: string) => string;
};
const plainForm: Form = { read: (_, text) => text, write: (_, text) => text };

function jsonFiles<Content extends { v: 1 }>(
  directory: string,
  form: Form = plainForm,
): {
  read: (id: string) => Promise<Content | undefined>;
  keep: (id: string, content: Content) => Promise<void>;
  remove: (id: string) => Promise<void>;
} {
  const nameOf = (id: string): string => {
    if (!/^w_[A-Za-z0-9_-]{16}$/.test(id)) throw new Error("a webhook's id names its file");
    return `${id}.json`;
  };
  const path = (id: string): string => join(directory, nameOf(id));
  return {
    async read(id) {
      const bytes = await readIfThere(path(id));
      if (bytes === undefined) return undefined;
      const content = JSON.parse(form.read(nameOf(id), Buffer.from(bytes).toString("utf8"))) as Content;
      return content.v === 1 ? content : undefined;
    },
    async keep(id, content) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await replaceDurably(path(id), Buffer.from(form.write(nameOf(id), JSON.stringify(content))));
    },
    async remove(id) {
      await unlink(path(id)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    },
  };
}
