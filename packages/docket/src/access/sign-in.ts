// SPDX-License-Identifier: Apache-2.0
// The ways in for people with a password: signing in, setting a first or a new password, setting up a second
// factor. Who asks for somebody who is not there goes the same way as who has the wrong password: the same
// brakes, the same hash, the same words.
import { timingSafeEqual } from "node:crypto";
import { DocketError } from "../error.ts";
import type { From, NewSession, SignedIn } from "./contract.ts";
import type { PasswordHasher } from "./passwords.ts";
import { checkPassword } from "./passwords.ts";
import type { Later } from "./later.ts";
import type { PeopleStore, PersonRow } from "./people-store.ts";
import type { People } from "./people.ts";
import { refused } from "./people.ts";
import { nameKey } from "./person-name.ts";
import type { RefusalMethod, Refusals } from "./refusals.ts";
import { RequestBrake } from "./request-brake.ts";
import type { RequestRate } from "./request-brake.ts";
import { factorText, factorUri, factorSecretBytes, newRecoveryCodes, stepOfCode } from "./second-factor.ts";
import { hashOfRecoveryCode, hashOfToken, openSecret, sealSecret } from "./secrets.ts";
import type { AccessSecrets, RandomBytes } from "./secrets.ts";

/**
 * How often sign-in may be tried: from one address for one name; for one name, wherever from, which a
 * stranger can use up and so is generous; from one address.
 */
export const triesHereRate: RequestRate = { burst: 5, everyMs: 30_000 };
export const triesOfNameRate: RequestRate = { burst: 50, everyMs: 30_000 };
export const triesOfAddressRate: RequestRate = { burst: 30, everyMs: 5_000 };

/** Of a name so much is counted by, in characters; nobody has a longer one. */
const nameKeyLengthMax = 256;

/** What somebody shows to come in. */
export type SignInWish = {
  name: string;
  password?: string | undefined;
  /** A token for a first or a new password, in the place of the password; with `newPassword`. */
  token?: string | undefined;
  newPassword?: string | undefined;
  /** The code of the second factor, or one of the recovery codes. */
  code?: string | undefined;
  recoveryCode?: string | undefined;
};

/** A second factor that is to be confirmed. */
export type FactorOffer = { uri: string; secret: string };

/** What the ways in lean on. */
export type SignInPorts = {
  readonly people: People;
  readonly store: Later<Pick<PeopleStore, "setRecoveryCodes" | "useRecoveryCode" | "recoveryCodesLeft">>;
  readonly hasher: PasswordHasher;
  readonly refusals: Pick<Refusals, "note">;
  readonly secrets: AccessSecrets;
  readonly random: RandomBytes;
  readonly clock: () => number;
  /** What authenticator apps show: the log's origin. */
  readonly issuer: string;
};

/** The ways in for people with a password. */
export class SignIn {
  readonly #ports: SignInPorts;
  readonly #here: RequestBrake;
  readonly #ofName: RequestBrake;
  readonly #ofAddress: RequestBrake;

  constructor(ports: SignInPorts) {
    this.#ports = ports;
    this.#here = new RequestBrake(triesHereRate, ports.clock);
    this.#ofName = new RequestBrake(triesOfNameRate, ports.clock);
    this.#ofAddress = new RequestBrake(triesOfAddressRate, ports.clock);
  }

