// SPDX-License-Identifier: Apache-2.0
import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./request.ts";

/** How long an answer is taken for the newest, in ms. */
const freshMs = 5_000;
const triesMax = 2;

/** What was asked for and answered, so that pages show at once what is known. */
export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: freshMs,
      // What the server refused it refuses again.
      retry: (count, error) =>
        count < triesMax && error instanceof ApiError && (error.status === 0 || error.status >= 500),
      refetchOnWindowFocus: true,
    },
  },
});
