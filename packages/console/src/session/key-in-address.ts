// SPDX-License-Identifier: Apache-2.0

/** A fragment, which browsers send to no server. */
const inFragment = /^#key=(dk_[\w-]{43})$/;

/** Takes an API key out of the address that brought it, so that it stands in no history. */
export function takeKey(
  place: Pick<Location, "hash" | "pathname" | "search">,
  past: Pick<History, "replaceState">,
): string | undefined {
  const [, key] = inFragment.exec(place.hash) ?? [];
  if (key !== undefined) past.replaceState(null, "", place.pathname + place.search);
  return key;
}
