// SPDX-License-Identifier: Apache-2.0
// Serves the console from its sources, and passes on to a running Docket what it asks.
//
//   npm run console:dev -- [--port 5173] [--server http://127.0.0.1:8080]
import { parseArgs } from "node:util";
import { createServer } from "vite";
import { consoleConfig } from "./console/build.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "5173" },
    server: { type: "string", default: "http://127.0.0.1:8080" },
  },
});
const paths = ["/v1", "/log.vkey", "/checkpoint", "/tile", "/cosigned", "/readyz", "/checkpoints"];
const proxy = Object.fromEntries(
  paths.map((path) => [path, { target: values.server, headers: { origin: values.server } }]),
);
const server = await createServer({
  ...consoleConfig,
  logLevel: "info",
  server: { host: "127.0.0.1", port: Number(values.port), strictPort: true, proxy },
});
await server.listen();
server.printUrls();
