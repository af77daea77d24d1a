// SPDX-License-Identifier: Apache-2.0
// What is answered of people, sessions and keys.
import { Type } from "typebox";
import type { TSchema } from "typebox";

const time = Type.String({ description: "RFC 3339" });
const timeOrNull = Type.Union([time, Type.Null()]);
const roles = Type.Array(Type.String());

/** A record that was sealed. */
export const SealedSchema: TSchema = Type.Object({
  index: Type.Integer({ description: "Index of the record" }),
  end: Type.Optional(Type.String()),
});
/** Whose key or session a request bears. */
export const WhoCallsSchema: TSchema = Type.Object({
  id: Type.String({ description: "What records say: k_… of a key, p_… of a person" }),
  name: Type.Union([Type.String(), Type.Null()], { description: "Of a person; null for a key" }),
  via: Type.String({ description: "key or session" }),
  roles,
  may: Type.Array(Type.String(), { description: "The actions of the table of roles" }),
  factorWanted: Type.Boolean({ description: "Whether a second factor must be set up before anything else" }),
});
/** Who somebody is. */
export const WhoSchema: TSchema = Type.Object({
  person: Type.String({ description: "What records say: p_…" }),
  name: Type.String(),
  roles,
  may: Type.Array(Type.String(), { description: "The actions of the table of roles" }),
  factor: Type.Boolean({ description: "Whether you have a second factor" }),
  factorWanted: Type.Boolean({ description: "Whether you must set one up before you may do anything" }),
  session: Type.String({ description: "s_…" }),
  method: Type.String({ description: "password, token or oidc" }),
  endsAt: time,
  token: Type.Optional(Type.String({ description: "With bearer: ds_…, shown once" })),
});
/** A second factor that is offered. */
export const FactorOfferSchema: TSchema = Type.Object({
  uri: Type.String({ description: "otpauth://…, for authenticator apps" }),
  secret: Type.String({ description: "The same to be typed in, base32" }),
});
/** Recovery codes. */
export const RecoveryCodesSchema: TSchema = Type.Object({
  recoveryCodes: Type.Array(Type.String()),
  index: Type.Integer(),
});
/** A person. */
export const PersonSchema: TSchema = Type.Object({
  id: Type.String({ description: "p_…" }),
  name: Type.String(),
  roles,
  source: Type.Union([Type.Literal("local"), Type.Literal("oidc")]),
  password: Type.Boolean({ description: "Whether they have set one" }),
  factor: Type.Boolean({ description: "Whether they have a second factor" }),
  tokenUntil: timeOrNull,
  createdAt: time,
  sessions: Type.Integer(),
});
/** A token for a password. */
export const PersonTokenSchema: TSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  token: Type.String({ description: "dt_…, shown once: with it they set a password" }),
  until: time,
  index: Type.Integer({ description: "Index of the record" }),
});
/** A session. */
export const SessionSchema: TSchema = Type.Object({
  id: Type.String({ description: "s_…" }),
  person: Type.String(),
  name: Type.String(),
  method: Type.String(),
  factor: Type.Boolean(),
  createdAt: time,
  seenAt: time,
  endsAt: time,
});
/** An API key. */
export const KeySchema: TSchema = Type.Object({
  id: Type.String({ description: "k_…" }),
  role: Type.String(),
  label: Type.Union([Type.String(), Type.Null()]),
  scopes: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description: "The actions that it is limited to; null: all of its role",
  }),
  createdAt: time,
  createdBy: Type.String(),
  until: timeOrNull,
  from: Type.Union([Type.String(), Type.Null()], { description: "The key in whose place it was made" }),
  revokedAt: timeOrNull,
  usedAt: Type.Union([time, Type.Null()], { description: "The hour of its last use" }),
});
/** An API key that was just made. */
export const NewKeySchema: TSchema = Type.Object({
  id: Type.String(),
  key: Type.String({ description: "dk_…, shown once" }),
  role: Type.String(),
  label: Type.Union([Type.String(), Type.Null()]),
  scopes: Type.Optional(Type.Array(Type.String())),
  until: Type.Optional(time),
  from: Type.Optional(Type.String()),
  oldEndsAt: Type.Optional(time),
});
