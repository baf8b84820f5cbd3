import { expect, it } from 'vitest'
import type { SaleState, Showtime } from '@/shared/api'
import { houseTotals, percent } from './houseTotals'

function show(capacity: number, free: number, sale: SaleState = 'on_sale'): Showtime {
  return { sale, availability: { capacity, free, accessible_free: 0 } } as Showtime
}

it('adds a day up and leaves cancelled shows out', () => {
  const totals = houseTotals([show(100, 40), show(300, 0, 'sold_out'), show(64, 64, 'cancelled')])
  expect(totals).toEqual({ shows: 2, taken: 360, capacity: 400, occupancy: 90, soldOut: 1 })
})

it('survives a day without shows', () => {
  expect(houseTotals([]).occupancy).toBe(0)
  expect(percent(1, 3)).toBe(33)
})
