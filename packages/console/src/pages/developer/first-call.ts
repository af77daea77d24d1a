// SPDX-License-Identifier: Apache-2.0

/** A first call as one types it into a shell. @param origin the server's, without a slash at its end */
export function firstCall(origin: string): string {
  const event = { id: "1", type: "comment", actor: { id: "alice" }, content: { text: "hello" } };
  return [
    `curl -sS ${origin}/v1/decisions \\`,
    `  -H "Authorization: Bearer $DOCKET_API_KEY" -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(event)}'`,
  ].join("\n");
}
