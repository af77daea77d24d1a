// Comments with Express: PORT=3000 DOCKET_API_KEY=dk_… node examples/apps/express.mjs
import express from "express";
import { guardExpress } from "@docket/client/express";
import { eventOf, openClient } from "./event-of.mjs";

const client = await openClient();
const comments = [];
const app = express();
app.use(express.json());
app.post("/comments", guardExpress({ client, event: ({ body }) => eventOf(body) }), (request, response) => {
  comments.push(request.body.text);
  response.status(201).json({ saved: comments.length, record: response.locals.docket.index ?? null });
});
const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on ${server.address().port}`);
});
process.once("SIGTERM", () => server.close(() => void client.close()));
