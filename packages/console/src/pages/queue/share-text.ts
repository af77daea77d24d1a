// SPDX-License-Identifier: Apache-2.0
// Shares and agreement with their intervals, since few cases say little.

/** A share, 0 to 1, with its 95% interval; `null` where nothing says it. */
export type Interval = {
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
};
/** Cohen's kappa, with its 95% interval. */
export type Agreed = {
  readonly cases: number;
  readonly observed: number;
  readonly kappa: number | null;
  readonly low: number | null;
  readonly high: number | null;
};

/** "2.1 % (0.4 % to 6.0 %)". */
export function shareText({ share, low, high }: Interval): string {
  if (share === null) return "no cases";
  if (low === null || high === null) return percent(share);
  return `${percent(share)} (${percent(low)} to ${percent(high)})`;
}

/** "0.81 (0.62 to 1.00), of 40 cases". */
export function kappaText({ cases, kappa, low, high }: Agreed): string {
  if (cases === 0) return "no second reviews";
  const of = cases === 1 ? "of 1 case" : `of ${cases} cases`;
  if (kappa === null) return `can't be said, ${of}`;
  if (low === null || high === null) return `${kappa.toFixed(2)}, ${of}`;
  return `${kappa.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}), ${of}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
