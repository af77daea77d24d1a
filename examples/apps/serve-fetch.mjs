// Serves a function from Request to Response with Node alone, for the examples of Hono and of route handlers.
import { createServer } from "node:http";
import { Readable } from "node:stream";

/** Listens on PORT; `close` is called at the end. */
export function serveFetch(answer, close) {
  const handle = async (incoming, outgoing) => {
    const body = incoming.method === "GET" ? undefined : Readable.toWeb(incoming);
    const { method, headers, url } = incoming;
    const request = new Request(`http://127.0.0.1${url}`, { method, headers, body, duplex: "half" });
    const response = await answer(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  };
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch((error) => {
      console.error(error);
      outgoing.writeHead(500).end();
    });
  });
  server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
    console.log(`listening on ${server.address().port}`);
  });
  process.once("SIGTERM", () => server.close(() => void close()));
}
