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
  const row = plan.rows[from.rowIndex]
  if (!row) return undefined
  switch (key) {
    case 'ArrowLeft':
      return row.seats[from.colIndex - 1]
    case 'ArrowRight':
      return row.seats[from.colIndex + 1]
    case 'ArrowUp':
      return nearest(seatedRow(plan, from.rowIndex, -1), from.x)
    case 'ArrowDown':
      return nearest(seatedRow(plan, from.rowIndex, 1), from.x)
    case 'Home':
      return ctrl ? plan.seats[0] : row.seats[0]
    case 'End':
      return ctrl ? plan.seats.at(-1) : row.seats.at(-1)
    case 'PageUp':
      return nearest(plan.rows[Math.max(0, from.rowIndex - 5)], from.x)
    case 'PageDown':
      return nearest(plan.rows[Math.min(plan.rows.length - 1, from.rowIndex + 5)], from.x)
    default:
      return ctrl ? undefined : byLetter(plan, from, key)
  }
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
