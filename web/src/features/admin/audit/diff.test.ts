import { expect, it } from 'vitest'
import { changesOf, diff } from './diff'

it('tells what an act changed, and leaves out what it did not', () => {
  const payload = {
    actor: 'us_1',
    before: { role: 'USER', cinema_ids: [], note: 'x' },
    after: { role: 'STAFF', cinema_ids: ['c1', 'c2'], note: 'x' },
  }
  expect(changesOf(payload)).toEqual([
    { name: 'role', before: 'USER', after: 'STAFF' },
    { name: 'cinema_ids', before: 'none', after: 'c1, c2' },
  ])
})

it('tells what came and what went', () => {
  expect(diff(null, { role: 'STAFF' })).toEqual([{ name: 'role', after: 'STAFF' }])
  expect(diff({ a: { b: 1 } }, null)).toEqual([{ name: 'a.b', before: '1' }])
  expect(diff('x', 'y')).toEqual([{ name: 'value', before: 'x', after: 'y' }])
})

it('shows the fields of an event without what stands above them', () => {
  const payload = { seat_ids: ['A1'], owner: 'us_1', reason: 'declined', amount: 1250, empty: '' }
  expect(changesOf(payload)).toEqual([
    { name: 'reason', after: 'declined' },
    { name: 'amount', after: '1250' },
  ])
})

it('survives anything', () => {
  expect(changesOf(null)).toEqual([])
  expect(changesOf('text')).toEqual([])
  expect(changesOf([1])).toEqual([])
  const wide = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, n]))
  expect(changesOf(wide)).toHaveLength(12)
})
