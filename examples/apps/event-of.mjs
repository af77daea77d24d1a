// What an app tells Docket of a comment. Every post has an id of the app's own: asking again with it gives the
// same decision, so a lost answer is no trouble.
import { randomUUID } from "node:crypto";
import { DocketClient } from "@docket/client";
import { openFileSpool } from "@docket/client/spool";

/** A client of the server that the environment names. */
export async function openClient() {
  return new DocketClient({
    url: process.env.DOCKET_URL ?? "http://127.0.0.1:8080",
    apiKey: process.env.DOCKET_API_KEY ?? "",
    timeoutMs: 2500,
    // With nobody there, comments appear, and sign-ups wait.
    fallback: { signup: "hold", "*": "allow" },
    spool: await openFileSpool({ directory: process.env.SPOOL ?? "./spool" }),
    onFault: ({ kind, message }) => console.error(`${kind}: ${message}`),
  });
}

/** The event of a posted comment: `{"author":"…","text":"…"}`. */
export function eventOf({ author, text }) {
  const id = randomUUID();
  return {
    id,
    type: "comment",
    time: new Date().toISOString(),
    actor: { id: author },
    content: { id, text },
  };
}
