import { describe, expect, it } from 'vitest'
import { groupsOf, nearestShift, orphansOf, pickTogether, type Free } from './party'
import type { PlanSeat, SeatPlan } from './plan'
import { planOf } from './testPlan'

const seat = (plan: SeatPlan, id: string): PlanSeat => {
  const found = plan.byId.get(id)
  if (!found) throw new Error(`no seat ${id}`)
  return found
}
const allFree: Free = () => true
const taken =
  (...ids: string[]): Free =>
  (id) =>
    !ids.includes(id)

describe('pickTogether', () => {
  it('takes neighbours to the right when nothing speaks against it', () => {
    const plan = planOf('ssssssss')
    expect(pickTogether(plan, seat(plan, 'A4'), 2, allFree)).toEqual(['A4', 'A5'])
  })

  it('puts the tapped seat in the middle of three', () => {
    const plan = planOf('ssssssss')
    expect(pickTogether(plan, seat(plan, 'A4'), 3, allFree)).toEqual(['A3', 'A4', 'A5'])
  })

  it('shifts to leave nobody alone', () => {
    const plan = planOf('ssssssss')
    expect(pickTogether(plan, seat(plan, 'A4'), 2, taken('A7'))).toEqual(['A3', 'A4'])
  })

  it('stays inside the block between aisles and taken seats', () => {
    const plan = planOf('sss sss')
    expect(pickTogether(plan, seat(plan, 'A3'), 2, allFree)).toEqual(['A2', 'A3'])
    expect(pickTogether(plan, seat(plan, 'A4'), 4, allFree)).toEqual(['A4', 'A5', 'A6'])
  })

  it('takes what is there when the stretch is short', () => {
    const plan = planOf('sss')
    expect(pickTogether(plan, seat(plan, 'A2'), 4, taken('A1', 'A3'))).toEqual(['A2'])
  })

  it('takes a couple seat whole, even for one', () => {
    const plan = planOf('s()s')
    expect(pickTogether(plan, seat(plan, 'A2'), 1, allFree)).toEqual(['A2', 'A3'])
    expect(pickTogether(plan, seat(plan, 'A3'), 2, allFree)).toEqual(['A2', 'A3'])
  })

  it('takes wheelchair and companion seats one by one and never for others', () => {
    const plan = planOf('wcss')
    expect(pickTogether(plan, seat(plan, 'A1'), 2, allFree)).toEqual(['A1'])
    expect(pickTogether(plan, seat(plan, 'A2'), 2, allFree)).toEqual(['A2'])
    expect(pickTogether(plan, seat(plan, 'A3'), 4, allFree)).toEqual(['A3', 'A4'])
  })
})

describe('orphansOf', () => {
  it('finds the single seat between mine and a taken one', () => {
    const plan = planOf('sssssss')
    expect(orphansOf(plan, ['A3', 'A4'], taken('A6'))).toEqual(['A5'])
  })

  it('counts walls, aisles and wheelchair places as ends', () => {
    const plan = planOf('sss ssw')
    expect(orphansOf(plan, ['A2'], allFree)).toEqual(['A1', 'A3'])
    expect(orphansOf(plan, ['A4'], allFree)).toEqual(['A5'])
    expect(orphansOf(plan, ['A1'], allFree)).toEqual([])
  })
})

describe('nearestShift', () => {
  it('offers the nearest place in the row that leaves nobody alone', () => {
    const plan = planOf('ssssssss')
    const free = taken('A2', 'A4', 'A5')
    expect(orphansOf(plan, ['A4', 'A5'], free)).toEqual(['A3'])
    expect(nearestShift(plan, ['A4', 'A5'], free)).toEqual(['A3', 'A4'])
  })

  it('has nothing to offer when the row is full', () => {
    const plan = planOf('sss')
    expect(nearestShift(plan, ['A1'], taken('A2', 'A3'))).toBeUndefined()
  })

  it('does not move a party of two rows', () => {
    const plan = planOf('sss', 'sss')
    expect(nearestShift(plan, ['A1', 'B1'], allFree)).toBeUndefined()
  })
})

it('groupsOf cuts a stretch into whole parties', () => {
  const plan = planOf('sssss')
  const groups = groupsOf(plan.rows[0]?.seats ?? [], 2)
  expect(groups.map((group) => group.map((one) => one.id))).toEqual([
    ['A1', 'A2'],
    ['A3', 'A4'],
  ])
})
