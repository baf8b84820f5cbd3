/**
 * The rules of the hold clock: what it shows, when it may speak. It speaks at two minutes, one
 * minute and twenty seconds and at no other moment; it never ends a hold, only the server does.
 */

/** `calm`, then `soon` from two minutes, then `last` from thirty seconds. */
export type ClockPhase = 'calm' | 'soon' | 'last' | 'over'

export const SOON_MS = 120_000
export const LAST_MS = 30_000

const ANNOUNCED: readonly { at: number; text: string }[] = [
  { at: 20_000, text: '20 seconds left' },
  { at: 60_000, text: '1 minute left' },
  { at: 120_000, text: '2 minutes left' },
]

/** The phase for the time left in milliseconds. */
export function phaseOf(leftMs: number): ClockPhase {
  if (leftMs <= 0) return 'over'
  if (leftMs <= LAST_MS) return 'last'
  return leftMs <= SOON_MS ? 'soon' : 'calm'
}

/** Minutes and seconds as the eye reads them; a started second counts as a whole one. */
export function clockText(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000))
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`
}

/**
 * What is said when the time left goes from `before` to `now`; undefined nearly always. When several
 * marks are passed at once (a tab that slept) only the nearest to the end is said.
 */
export function announcement(before: number, now: number): string | undefined {
  if (now <= 0) return undefined
  return ANNOUNCED.find((mark) => before > mark.at && now <= mark.at)?.text
}

/** How long until the shown text changes next, in milliseconds; at least 50. */
export function nextTick(leftMs: number): number {
  return Math.max(50, (leftMs % 1000) + 5)
}