  /**
   * Signs somebody in, and sets their password if they come with a token.
   *
   * @throws {DocketError} `sign_in_refused`, `factor_needed`, `too_many_requests`; `usage` for a new password
   *   that may not be taken; what sealing throws
   */
  async signIn(wish: SignInWish, { address }: From): Promise<NewSession> {
    const found = this.#ports.people.named(wish.name);
    // Whoever comes from a provider has no password here, and is as unknown as anybody.
    const person = found?.source === "local" ? found : undefined;
    const right = await this.#brake(wish.name, person, address);
    const byToken = wish.token !== undefined;
    const isRight = await (byToken
      ? this.#checkToken(person, wish.token ?? "")
      : this.#checkPassword(person, wish));
    if (!isRight || person === undefined)
      return this.#refuse(byToken ? "token" : "password", person, address);
    // Who knows the password and lacks the code is asked for it, and comes again.
    if (person.factor === null || isWithoutCode(wish)) right();
    const factor = await this.#checkFactor(person, wish, address);
    if (factor) right();
    const current = byToken ? await this.#setFirst(person, wish) : this.#ports.people.person(person.id);
    return this.#ports.people.begin(current, { method: byToken ? "token" : "password", factor });
  }

  /**
   * Changes somebody's own password. Their other sessions end.
   *
   * @throws {DocketError} `sign_in_refused` if the old one is wrong; `usage` for a new one that may not be
   *   taken
   */
  async changePassword(
    { person, session }: SignedIn,
    wish: { password: string; newPassword: string },
    { address }: From,
  ): Promise<{ index: number }> {
    const { people, hasher } = this.#ports;
    if (person.source === "oidc") throw new DocketError("usage", "your password is with the provider");
    const right = await this.#brake(person.name, person, address);
    const { ok } = await hasher.check(person.password, wish.password);
    if (!ok) return this.#refuse("password", person, address);
    right();
    checkPassword(wish.newPassword, person.name);
    const password = await hasher.hash(wish.newPassword);
    return people.replace(person, "secret", { password, tokenHash: null, tokenUntilMs: null }, session);
  }

  /**
   * Offers somebody a second factor, or another one in the place of theirs. It counts once it is confirmed.
   *
   * @param code of the one that they have
   * @throws {DocketError} `sign_in_refused` if that is wrong
   */
  async offerFactor({ person }: SignedIn, code: string | undefined, { address }: From): Promise<FactorOffer> {
    const { people, random, secrets, issuer } = this.#ports;
    if (person.source === "oidc") throw new DocketError("usage", "your second factor is with the provider");
    const right = await this.#brake(person.name, person, address);
    await this.#checkFactor(person, { name: person.name, code }, address);
    right();
    const secret = random(factorSecretBytes);
    await people.keep(people.person(person.id), {
      pendingFactor: sealSecret(secrets, person.id, secret, random),
    });
    return { uri: await factorUri(issuer, person.name, secret), secret: await factorText(secret) };
  }

  /**
   * Confirms the second factor that was offered, by a code of it. It counts from now on; recovery codes are
   * given this once.
   *
   * @throws {DocketError} `sign_in_refused` for a wrong code; `not_found` if none was offered
   */
  async confirmFactor(
    { person, session }: SignedIn,
    code: string,
    { address }: From,
  ): Promise<{ recoveryCodes: string[]; index: number }> {
    const { people, secrets, random, clock, store } = this.#ports;
    const right = await this.#brake(person.name, person, address);
    const secret =
      person.pendingFactor === null ? undefined : openSecret(secrets, person.id, person.pendingFactor);
    if (secret === undefined) throw new DocketError("not_found", "no second factor was offered to you");
    const step = await stepOfCode(secret, code, clock());
    if (step === undefined) return this.#refuse("totp", person, address);
    right();
    const codes = await newRecoveryCodes(random);
    const change = { factor: person.pendingFactor, pendingFactor: null, usedStep: step };
    const { index } = await people.replace(person, "factor", change);
    await store.setRecoveryCodes(
      person.id,
      codes.map((each) => hashOfRecoveryCode(secrets, person.id, each)),
    );
    session.factor = true;
    return { recoveryCodes: codes, index };
  }

  /**
   * Counts a try. @returns what takes it back, for a try that was right
   *
   * @throws {DocketError} `too_many_requests`
   */
  async #brake(name: string, person: PersonRow | undefined, address: string): Promise<() => void> {
    const key = nameKey(name).slice(0, nameKeyLengthMax);
    const counted = [
      [this.#ofAddress, address],
      [this.#here, `${address} ${key}`],
      [this.#ofName, key],
    ] as const;
    const wait = Math.max(...counted.map(([brake, who]) => brake.take(who) ?? 0));
    if (wait === 0) {
      return () => {
        for (const [brake, who] of counted) brake.giveBack(who);
      };
    }
    await this.#ports.refusals.note({ method: "password", locked: true, person: person?.id, address });
    throw new DocketError("too_many_requests", `too many tries; wait ${wait} s`, { retryAfterSeconds: wait });
  }

  async #checkPassword(person: PersonRow | undefined, { password = "" }: SignInWish): Promise<boolean> {
    const { hasher, people } = this.#ports;
    const { ok, weak } = await hasher.check(person?.password, password);
    if (ok && weak && person !== undefined) {
      await people.keep(people.person(person.id), { password: await hasher.hash(password) });
    }
    return ok;
  }

  async #checkToken(person: PersonRow | undefined, token: string): Promise<boolean> {
    const stored = Buffer.from(person?.tokenHash ?? hashOfToken(""), "base64url");
    const isSame = timingSafeEqual(stored, Buffer.from(hashOfToken(token), "base64url"));
    return isSame && this.#ports.clock() < (person?.tokenUntilMs ?? 0);
  }

  /** Whether they showed a second factor. Throws if they have one and did not. */
  async #checkFactor(person: PersonRow, wish: SignInWish, address: string): Promise<boolean> {
    const { secrets, people, clock, store } = this.#ports;
    if (person.factor === null) return false;
    const { code, recoveryCode } = wish;
    if (isWithoutCode(wish)) {
      await this.#ports.refusals.note({ method: "totp", person: person.id, address });
      throw new DocketError("factor_needed", "the code of your second factor is missing");
    }
    if (recoveryCode !== undefined) {
      const hash = hashOfRecoveryCode(secrets, person.id, recoveryCode);
      return (await store.useRecoveryCode(person.id, hash)) || this.#refuse("totp", person, address);
    }
    const secret = openSecret(secrets, person.id, person.factor);
    const step = secret && (await stepOfCode(secret, code ?? "", clock()));
    // A code that was used once is nobody's any more, and neither are those before it.
    if (step === undefined || !(await people.useStep(person, step)))
      return this.#refuse("totp", person, address);
    return true;
  }

  async #setFirst(person: PersonRow, { newPassword = "" }: SignInWish): Promise<PersonRow> {
    const { hasher, people } = this.#ports;
    checkPassword(newPassword, person.name);
    const password = await hasher.hash(newPassword);
    await people.replace(person, "secret", { password, tokenHash: null, tokenUntilMs: null });
    return people.person(person.id);
  }

  async #refuse(method: RefusalMethod, person: PersonRow | undefined, address: string): Promise<never> {
    await this.#ports.refusals.note({ method, person: person?.id, address });
    throw refused();
  }
}

function isWithoutCode({ code, recoveryCode }: SignInWish): boolean {
  return code === undefined && recoveryCode === undefined;
}
