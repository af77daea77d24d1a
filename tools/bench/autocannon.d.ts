// SPDX-License-Identifier: Apache-2.0
// What of autocannon the benchmark uses; the package brings no types.
declare module "autocannon" {
  type Request = { method: string; path: string; headers: Record<string, string>; body: string };
  type Options = {
    url: string;
    connections: number;
    /** In seconds. */
    duration: number;
    /** In ms: how often it looks whether the duration is over. */
    sampleInt: number;
    requests: { setupRequest: (request: Request) => Request }[];
  };
  type Instance = {
    on(
      event: "response",
      listener: (c: unknown, status: number, bytes: number, ms: number) => void,
    ): Instance;
    on(event: "reqError", listener: (error: Error) => void): Instance;
  };
  function autocannon(options: Options, done: (error: Error | null) => void): Instance;
  export = autocannon;
}
