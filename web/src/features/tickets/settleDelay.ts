const first = 2_000
const longest = 15_000

/** Milliseconds before the n-th question to the bank: 2 s, growing by half, at most 15 s. */
export function settleDelay(attempt: number): number {
  return Math.min(longest, Math.round(first * 1.5 ** Math.min(attempt, 20)))
}
