// SPDX-License-Identifier: Apache-2.0
// What webhooks are made of: endpoints, messages, and what keeps and sends them.

/** What an endpoint may be told of: all types that begin with one of these and a full stop. */
export const messageFamilies = ["change", "notice"] as const;
/** What an endpoint may be told of. */
export type MessageFamily = (typeof messageFamilies)[number];

/** An endpoint: who is told, and of what. It is made, changed and removed by records of kind `webhook`. */
export type Endpoint = {
  /** `w_` and 16 characters. */
  readonly id: string;
  readonly url: string;
  readonly families: readonly MessageFamily[];
  /** Why nothing is sent to it any more, as a sentence; `null` while it is on. */
  readonly disabled: string | null;
  /** Record of its making: it is told of what comes after. */
  readonly addedAt: number;
};

/** A place among messages: a record, and a place within it. Everything up to it, with it, is meant. */
export type Position = { readonly record: number; readonly place: number };
/** The place after all messages of a record. */
export const wholeRecord: number = Number.MAX_SAFE_INTEGER;

/** One message before it is sent. What it says is made from the log when it is. */
export type Message = {
  /** The same for each try, and after a restart: `msg_` and what place in the log it has. */
  readonly id: string;
  /** The record that it tells of, and its place among the messages of that record. */
  readonly record: number;
  readonly place: number;
  /** `change.removed`, `notice.refusal`, … */
  readonly type: string;
  /** Whom it is about: messages about one actor go out one after the other. */
  readonly about: string;
};

/** Messages in the order of the log. */
export type MessagePage = {
  readonly messages: readonly Message[];
  /** All messages up to this place are in this page or in those before. */
  readonly upTo: Position;
};

/** What is delivered. */
export interface MessageSource {
  /** Messages after a place, of these families; about `limit` of them. */
  after(after: Position, limit: number, families: readonly MessageFamily[]): Promise<MessagePage>;
  /** The exact body of a message; `undefined` if there is nothing to tell any more. */
  body(message: Message): Promise<string | undefined>;
}

/** A message that was given up: it can be sent again. */
export type DeadLetter = Message & { readonly tries: number; readonly why: string; readonly at: string };

/** How far an endpoint is. Losing it makes messages come again, and never keeps one back. */
export type EndpointProgress = {
  readonly v: 1;
  /** Everything of records up to this one is delivered, given up, or not for this endpoint. */
  readonly cursor: number;
  /** Messages of later records that are done, too. */
  readonly done: readonly string[];
  readonly dead: readonly DeadLetter[];
};

/** Keeps how far endpoints are. What `keep` resolved for survives power loss. */
export interface ProgressStore {
  read(id: string): Promise<EndpointProgress | undefined>;
  keep(id: string, progress: EndpointProgress): Promise<void>;
  remove(id: string): Promise<void>;
}

/** An endpoint's secret; an older one goes on signing beside it until it ends. */
export type StoredSecret = { readonly secret: string; readonly endsMs: number | null };

/** Keeps secrets, outside of the data directory. */
export interface SecretStore {
  /** The newest first. */
  read(id: string): Promise<readonly StoredSecret[]>;
  keep(id: string, secrets: readonly StoredSecret[]): Promise<void>;
  remove(id: string): Promise<void>;
}

/** What is sent to an endpoint. */
export type Posted = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
};
/** What a receiver answered; redirects are answers like others. */
export type PostAnswer = { readonly status: number; readonly retryAfterMs: number | undefined };
/** Sends one request. Rejects if there was no answer in time, or none at all. */
export type Post = (posted: Posted) => Promise<PostAnswer>;
