import { expect, it } from 'vitest'
import { settleDelay } from './settleDelay'

it('asks soon, then ever more slowly, and never less than four times a minute', () => {
  expect([0, 1, 2].map(settleDelay)).toEqual([2000, 3000, 4500])
  expect(settleDelay(9)).toBe(15_000)
  expect(settleDelay(1e9)).toBe(15_000)
})
