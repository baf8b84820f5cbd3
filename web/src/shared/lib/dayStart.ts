import { formatClock, localDate } from './formatTime'

/**
 * The instant at which a calendar day begins in a zone, RFC 3339. Where clocks are moved at midnight it
 * is the first moment that belongs to the day.
 */
export function dayStart(date: string, zone: string): string {
  const wanted = Date.parse(`${date}T00:00:00Z`)
  let instant = wanted
  // The zone's distance from UTC is that of the instant, which is only nearly known at first.
  for (let round = 0; round < 2; round++) {
    const shown = new Date(instant)
    const wall = Date.parse(`${localDate(shown, zone)}T${formatClock(shown, zone)}:00Z`)
    instant += wanted - wall
  }
  return new Date(instant).toISOString()
}
