// SPDX-License-Identifier: Apache-2.0
// Distinct events for the benchmark: comments of 300 to 500 bytes, one in four by an actor who was not seen
// before.
import type { Event } from "@docket/protocol";

const words = (
  "about after again along another around because before between better bridge bright camera carry " +
  "chapter city clear colour corner country every evening follow forest garden gentle ground happen " +
  "harbour house journey later letter light listen little market matter measure middle minute morning " +
  "mountain music narrow never often open other paper people perhaps picture place quiet reason " +
  "remember river road season second simple small sound station still story street summer table teacher " +
  "through together travel under until village voice water winter"
).split(" ");
const shortestTextChars = 120;
const textCharsSpread = 160;
const newActorEvery = 4;

/** A source of events that never repeats one; `prefix` keeps the ids of several sources apart. */
export function eventSource(prefix: string): () => Event {
  let count = 0;
  let state = 0x2545f491;
  const below = (limit: number): number => {
    // xorshift32: cheap, and the same events in every run.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return () => {
    const number = count++;
    const actors = Math.floor(number / newActorEvery);
    const actor = number % newActorEvery === 0 ? actors : below(actors + 1);
    const length = shortestTextChars + below(textCharsSpread);
    let text = "";
    while (text.length < length) text += `${words[below(words.length)]} `;
    return {
      id: `${prefix}-${number}`,
      type: "comment",
      time: new Date().toISOString(),
      actor: { id: `${prefix}-account-${actor}`, name: `Reader ${actor}` },
      content: { id: `c${number}`, text: text.trimEnd(), language: "en", group: `thread-${number % 97}` },
    };
  };
}
