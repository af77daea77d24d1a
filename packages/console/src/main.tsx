// SPDX-License-Identifier: Apache-2.0
// Where the console begins: it shows itself in the one element of its document.
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { queryClient } from "./api/query-client.ts";
import { allowWorkers } from "./parts/worker.ts";
import { SessionProvider } from "./session/session.tsx";
import "./style/tokens.css";
import "./style/base.css";
import "./style/parts.css";
import "./style/shell.css";

allowWorkers();
const place = document.querySelector("#console");
if (place === null) throw new Error("the document has no place for the console");
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <SessionProvider>
        <App />
      </SessionProvider>
    </QueryClientProvider>
  </StrictMode>,
);
