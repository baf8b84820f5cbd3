/** Where a key moves the focus in the seat grid. Pure, so that the whole table can be tested. */
import type { PlanRow, PlanSeat, SeatPlan } from './plan'

export interface GridKey {
  readonly key: string
  readonly ctrl: boolean
}

/**
 * The seat a key leads to, or undefined when the key does not move. Between rows the nearest seat
 * by x is taken, so that an aisle or a shorter row does not throw the focus aside.
 */
export function move(plan: SeatPlan, from: PlanSeat, { key, ctrl }: GridKey): PlanSeat | undefined {
  const go = ctrl ? CTRL_MOVES[key] : MOVES[key]
  if (go) return go(plan, from)
  return ctrl ? undefined : byLetter(plan, from, key)
}

type Move = (plan: SeatPlan, from: PlanSeat) => PlanSeat | undefined

/** A page of the keyboard is so many rows. */
const PAGE = 5

const MOVES: Readonly<Record<string, Move>> = {
  ArrowLeft: (plan, from) => plan.rows[from.rowIndex]?.seats[from.colIndex - 1],
  ArrowRight: (plan, from) => plan.rows[from.rowIndex]?.seats[from.colIndex + 1],
  ArrowUp: (plan, from) => nearest(seatedRow(plan, from.rowIndex, -1), from.x),
  ArrowDown: (plan, from) => nearest(seatedRow(plan, from.rowIndex, 1), from.x),
  Home: (plan, from) => plan.rows[from.rowIndex]?.seats[0],
  End: (plan, from) => plan.rows[from.rowIndex]?.seats.at(-1),
  PageUp: (plan, from) => nearest(plan.rows[Math.max(0, from.rowIndex - PAGE)], from.x),
  PageDown: (plan, from) =>
    nearest(plan.rows[Math.min(plan.rows.length - 1, from.rowIndex + PAGE)], from.x),
}

const CTRL_MOVES: Readonly<Record<string, Move>> = {
  Home: (plan) => plan.seats[0],
  End: (plan) => plan.seats.at(-1),
}

/** A letter goes to the next row of that name; with AA and AB, pressing A again walks them. */
function byLetter(plan: SeatPlan, from: PlanSeat, key: string): PlanSeat | undefined {
  if (!/^[a-z]$/i.test(key)) return undefined
  const letter = key.toUpperCase()
  const count = plan.rows.length
  for (let step = 1; step <= count; step++) {
    const row = plan.rows[(from.rowIndex + step) % count]
    if (row?.label.toUpperCase().startsWith(letter)) return nearest(row, from.x)
  }
  return undefined
}

function seatedRow(plan: SeatPlan, index: number, step: 1 | -1): PlanRow | undefined {
  for (let at = index + step; at >= 0 && at < plan.rows.length; at += step) {
    const row = plan.rows[at]
    if (row && row.seats.length > 0) return row
  }
  return undefined
}

function nearest(row: PlanRow | undefined, x: number): PlanSeat | undefined {
  let best: PlanSeat | undefined
  for (const seat of row?.seats ?? []) {
    if (!best || Math.abs(seat.x - x) < Math.abs(best.x - x)) best = seat
  }
  return best
}
