// SPDX-License-Identifier: Apache-2.0
// Distinct events for the benchmark: comments of 300 to 500 bytes, some by actors who were not seen before.
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
const actorsCycle = 4;

/**
 * A source of events that never repeats one; `prefix` keeps the ids of several sources apart.
 *
 * @param newActors of four events in a row, so many are by new actors
 */
export function eventSource(prefix: string, newActors = 1): () => Event {
  let count = 0;
  let actors = 0;
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
    const actor = number % actorsCycle < newActors ? actors++ : below(actors);
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
