import { expect, it } from 'vitest'
import { dayStart } from './dayStart'

it.each([
  ['2026-11-27', 'Europe/London', '2026-11-27T00:00:00.000Z'],
  ['2026-07-01', 'Europe/London', '2026-06-30T23:00:00.000Z'],
  ['2026-11-27', 'America/New_York', '2026-11-27T05:00:00.000Z'],
  ['2026-11-27', 'Asia/Kathmandu', '2026-11-26T18:15:00.000Z'],
  // The day of a change still begins at its own midnight.
  ['2026-03-29', 'Europe/London', '2026-03-29T00:00:00.000Z'],
  ['2026-10-25', 'Europe/London', '2026-10-24T23:00:00.000Z'],
])('%s in %s begins at %s', (date, zone, instant) => {
  expect(dayStart(date, zone)).toBe(instant)
})
