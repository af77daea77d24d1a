// SPDX-License-Identifier: Apache-2.0
// The types of events that every policy knows: what an app can tell of a comment, a message, a sign-up, a
// log-in and an e-mail. Others are declared in a policy.
import { signalDefinitions } from "./signals/signals.ts";
import type { EventField, EventFieldType, EventType, FieldPath } from "./types.ts";

/** A field of a built-in type, with a sentence for the reference and for editors. */
export type BuiltinField = EventField & { readonly doc: string };

/** A type of event that is built in. */
export type BuiltinEventType = EventType & {
  readonly fields: ReadonlyMap<string, BuiltinField>;
  readonly doc: string;
};

/** What is known of every actor, besides the attributes that the policy declares. */
export const actorPaths: readonly FieldPath[] = [
  "actor.id",
  "actor.name",
  "actor.ip",
  "actor.email",
  "actor.age",
];

/** Signals of mail alone: they are computed from its header block. */
const mailSignals: ReadonlySet<FieldPath> = new Set(
  ["mailTraits", "mailHops", "attachmentKinds"].map((name) => `signals.${name}`),
);
const allSignals: readonly FieldPath[] = signalDefinitions.map(({ name }) => `signals.${name}`);
const textSignals: readonly FieldPath[] = allSignals.filter((path) => !mailSignals.has(path));

/** What an app knows of the connection that any event came over. */
const connection: Readonly<Record<string, BuiltinField>> = {
  userAgent: personal("string", "What the client calls itself."),
  device: personal("string", "The app's own id of the device or installation."),
  country: open("string", "The country of the network, as two letters."),
  asn: open("int", "The number of the autonomous system of the network."),
};

/** What there is to say of a delivery to others. */
const delivery: Readonly<Record<string, BuiltinField>> = {
  recipients: personal("list<string>", "To whom it goes; the first 64 where there are more."),
  recipientCount: open("int", "To how many it goes."),
  reply: open("bool", "Whether it answers something that a recipient wrote."),
  attachments: open("int", "How many files are attached."),
  attachmentTypes: open("list<string>", "Their media types."),
};

const mailContent: readonly string[] = ["text", "title", "language", "plain", "html", "headers", "parts"];

/** The built-in types of events, by name. */
export const builtinEventTypes: ReadonlyMap<string, BuiltinEventType> = new Map(
  [
    eventType(
      "comment",
      "What many can read: a comment, a post, a review.",
      ["text", "title", "url", "language", "group", "revision", "parent"],
      {
        mentions: personal("list<string>", "Ids of the accounts that it names."),
        mentionCount: open("int", "How many accounts it names."),
        attachments: open("int", "How many files or pictures are attached."),
        ...connection,
      },
    ),
    eventType(
      "message",
      "What goes to some: a private or direct message.",
      ["text", "title", "language", "group", "revision", "parent"],
      {
        ...delivery,
        conversation: personal("string", "The app's id of the conversation."),
        firstContact: open("bool", "Whether actor and recipients have never exchanged anything."),
        ...connection,
      },
    ),
    eventType("signup", "A new account. The text is what it says of itself.", ["text", "url", "language"], {
      method: open("string", "How it signs up: password, google, invitation, …"),
      invitedBy: personal("string", "The id of the account that invited it."),
      referrer: personal("string", "The address of the page that led to the form."),
      formSeconds: open("int", "Seconds from the form's being shown to its being sent."),
      honeypot: open("bool", "Whether a field that people don't see was filled in."),
      emailVerified: open("bool", "Whether the e-mail address was shown to be theirs."),
      ...connection,
    }),
    eventType("login", "An attempt to log in.", [], {
      success: open("bool", "Whether it succeeded."),
      method: open("string", "How: password, passkey, google, …"),
      reason: open("string", "Why it failed: wrong-password, unknown-account, …"),
      secondFactor: open("bool", "Whether a second factor was asked for."),
      knownDevice: open("bool", "Whether the account has been used from this device before."),
      ...connection,
    }),
    eventType("email", "An e-mail. The title is its subject.", mailContent, {
      ...delivery,
      recipientHosts: personal("list<string>", "The different hosts of the recipients' addresses."),
      from: personal("string", "The address in From."),
      replyTo: personal("string", "The address in Reply-To."),
      envelopeFrom: personal("string", "The address that bounces go to."),
      listId: open("string", "List-Id, of mail to a list."),
      listUnsubscribe: open("bool", "Whether it says how to unsubscribe."),
      spf: open("string", "What the check came to: pass, fail, softfail, neutral, none."),
      dkim: open("string", "What the check came to: pass, fail, none."),
      dmarc: open("string", "What the check came to: pass, fail, none."),
      ...connection,
    }),
  ].map((type) => [type.name, type]),
);

function eventType(
  name: string,
  doc: string,
  content: readonly string[],
  fields: Readonly<Record<string, BuiltinField>>,
): BuiltinEventType {
  const signals = content.includes("headers") ? allSignals : content.includes("text") ? textSignals : [];
  const paths = [...actorPaths, ...content.map((each) => `content.${each}`), ...signals];
  return { name, doc, paths: new Set(paths), fields: new Map(Object.entries(fields)) };
}

function personal(type: EventFieldType, doc: string): BuiltinField {
  return { type, personal: true, doc };
}

function open(type: EventFieldType, doc: string): BuiltinField {
  return { type, personal: false, doc };
}
