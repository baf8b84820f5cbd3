import { expect, it } from 'vitest'
import type { Showtime } from '@/shared/api'
import { countdownText, nextOnSale } from './sale'

it.each([
  [200_000_000, '2 d 7 h'],
  [13_500_000, '3 h 45 min'],
  [245_000, '4:05'],
  [0, '0:00'],
  [-5, '0:00'],
])('%i ms to the opening reads %s', (left, text) => {
  expect(countdownText(left)).toBe(text)
})

const show = (id: string, hour: number, sale: Showtime['sale'] = 'on_sale'): Showtime => {
  const at = (h: number) => new Date(Date.UTC(2026, 10, 26, h)).toISOString()
  // Only what the choice looks at.
  return { id, sale, starts_at: at(hour), sales_close_at: at(hour) } as Showtime
}
const now = new Date(Date.UTC(2026, 10, 26, 12))

it('offers the first showtime on sale after the wanted one', () => {
  const wanted = show('wanted', 18, 'sold_out')
  const shows = [wanted, show('late', 22), show('next', 20), show('early', 14)]
  expect(nextOnSale(shows, wanted, now)?.id).toBe('next')
})

it('else the first on sale at all, and never a closed one', () => {
  const wanted = show('wanted', 23, 'sold_out')
  const shows = [show('over', 10), show('full', 20, 'sold_out'), show('early', 14)]
  expect(nextOnSale(shows, wanted, now)?.id).toBe('early')
  expect(nextOnSale([wanted], wanted, now)).toBeUndefined()
})
