// SPDX-License-Identifier: Apache-2.0
// How exact the time is that records bear.
import { clockStates } from "@docket/protocol";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { ClockDesk } from "../../clock/clock-desk.ts";
import { describe } from "../openapi.ts";

const orNull = (description: string): ReturnType<typeof Type.Union> =>
  Type.Union([Type.Number(), Type.Null()], { description });

const read = describe({
  summary: "Read how exact the clock is",
  description: "What the sources of time said at the last check, and what a record sealed now would bear.",
  tag: "anchors",
  action: "readAnchors",
  answer: {
    description: "The clock",
    type: "application/json",
    schema: Type.Object({
      state: Type.Enum(["unwatched", "unchecked", ...clockStates]),
      stopped: Type.Boolean({ description: "Whether nothing is sealed because of it" }),
      offsetMs: orNull("The clock less the time that a majority of the sources agrees on"),
      uncertaintyMs: orNull("By how much the clock may be off now; null where nobody knows"),
      asked: Type.Integer(),
      agreeing: Type.Integer(),
      checkedAgoMs: orNull("Age of the last check"),
      sources: Type.Array(
        Type.Object({
          name: Type.String(),
          answer: Type.Enum(["agrees", "differs", "silent"]),
          offsetMs: orNull("The clock less the middle of what it says"),
          errorMs: orNull("By how much it may be off"),
          why: Type.Union([Type.String(), Type.Null()], { description: "Why it said nothing" }),
        }),
      ),
    }),
  },
  errors: [],
});

/** `/v1/clock`. */
export function addClockRoutes(server: FastifyInstance, { clockDesk }: { clockDesk: ClockDesk }): void {
  server.get("/v1/clock", read, async () => clockDesk.status());
}
