// SPDX-License-Identifier: Apache-2.0
// Sessions that `docket login` began, one for each server: in a file of the user's own, theirs alone.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DocketError } from "../../error.ts";

/** A session as it is kept. */
export type KeptSession = { token: string; name: string; endsAt: string };
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where sessions are kept: `DOCKET_SESSIONS`, or in the user's configuration directory; `undefined` for a
 * user without a home.
 */
export function sessionFile(env: Environment): string | undefined {
  const { DOCKET_SESSIONS: chosen, XDG_CONFIG_HOME: configuration, HOME: home } = env;
  if (chosen !== undefined) return chosen;
  const directory = configuration || (home === undefined ? undefined : join(home, ".config"));
  return directory === undefined ? undefined : join(directory, "docket", "sessions.json");
}

/** The session of a server, by its URL; `undefined` if there is none. */
export function keptSession(env: Environment, url: string): KeptSession | undefined {
  return URL.canParse(url) ? readAll(env)[new URL(url).origin] : undefined;
}

/** Keeps a session of a server, or forgets it. */
export function keepSession(env: Environment, url: string, session: KeptSession | undefined): void {
  const { [new URL(url).origin]: _before, ...others } = readAll(env);
  const sessions = session === undefined ? others : { ...others, [new URL(url).origin]: session };
  const path = sessionFile(env);
  if (path === undefined) throw new DocketError("usage", "there is no home directory; set DOCKET_SESSIONS");
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify({ v: 1, sessions })}\n`, { mode: 0o600, flag: "wx" });
  renameSync(draft, path);
}

function readAll(env: Environment): Readonly<Record<string, KeptSession>> {
  const path = sessionFile(env);
  if (path === undefined) return {};
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new DocketError("usage", `${path} can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    const { v, sessions } = JSON.parse(text) as { v: unknown; sessions: Record<string, KeptSession> };
    if (v === 1) return sessions;
  } catch {
    // Said below.
  }
  throw new DocketError("usage", `${path} is not a file of sessions; delete it and sign in again`);
}
