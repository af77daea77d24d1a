// Comments with Fastify: PORT=3000 DOCKET_API_KEY=dk_… node examples/apps/fastify.mjs
import fastify from "fastify";
import { answerOf, guardFastify } from "@docket/client/fastify";
import { eventOf, openClient } from "./event-of.mjs";

const client = await openClient();
const comments = [];
const app = fastify();
const preHandler = guardFastify({ client, event: ({ body }) => eventOf(body) });
app.post("/comments", { preHandler }, async (request, reply) => {
  comments.push(request.body.text);
  reply.code(201);
  return { saved: comments.length, record: answerOf(request).index ?? null };
});
await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" });
console.log(`listening on ${app.server.address().port}`);
process.once("SIGTERM", () => {
  app.close(() => void client.close());
});
