// SPDX-License-Identifier: Apache-2.0

/** One event: mostly harmless, some link spam, few actors, so that counters and standing matter. */
export function eventLine(place: number): string {
  const time = new Date(Date.UTC(2026, 0, 1) + place * 900).toISOString();
  const text =
    place % 6 === 0
      ? `visit http://spam${place % 3}.example.com/ now and buy the thing everybody wants`
      : `comment number ${place} says something of its own`;
  const event = {
    id: `e${place}`,
    type: "comment",
    time,
    actor: { id: `u${place % 97}` },
    content: { text },
  };
  return `${JSON.stringify(event)}\n`;
}

/** The entry of an opaque log. */
export function entryOf(place: number): string {
  return `entry ${place} ${"x".repeat((place * 37) % 300)}`;
}
