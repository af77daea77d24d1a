// SPDX-License-Identifier: Apache-2.0
// What a model reads of a raw mail.
import type { ModelKind, ModelText } from "@docket/policy";
import { readMail } from "../mail/read-mail.ts";

/**
 * Reads a mail (RFC 5322, MIME) for a model. Any bytes are a mail.
 *
 * @param kind only a model of mails reads headers and parts
 */
export function mailText(bytes: Uint8Array, kind: ModelKind): ModelText {
  const { title, text, headers, parts } = readMail(bytes);
  const shown = { ...(title !== undefined && { title }), ...(text !== undefined && { text }) };
  if (kind !== "email") return shown;
  return {
    ...shown,
    ...(headers !== undefined && { headers }),
    ...(parts !== undefined && { parts }),
  };
}
