// SPDX-License-Identifier: Apache-2.0
// `docket login`, `logout`, `whoami`, `password` and `factor`: a person's own session at a server.
import { DocketError } from "../../error.ts";
import { exitFine } from "../failure.ts";
import { askServer, removeAt } from "../policy/server.ts";
import { write } from "../terminal.ts";
import type { Terminal } from "../terminal.ts";
import { SecretReader } from "./ask-secret.ts";
import { keepSession } from "./session-file.ts";

/** What these commands are told. */
export type SessionOptions = {
  url: string;
  /** The session's token, from its file. */
  apiKey?: string | undefined;
  name?: string | undefined;
  token?: string | undefined;
  code?: string | undefined;
  recoveryCode?: string | undefined;
  all?: true | undefined;
  json?: true | undefined;
};

type Who = {
  person: string;
  name: string;
  roles: string[];
  factor: boolean;
  factorWanted: boolean;
  endsAt: string;
  token?: string;
};

/** Signs in, and keeps the session. @throws {DocketError} what the server answers */
export async function runLogin(options: SessionOptions, terminal: Terminal): Promise<number> {
  const { url, name = "", token, code, recoveryCode } = options;
  const reader = new SecretReader(terminal);
  try {
    const secret = await reader.ask(token === undefined ? "Password" : "New password");
    const proof = token === undefined ? { password: secret } : { token, newPassword: secret };
    const codes = {
      ...(code === undefined ? {} : { code }),
      ...(recoveryCode === undefined ? {} : { recoveryCode }),
    };
    const wish = { name, ...proof, ...codes, bearer: true };
    const who = await askServer<Who>({ url }, "v1/session", wish).catch(async (error: unknown) => {
      const isMissing = error instanceof DocketError && error.code === "factor_needed";
      if (!isMissing || Object.keys(codes).length > 0) throw error;
      return askServer<Who>({ url }, "v1/session", { ...wish, code: await reader.ask("Code") });
    });
    keepSession(terminal.env, url, { token: who.token ?? "", name: who.name, endsAt: who.endsAt });
    await tell(who, options, terminal);
    return exitFine;
  } finally {
    reader.close();
  }
}

/** Signs out. @throws {DocketError} what the server answers */
export async function runLogout(options: SessionOptions, terminal: Terminal): Promise<number> {
  const { url, apiKey, all } = options;
  const path = all === true ? "v1/session?all=true" : "v1/session";
  const { index } = await removeAt<{ index: number }>({ url, apiKey }, path);
  keepSession(terminal.env, url, undefined);
  await write(
    terminal,
    options.json === true ? `${JSON.stringify({ index })}\n` : `Signed out, as record ${index}.\n`,
  );
  return exitFine;
}

/** Says who is signed in. @throws {DocketError} what the server answers */
export async function runWhoAmI(options: SessionOptions, terminal: Terminal): Promise<number> {
  const { url, apiKey } = options;
  await tell(await askServer<Who>({ url, apiKey }, "v1/session"), options, terminal);
  return exitFine;
}

/** Changes one's own password. @throws {DocketError} what the server answers */
export async function runPassword(options: SessionOptions, terminal: Terminal): Promise<number> {
  const { url, apiKey } = options;
  const reader = new SecretReader(terminal);
  try {
    const password = await reader.ask("Password");
    const newPassword = await reader.ask("New password");
    const body = { password, newPassword };
    const { index } = await askServer<{ index: number }>({ url, apiKey }, "v1/session/password", body);
    const text = `Changed, as record ${index}. Your other sessions have ended.\n`;
    await write(terminal, options.json === true ? `${JSON.stringify({ index })}\n` : text);
    return exitFine;
  } finally {
    reader.close();
  }
}

/** Sets up one's own second factor. @throws {DocketError} what the server answers */
export async function runFactor(options: SessionOptions, terminal: Terminal): Promise<number> {
  const { url, apiKey, code } = options;
  const server = { url, apiKey };
  const reader = new SecretReader(terminal);
  try {
    const wish = code === undefined ? {} : { code };
    const offered = await askServer<{ uri: string; secret: string }>(server, "v1/session/factor", wish);
    terminal.stderr.write(
      `Give this to your authenticator app, or type in ${offered.secret}:\n\n  ${offered.uri}\n\n`,
    );
    const shown = await reader.ask("The code that it shows");
    type Confirmed = { recoveryCodes: string[]; index: number };
    const confirmed = await askServer<Confirmed>(server, "v1/session/factor/confirm", { code: shown });
    const { recoveryCodes, index } = confirmed;
    const about = `Confirmed, as record ${index}. Recovery codes, each good once, shown this once:\n`;
    const text = `${about}${recoveryCodes.map((each) => `  ${each}\n`).join("")}`;
    await write(terminal, options.json === true ? `${JSON.stringify(confirmed)}\n` : text);
    return exitFine;
  } finally {
    reader.close();
  }
}

async function tell(who: Who, { json }: SessionOptions, terminal: Terminal): Promise<void> {
  const { token: _kept, ...told } = who;
  if (json === true) return write(terminal, `${JSON.stringify(told)}\n`);
  const held = who.roles.length === 0 ? "no role" : who.roles.join(", ");
  const wanted = who.factorWanted
    ? "You may do nothing before you set up a second factor: docket factor.\n"
    : "";
  return write(terminal, `${who.name} (${who.person}): ${held}; until ${who.endsAt}\n${wanted}`);
}
