/**
 * A layout prepared for the page: seats by id, neighbours in the row, the space that the drawing
 * needs. Built once per layout; nothing in it changes with the state of a seat.
 */
import type { Layout, LayoutFeature, SeatKind } from '@/shared/api'

export interface PlanSeat {
  readonly id: string
  readonly number: number
  readonly kind: SeatKind
  readonly category: string
  readonly pairId: string
  /** Centre in seat pitches. */
  readonly x: number
  readonly y: number
  readonly rowIndex: number
  readonly colIndex: number
  readonly rowLabel: string
}

export interface PlanRow {
  readonly label: string
  readonly index: number
  /** From left to right as drawn. */
  readonly seats: readonly PlanSeat[]
}

/** A rectangle in seat pitches. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface SeatPlan {
  readonly id: string
  readonly rows: readonly PlanRow[]
  readonly seats: readonly PlanSeat[]
  readonly byId: ReadonlyMap<string, PlanSeat>
  readonly screen: { readonly x: number; readonly y: number; readonly width: number }
  readonly features: readonly LayoutFeature[]
  /** Seats, screen, row letters and a margin. */
  readonly box: Box
  /** Where the letters of the rows stand. */
  readonly lettersLeft: number
  readonly lettersRight: number
  /** The middle of the house, two thirds back: where most people want to sit. */
  readonly focus: { readonly x: number; readonly y: number }
}

/** Two seats of a row whose centres are farther apart have an aisle or a gap between them. */
const ADJACENT = 1.3
const LETTER_GAP = 1.05
const MARGIN = 0.6

/** Prepares a published layout. */
export function makePlan(layout: Layout): SeatPlan {
  const rows = layout.rows.map((row, index) => planRow(row, index))
  const seats = rows.flatMap((row) => row.seats)
  const xs = seats.map((seat) => seat.x)
  const ys = seats.map((seat) => seat.y)
  const left = Math.min(...xs, layout.screen.x)
  const right = Math.max(...xs, layout.screen.x + layout.screen.width)
  const seatLeft = xs.length > 0 ? Math.min(...xs) : left
  const seatRight = xs.length > 0 ? Math.max(...xs) : right
  const lettersLeft = seatLeft - LETTER_GAP
  const lettersRight = seatRight + LETTER_GAP
  const boxLeft = Math.min(left, lettersLeft) - MARGIN
  const boxRight = Math.max(right, lettersRight) + MARGIN
  const top = Math.min(layout.screen.y, ...ys) - MARGIN - 0.3
  const bottom = Math.max(...ys, layout.screen.y + 1) + 0.5 + MARGIN
  const depth = Math.max(...ys, 0) - Math.min(...ys, Number.MAX_SAFE_INTEGER)
  return {
    id: layout.id,
    rows,
    seats,
    byId: new Map(seats.map((seat) => [seat.id, seat])),
    screen: layout.screen,
    features: layout.features,
    box: { x: boxLeft, y: top, width: boxRight - boxLeft, height: bottom - top },
    lettersLeft,
    lettersRight,
    focus: { x: (seatLeft + seatRight) / 2, y: Math.max(...ys, 0) - depth / 3 },
  }
}

function planRow(row: Layout['rows'][number], index: number): PlanRow {
  const sorted = [...row.seats].sort((a, b) => a.x - b.x)
  const seats = sorted.map((seat, colIndex) => ({
    id: seat.id,
    number: seat.number,
    kind: seat.kind,
    category: seat.category,
    pairId: seat.pair_id ?? '',
    x: seat.x,
    y: seat.y,
    rowIndex: index,
    colIndex,
    rowLabel: row.label,
  }))
  return { label: row.label, index, seats }
}

/** Reports whether two seats touch, with no aisle between them. */
export function adjacent(a: PlanSeat, b: PlanSeat): boolean {
  return a.rowIndex === b.rowIndex && Math.abs(a.x - b.x) <= ADJACENT
}

/** The seat beside, or undefined at an aisle or the end of the row. */
export function neighbour(plan: SeatPlan, seat: PlanSeat, step: 1 | -1): PlanSeat | undefined {
  const other = plan.rows[seat.rowIndex]?.seats[seat.colIndex + step]
  return other && adjacent(seat, other) ? other : undefined
}

/** The parts of a row between aisles, from left to right. */
export function blocksOf(row: PlanRow): PlanSeat[][] {
  const blocks: PlanSeat[][] = []
  for (const seat of row.seats) {
    const block = blocks.at(-1)
    const last = block?.at(-1)
    if (block && last && adjacent(last, seat)) block.push(seat)
    else blocks.push([seat])
  }
  return blocks
}

/**
 * Everything that is sold with this seat: both halves of a couple seat. A wheelchair space and its
 * companion seats are separate, see {@link companionsOf}.
 */
export function unitOf(plan: SeatPlan, seat: PlanSeat): readonly PlanSeat[] {
  if (seat.kind !== 'couple') return [seat]
  const row = plan.rows[seat.rowIndex]?.seats ?? []
  return row.filter((other) => other === seat || (other.kind === 'couple' && paired(seat, other)))
}

/** The wheelchair spaces that a companion seat belongs to; empty for any other seat. */
export function spacesOf(plan: SeatPlan, seat: PlanSeat): readonly PlanSeat[] {
  if (seat.kind !== 'companion') return []
  return plan.seats.filter((other) => other.kind === 'wheelchair' && paired(seat, other))
}

/** The companion seats of a wheelchair space; empty for any other seat. */
export function companionsOf(plan: SeatPlan, seat: PlanSeat): readonly PlanSeat[] {
  if (seat.kind !== 'wheelchair') return []
  return plan.seats.filter((other) => other.kind === 'companion' && paired(other, seat))
}

/** Pairs are written either way: one names the other, or both share a name. */
function paired(a: PlanSeat, b: PlanSeat): boolean {
  if (a.pairId !== '' && (a.pairId === b.id || a.pairId === b.pairId)) return true
  return b.pairId !== '' && b.pairId === a.id
}

/** Seat ids in reading order: row by row, left to right. Unknown ids come last. */
export function sortSeats(plan: SeatPlan, ids: Iterable<string>): string[] {
  const place = (id: string): number => {
    const seat = plan.byId.get(id)
    return seat ? seat.rowIndex * 10_000 + seat.colIndex : Number.MAX_SAFE_INTEGER
  }
  return [...ids].sort((a, b) => place(a) - place(b))
}

/** Reports whether the seats form one unbroken line in one row. */
export function together(plan: SeatPlan, ids: Iterable<string>): boolean {
  const seats = sortSeats(plan, ids).map((id) => plan.byId.get(id))
  return seats.every((seat, i) => {
    const before = seats[i - 1]
    return i === 0 || (seat !== undefined && before !== undefined && adjacent(before, seat))
  })
}
