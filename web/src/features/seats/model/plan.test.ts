import { describe, expect, it } from 'vitest'
import {
  blocksOf,
  companionsOf,
  neighbour,
  sortSeats,
  spacesOf,
  together,
  unitOf,
  type PlanSeat,
  type SeatPlan,
} from './plan'
import { planOf } from './testPlan'

const seat = (plan: SeatPlan, id: string): PlanSeat => {
  const found = plan.byId.get(id)
  if (!found) throw new Error(`no seat ${id}`)
  return found
}
const idsOf = (seats: readonly PlanSeat[]): string[] => seats.map((one) => one.id)

describe('makePlan', () => {
  it('leaves room for letters, screen and margin around the seats', () => {
    const plan = planOf('ssss', 'ssss')
    expect(plan.box.x).toBeLessThan(plan.lettersLeft)
    expect(plan.box.x + plan.box.width).toBeGreaterThan(plan.lettersRight)
    expect(plan.box.y).toBeLessThan(0)
    expect(plan.focus.x).toBe(2)
  })

  it('orders a row from left to right whatever the numbering', () => {
    const plan = planOf('sss')
    expect(plan.rows[0]?.seats.map((one) => one.colIndex)).toEqual([0, 1, 2])
  })
})

describe('neighbours', () => {
  it('end at an aisle', () => {
    const plan = planOf('ss ss')
    expect(neighbour(plan, seat(plan, 'A2'), 1)).toBeUndefined()
    expect(neighbour(plan, seat(plan, 'A2'), -1)?.id).toBe('A1')
    expect(blocksOf(plan.rows[0] ?? { label: '', index: 0, seats: [] }).map(idsOf)).toEqual([
      ['A1', 'A2'],
      ['A3', 'A4'],
    ])
  })

  it('decide whether seats are together', () => {
    const plan = planOf('sss ss', 'ss')
    expect(together(plan, ['A3', 'A2'])).toBe(true)
    expect(together(plan, ['A3', 'A4'])).toBe(false)
    expect(together(plan, ['A1', 'A3'])).toBe(false)
    expect(together(plan, ['A1', 'B1'])).toBe(false)
    expect(together(plan, ['A1'])).toBe(true)
  })
})

describe('pairs', () => {
  it('a couple seat is one unit from either half', () => {
    const plan = planOf('s()s')
    expect(idsOf(unitOf(plan, seat(plan, 'A2')))).toEqual(['A2', 'A3'])
    expect(idsOf(unitOf(plan, seat(plan, 'A3')))).toEqual(['A2', 'A3'])
    expect(idsOf(unitOf(plan, seat(plan, 'A1')))).toEqual(['A1'])
  })

  it('a companion seat knows its space and back', () => {
    const plan = planOf('wcs')
    expect(idsOf(spacesOf(plan, seat(plan, 'A2')))).toEqual(['A1'])
    expect(idsOf(companionsOf(plan, seat(plan, 'A1')))).toEqual(['A2'])
    expect(spacesOf(plan, seat(plan, 'A3'))).toEqual([])
  })
})

it('sortSeats reads row by row, unknown last', () => {
  const plan = planOf('sss', 'ss')
  expect(sortSeats(plan, ['Z9', 'B1', 'A3', 'A1'])).toEqual(['A1', 'A3', 'B1', 'Z9'])
})
