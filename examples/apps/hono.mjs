// Comments with Hono: PORT=3000 DOCKET_API_KEY=dk_… node examples/apps/hono.mjs
import { Hono } from "hono";
import { guardHono } from "@docket/client/hono";
import { eventOf, openClient } from "./event-of.mjs";
import { serveFetch } from "./serve-fetch.mjs";

const client = await openClient();
const comments = [];
const app = new Hono();
const guard = guardHono({ client, event: async (context) => eventOf(await context.req.json()) });
app.post("/comments", guard, async (context) => {
  comments.push((await context.req.json()).text);
  return context.json({ saved: comments.length, record: context.get("docket").index ?? null }, 201);
});
serveFetch(app.fetch, () => client.close());
