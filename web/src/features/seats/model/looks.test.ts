import { describe, expect, it } from 'vitest'
import { lookOf, pressable, seatName, type Wish } from './looks'
import { planOf } from './testPlan'

const wish = (held: string[], desired: string[], owned: string[] = []): Wish => ({
  held: new Set(held),
  desired: new Set(desired),
  owned: new Set(owned),
})
const none = wish([], [])

describe('lookOf', () => {
  it.each([
    ['free', undefined, none],
    ['held', { state: 'locked', mine: false }, none],
    ['mine', { state: 'locked', mine: true }, none],
    ['sold', { state: 'booked', mine: false }, none],
    ['owned', { state: 'booked', mine: true }, none],
    ['owned', { state: 'booked', mine: false }, wish([], [], ['A1'])],
    ['blocked', { state: 'blocked', mine: false }, none],
    ['pending', undefined, wish([], ['A1'])],
    ['pending', { state: 'locked', mine: true }, wish(['A1'], [])],
    ['mine', { state: 'locked', mine: false }, wish(['A1'], ['A1'])],
  ] as const)('is %s for %j', (look, entry, viewer) => {
    expect(lookOf('A1', entry, viewer)).toBe(look)
  })

  it('only what can be taken or given back is pressable', () => {
    const looks = ['free', 'mine', 'pending', 'owned', 'held', 'sold', 'blocked'] as const
    expect(looks.filter(pressable)).toEqual(['free', 'mine', 'pending'])
  })
})

it('seatName says row, number, kind, price and state', () => {
  const plan = planOf('sp')
  const [standard, premium] = plan.seats
  expect(standard && seatName(standard, '£12.50', 'sold')).toBe('Row A seat 1, £12.50, sold')
  expect(premium && seatName(premium, '£16.50', 'free')).toBe(
    'Row A seat 2, premium, £16.50, available',
  )
})
