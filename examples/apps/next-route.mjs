// Comments as a route handler of Next.js: this file would be app/comments/route.mjs, without its last line.
// PORT=3000 DOCKET_API_KEY=dk_… node examples/apps/next-route.mjs
import { guardRoute } from "@docket/client/next";
import { eventOf, openClient } from "./event-of.mjs";
import { serveFetch } from "./serve-fetch.mjs";

const client = await openClient();
const comments = [];

export const POST = guardRoute(
  { client, event: async (request) => eventOf(await request.clone().json()) },
  async (request, answer) => {
    comments.push((await request.json()).text);
    return Response.json({ saved: comments.length, record: answer.index ?? null }, { status: 201 });
  },
);

serveFetch(POST, () => client.close());
