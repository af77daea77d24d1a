// SPDX-License-Identifier: Apache-2.0
// What the general models that come with Docket are trained on: corpora whose licences permit it.
// packages/docket/assets/models/README.md names their authors.
import type { ModelKind } from "@docket/policy";

/** A corpus below `../shared/data`. */
export type Ingredient = { readonly corpus: string; readonly file: string };

const sms: Ingredient = { corpus: "sms-uci", file: "sms-uci/data.jsonl" };
const youtube: Ingredient = { corpus: "comments-youtube", file: "comments-youtube/data.jsonl" };
const telegram: Ingredient = { corpus: "chat-telegram", file: "chat-telegram/data.jsonl" };
const mail: Ingredient = { corpus: "email-spamassassin", file: "email-spamassassin/data.jsonl.gz" };
/** The same mails without their headers, as an app passes on what it shows. */
const mailText: Ingredient = { corpus: "email-spamassassin", file: "email-spamassassin/text.jsonl.gz" };

/** The corpora of each general model. */
export const generalRecipe: Readonly<Record<ModelKind, readonly Ingredient[]>> = {
  comment: [youtube, telegram, sms],
  message: [sms, telegram, youtube],
  email: [mail, mailText],
};
