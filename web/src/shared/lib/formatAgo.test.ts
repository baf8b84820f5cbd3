import { expect, it } from 'vitest'
import { formatAgo, formatFullDay, formatInstant } from './formatAgo'

const now = new Date('2026-11-27T18:00:00Z')

it.each([
  ['2026-11-27T17:59:30Z', 'just now'],
  ['2026-11-27T18:00:30Z', 'just now'],
  ['2026-11-27T17:58:59Z', '1 minute ago'],
  ['2026-11-27T17:01:00Z', '59 minutes ago'],
  ['2026-11-27T16:30:00Z', '1 hour ago'],
  ['2026-11-26T18:30:00Z', '23 hours ago'],
  ['2026-11-20T18:30:00Z', 'Fri 20 Nov'],
])('says %s as %s', (instant, text) => {
  expect(formatAgo(instant, now, 'Europe/London')).toBe(text)
})

it('names moments and far days', () => {
  expect(formatInstant('2026-11-27T23:30:00Z', 'Asia/Bangkok')).toBe('Sat 28 Nov, 06:30')
  expect(formatFullDay('2027-02-25T10:00:00Z', 'Europe/London')).toBe('Thu 25 Feb 2027')
})
