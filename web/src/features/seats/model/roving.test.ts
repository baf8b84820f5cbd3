import { expect, it } from 'vitest'
import { move } from './roving'
import { planOf } from './testPlan'

const plan = planOf('ssss', '  ss', 'ssss')

it.each([
  ['A1', 'ArrowRight', false, 'A2'],
  ['A1', 'ArrowLeft', false, undefined],
  ['A4', 'ArrowRight', false, undefined],
  ['A1', 'ArrowDown', false, 'B1'],
  ['B1', 'ArrowDown', false, 'C3'],
  ['C2', 'ArrowUp', false, 'B1'],
  ['A2', 'ArrowUp', false, undefined],
  ['C2', 'Home', false, 'C1'],
  ['C2', 'End', false, 'C4'],
  ['C2', 'Home', true, 'A1'],
  ['A2', 'End', true, 'C4'],
  ['A4', 'c', false, 'C4'],
  ['A4', 'B', false, 'B2'],
  ['A4', 'c', true, undefined],
  ['A4', 'z', false, undefined],
  ['A4', 'Tab', false, undefined],
  ['C4', 'PageUp', false, 'A4'],
  ['A1', 'PageDown', false, 'C1'],
])('from %s %s (ctrl %s) goes to %s', (from, key, ctrl, to) => {
  const seat = plan.byId.get(from)
  expect(seat && move(plan, seat, { key, ctrl })?.id).toBe(to)
})

it('a letter walks rows that share it', () => {
  const rows = planOf('s', 's', 's')
  const first = rows.byId.get('A1')
  expect(first && move(rows, first, { key: 'a', ctrl: false })?.id).toBe('A1')
})
