/**
 * Choosing several seats with one tap, and seeing that a choice leaves a single seat alone. The
 * server has the last word on both; this is what makes one tap feel right.
 */
import { blocksOf, neighbour, unitOf, type PlanRow, type PlanSeat, type SeatPlan } from './plan'

/** Tells whether a seat could be taken by this viewer now. */
export type Free = (seatId: string) => boolean

/**
 * The seats that one tap takes: `count` adjacent free seats that contain the tapped one, chosen so
 * that no single seat is left alone and the tapped one is near the middle; fewer when the free
 * stretch is shorter. Wheelchair and companion seats are only ever taken one by one.
 */
export function pickTogether(
  plan: SeatPlan,
  tapped: PlanSeat,
  count: number,
  free: Free,
): string[] {
  if (tapped.kind === 'wheelchair' || tapped.kind === 'companion') return [tapped.id]
  const run = freeRun(plan, tapped, free)
  const at = run.indexOf(tapped)
  const size = Math.min(count, run.length)
  let best: { score: number; seats: PlanSeat[] } | undefined
  for (let start = Math.max(0, at - size + 1); start <= Math.min(at, run.length - size); start++) {
    const seats = withUnits(plan, run.slice(start, start + size))
    const middle = start + (size - 1) / 2
    const score = penalty(plan, seats, size, free) + Math.abs(middle - at) + (middle < at ? 0.1 : 0)
    if (!best || score < best.score) best = { score, seats }
  }
  return (best?.seats ?? unitOf(plan, tapped)).map((seat) => seat.id)
}

/**
 * Free seats that `ids` would leave alone: no free seat beside them. Aisles, walls and the places of
 * wheelchair users count as ends, as on the server.
 */
export function orphansOf(plan: SeatPlan, ids: readonly string[], free: Free): string[] {
  const chosen = new Set(ids)
  const open = (seat: PlanSeat | undefined): boolean =>
    seat !== undefined && ordinary(seat) && !chosen.has(seat.id) && free(seat.id)
  const found = new Set<string>()
  for (const id of ids) {
    const seat = plan.byId.get(id)
    if (!seat) continue
    for (const step of [-1, 1] as const) {
      const beside = neighbour(plan, seat, step)
      if (!beside || !open(beside)) continue
      const beyond = neighbour(plan, beside, step)
      if (!open(beyond)) found.add(beside.id)
    }
  }
  return [...found]
}

/**
 * The nearest place in the same row for the same number of seats that leaves nobody alone; undefined
 * when there is none. The own seats count as free, because they would be given back.
 */
export function nearestShift(
  plan: SeatPlan,
  ids: readonly string[],
  free: Free,
): string[] | undefined {
  const own = new Set(ids)
  const row = rowOf(plan, ids)
  if (!row) return undefined
  const open: Free = (id) => own.has(id) || free(id)
  const usable = (seat: PlanSeat): boolean =>
    seat.kind !== 'couple' && ordinary(seat) && open(seat.id)
  const centre = mean(ids.map((id) => plan.byId.get(id)?.x ?? 0))
  let best: { distance: number; ids: string[] } | undefined
  for (const seats of windows(row, ids.length)) {
    const candidate = seats.map((seat) => seat.id)
    if (!seats.every(usable) || candidate.every((id) => own.has(id))) continue
    if (orphansOf(plan, candidate, open).length > 0) continue
    const distance = Math.abs(mean(seats.map((seat) => seat.x)) - centre)
    if (!best || distance < best.distance) best = { distance, ids: candidate }
  }
  return best?.ids
}

/** The one row that all the seats are in, or undefined. */
function rowOf(plan: SeatPlan, ids: readonly string[]): PlanRow | undefined {
  const rows = new Set(ids.map((id) => plan.byId.get(id)?.rowIndex))
  const [only] = rows
  return rows.size === 1 && only !== undefined ? plan.rows[only] : undefined
}

/** Every stretch of so many adjacent seats in a row. */
function windows(row: PlanRow, size: number): PlanSeat[][] {
  return blocksOf(row).flatMap((block) =>
    block.slice(0, Math.max(0, block.length - size + 1)).map((_, at) => block.slice(at, at + size)),
  )
}

/** Groups of exactly `count` adjacent free seats of a row, left to right, for the list. */
export function groupsOf(seats: readonly PlanSeat[], count: number): PlanSeat[][] {
  const groups: PlanSeat[][] = []
  for (let start = 0; start + count <= seats.length; start += count) {
    groups.push(seats.slice(start, start + count))
  }
  return groups
}

function freeRun(plan: SeatPlan, seat: PlanSeat, free: Free): PlanSeat[] {
  const run = [seat]
  for (const step of [-1, 1] as const) {
    let at = neighbour(plan, seat, step)
    while (at && ordinary(at) && free(at.id)) {
      if (step === 1) run.push(at)
      else run.unshift(at)
      at = neighbour(plan, at, step)
    }
  }
  return run
}

/** A couple seat goes as a whole, even where that makes one seat more. */
function withUnits(plan: SeatPlan, seats: readonly PlanSeat[]): PlanSeat[] {
  return [...new Set(seats.flatMap((seat) => unitOf(plan, seat)))]
}

function penalty(plan: SeatPlan, seats: PlanSeat[], size: number, free: Free): number {
  const ids = seats.map((seat) => seat.id)
  return orphansOf(plan, ids, free).length * 100 + Math.max(0, seats.length - size) * 1000
}

function ordinary(seat: PlanSeat): boolean {
  return seat.kind !== 'wheelchair' && seat.kind !== 'companion'
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
