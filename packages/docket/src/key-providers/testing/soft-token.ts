// SPDX-License-Identifier: Apache-2.0
// A token of SoftHSM for tests: with an RSA key, in a directory of its own.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where Debian's packages put the library. */
const modules = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];

/** A token. `env` is what programs that use it take of the environment. */
export type SoftToken = {
  module: string;
  token: string;
  key: string;
  pin: string;
  env: { SOFTHSM2_CONF: string };
};

/** Why there can be no token here; `undefined` if there can. */
export function tokenSkipReason(): string | undefined {
  if (!modules.some((path) => existsSync(path))) return "softhsm2 is not installed";
  try {
    execFileSync("pkcs11-tool", ["--help"], { stdio: "ignore" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "opensc (pkcs11-tool) is not installed";
  }
  return undefined;
}

/** Makes a token with an RSA key. */
export function makeToken(directory: string): SoftToken {
  const tokens = join(directory, "tokens");
  mkdirSync(tokens);
  const config = join(directory, "softhsm2.conf");
  writeFileSync(config, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const made = {
    module: modules.find((path) => existsSync(path)) ?? "",
    token: "docket-test",
    key: "docket-keys",
    pin: "1234",
    env: { SOFTHSM2_CONF: config },
  };
  const run = (command: string, args: string[]): void => {
    execFileSync(command, args, { env: { ...process.env, ...made.env }, stdio: "ignore" });
  };
  const { module, token, key, pin } = made;
  run("softhsm2-util", ["--init-token", "--free", "--label", token, "--so-pin", "12345678", "--pin", pin]);
  const login = ["--module", module, "--token-label", token, "--login", "--pin", pin];
  const pair = ["--keypairgen", "--key-type", "rsa:2048", "--label", key, "--id", "01", "--usage-decrypt"];
  run("pkcs11-tool", [...login, ...pair]);
  return made;
}
