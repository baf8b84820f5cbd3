/** When and whether a closed socket is opened again. */

const FIRST_MS = 500
const LONGEST_MS = 15_000

/** Full-jitter backoff for the n-th failure in a row: 0.5 s at first, never above 15 s. */
export function backoffDelay(failures: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(10, Math.max(0, failures - 1)))
  return Math.round(FIRST_MS * 0.2 + random() * (ceiling - FIRST_MS * 0.2))
}

export interface CloseMeaning {
  /** Set when trying again is of no use. */
  readonly final?: 'session' | 'forbidden' | 'missing'
  /** The server's own wish, already spread by its jitter. */
  readonly retryAfterMs?: number
}

const FINAL: Readonly<Record<number, 'session' | 'forbidden' | 'missing'>> = {
  4401: 'session',
  4403: 'forbidden',
  4404: 'missing',
}

/** What a close code and its reason ask of the client. */
export function closeMeaning(code: number, reason: string): CloseMeaning {
  const final = FINAL[code]
  if (final) return { final }
  const wait = /(?:^|[;\s])retry_after=(\d{1,6})\b/.exec(reason)?.[1]
  return code === 1001 && wait !== undefined ? { retryAfterMs: Math.min(60_000, Number(wait)) } : {}
}
