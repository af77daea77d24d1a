// SPDX-License-Identifier: Apache-2.0
// What signals and models are given of an event's content, the same when it is decided, tested and replayed.
import type { ModelText } from "../model/model-text.ts";
import type { SignalInput } from "./signals.ts";

/** The texts of a content, of a mail too. */
export type ContentTexts = {
  readonly text?: string | undefined;
  readonly title?: string | undefined;
  readonly plain?: string | undefined;
  readonly html?: string | undefined;
  readonly headers?: string | undefined;
  readonly parts?: readonly string[] | undefined;
};

/** What signals are computed from. */
export function signalInputOf(content: ContentTexts | undefined): SignalInput {
  const { text, title, html, headers, parts } = content ?? {};
  return { text, title, html, headers, parts };
}

/**
 * What a model scores. Of a mail, `text` is what was made of its page for readers: a model is given the page
 * itself, and what stood beside it in plain text, as it is given a mail's file.
 */
export function modelTextOf(content: ContentTexts | undefined): ModelText {
  const { text, title, plain, html, headers, parts } = content ?? {};
  const source = html === undefined ? text : plain === undefined ? html : `${plain}\n${html}`;
  return {
    ...(title === undefined ? {} : { title }),
    ...(source === undefined ? {} : { text: source }),
    ...(headers === undefined ? {} : { headers }),
    ...(parts === undefined ? {} : { parts }),
  };
}
