// SPDX-License-Identifier: Apache-2.0
// Objects with some of many known keys, filled fast. V8 makes a hash table of an object that gets more than a
// few computed keys one after the other, which takes long to make, to read and to clear away; a copy of an
// object that has the keys already stays a plain one.
import { shapeOf } from "./key-plan.ts";

/** More keys than a number has bits for presence; and most combinations that are remembered. */
const keysMax = 50;
const shapesMax = 256;

type Shape = { readonly places: readonly number[]; readonly empty: Readonly<Record<string, unknown>> };

/** Fills objects with those of some keys that have values. */
export class ValueShapes {
  readonly #keys: readonly string[];
  /** By the sum of 2 to the power of each key's place. */
  readonly #shapes = new Map<number, Shape>();

  /** @param keys in the order in which objects have them */
  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** An object with the values that there are, in the order of the keys. */
  fill<Value>(values: readonly (Value | undefined)[]): Record<string, Value> {
    const keys = this.#keys;
    let present = 0;
    let bit = 1;
    for (let place = 0; place < keys.length; place++) {
      if (values[place] !== undefined) present += bit;
      bit *= 2;
    }
    const shape =
      keys.length > keysMax ? undefined : (this.#shapes.get(present) ?? this.#made(present, values));
    if (shape === undefined) return this.#unshaped(values);
    const filled = { ...shape.empty } as Record<string, Value>;
    for (const place of shape.places) filled[keys[place] as string] = values[place] as Value;
    return filled;
  }

  #made(present: number, values: readonly unknown[]): Shape | undefined {
    if (this.#shapes.size >= shapesMax) return undefined;
    const places = [...this.#keys.keys()].filter((place) => values[place] !== undefined);
    const empty = shapeOf(
      places.map((place) => this.#keys[place] as string),
      null,
    );
    const shape: Shape = { places, empty };
    this.#shapes.set(present, shape);
    return shape;
  }

  #unshaped<Value>(values: readonly (Value | undefined)[]): Record<string, Value> {
    const filled: Record<string, Value> = {};
    for (const [place, key] of this.#keys.entries()) {
      const value = values[place];
      if (value !== undefined) filled[key] = value;
    }
    return filled;
  }
}
