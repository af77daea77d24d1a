// SPDX-License-Identifier: Apache-2.0

/** The key that others may follow. */
const first = "g";
/** Two keys belong together if no more than this is between them, in ms. */
const pairMs = 1_200;

/** Inputs that are pressed or ticked: letters mean nothing to them. */
const pressed = new Set(["button", "checkbox", "image", "radio", "reset", "submit"]);

/** Tells keys that follow "g" from keys that stand alone. */
export class KeyReader {
  #firstAt: number | undefined;

  /** What a key is by itself, and with the one before it. */
  read(key: string, at: number): { single: string; pair: string | undefined } {
    const isPair = this.#firstAt !== undefined && at - this.#firstAt <= pairMs;
    this.#firstAt = !isPair && key === first ? at : undefined;
    return { single: key, pair: isPair ? `${first} ${key}` : undefined };
  }
}

/** Whether keys go into something that is written in. */
export function isTyping(target: unknown): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !pressed.has(target.type);
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName);
}
