// SPDX-License-Identifier: Apache-2.0
// The settings of the site.
import { checkShape, parseJson } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { SettingsDesk } from "../../settings/settings-desk.ts";
import { settingDefinitions, settingNames } from "../../settings/settings.ts";
import { answerInTime, callerOf, sealingUnknown } from "../context.ts";
import { smallBodyBytesMax } from "../limits.ts";
import { bodyErrors, describe, sealingErrors } from "../openapi.ts";

const json = "application/json";
const tag = "settings";
const unknown = sealingUnknown(
  "the settings were not durable in time; look at /v1/settings before you ask again",
);
const SettingsSchema = Type.Object(
  Object.fromEntries(
    settingNames.map((name) => {
      const { about: description, default: initial } = settingDefinitions[name];
      return [name, Type.Integer({ description: `${description} (default ${initial})` })];
    }),
  ),
);
const KnownSchema = Type.Array(
  Type.Object({
    name: Type.String(),
    about: Type.String(),
    default: Type.Integer(),
    least: Type.Integer(),
    most: Type.Integer(),
  }),
);
const known = settingNames.map((name) => ({ name, ...settingDefinitions[name] }));
const WishSchema = Type.Record(Type.String({ pattern: "^[A-Za-z][A-Za-z0-9]{0,63}$" }), Type.Integer(), {
  additionalProperties: false,
  description: "Settings and the values that they shall have",
});
const validator = Compile(WishSchema);

const read = describe({
  summary: "Read the settings",
  tag,
  action: "readSettings",
  answer: {
    description: "All settings; known has what each is, in the order in which they are listed",
    type: json,
    schema: Type.Object({ settings: SettingsSchema, known: KnownSchema }),
  },
  errors: [],
});
const change = describe({
  summary: "Change settings",
  description: "What is not named stays. The change is a record of the log.",
  tag,
  action: "changeSettings",
  body: WishSchema,
  consumes: json,
  answer: {
    description: "All settings; index is the record of the change, null if nothing changed",
    type: json,
    schema: Type.Object({ settings: SettingsSchema, index: Type.Union([Type.Integer(), Type.Null()]) }),
  },
  errors: [...bodyErrors, "setting_invalid", ...sealingErrors],
});

/** `/v1/settings`. */
export function addSettingsRoutes(server: FastifyInstance, { settings }: { settings: SettingsDesk }): void {
  server.get("/v1/settings", read, async () => ({ settings: settings.current, known }));

  server.post("/v1/settings", { ...change, bodyLimit: smallBodyBytesMax }, async (request) => {
    const body: unknown = parseJson((request.body as Uint8Array | undefined) ?? new Uint8Array());
    checkShape(validator, body, "settings");
    const { id, role } = callerOf(request);
    return answerInTime(settings.change({ by: id, role }, body), unknown);
  });
}
