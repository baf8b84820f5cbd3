/** The drawing of seats as path data, in drawing units: one seat pitch is 32 of them. */
import { unitOf, type PlanSeat, type SeatPlan } from './plan'
import type { Look } from './looks'

export const PITCH = 32
/** Side of a seat body, so that 26 are left at zoom 1. */
export const BODY = 26
const RADIUS = 6

export interface Point {
  readonly x: number
  readonly y: number
}

/** The centre of a seat in the drawing. */
export function centreOf(plan: SeatPlan, at: Point): Point {
  return { x: (at.x - plan.box.x) * PITCH, y: (at.y - plan.box.y) * PITCH }
}

/** Width and height of the drawing. */
export function sizeOf(plan: SeatPlan): { width: number; height: number } {
  return {
    width: Math.ceil(plan.box.width * PITCH),
    height: Math.ceil(plan.box.height * PITCH),
  }
}

/** The outline and the sign of a seat, as one path. */
export function seatPath(plan: SeatPlan, seat: PlanSeat, look: Look): string {
  const { x, y } = centreOf(plan, seat)
  return bodyPath(plan, seat, x, y) + signPath(seat, look, x, y)
}

function bodyPath(plan: SeatPlan, seat: PlanSeat, x: number, y: number): string {
  const half = BODY / 2
  let left = x - half
  let right = x + half
  const other = unitOf(plan, seat).find((one) => one !== seat)
  // The halves of a love seat reach for each other.
  if (other) {
    if (other.x < seat.x) left -= (PITCH - BODY) / 2 - 1
    else right += (PITCH - BODY) / 2 - 1
  }
  return roundRect(left, y - half, right - left, BODY)
}

/**
 * The sign inside the outline. Every part runs clockwise or back over itself: a part that ran the
 * other way round would cut a hole into the filled seat.
 */
function signPath(seat: PlanSeat, look: Look, x: number, y: number): string {
  if (look === 'mine' || look === 'owned') return `M${x + 6.5} ${y - 4}l-8 8.5l-4.5-4.5`
  if (look === 'blocked') return `M${x - 5} ${y - 5}l10 10m0-10l-10 10`
  // What belongs to others recedes: no sign.
  if (look === 'sold' || look === 'held') return ''
  switch (seat.kind) {
    case 'premium':
      return `M${x - 6} ${y + 8}h12`
    case 'wheelchair':
      return (
        `M${x - 1.4} ${y - 8.4}a1.5 1.5 0 1 1-.01 0z` +
        `M${x + 5.6} ${y + 6.2}l-2.4-5h-4.6v-4.8v4.8h4.6l2.4 5` +
        `M${x + 1.8} ${y + 5.6}a4.6 4.6 0 1 1-5.4-6.2`
      )
    case 'companion':
      return `M${x - 7} ${y}h6m-3-3v6M${x + 2.4} ${y - 2.6}l2.8-2v9.4v-9.4z`
    default:
      return ''
  }
}

function roundRect(x: number, y: number, width: number, height: number): string {
  const w = width - 2 * RADIUS
  const h = height - 2 * RADIUS
  const arc = (dx: number, dy: number) => `a${RADIUS} ${RADIUS} 0 0 1 ${dx} ${dy}`
  return (
    `M${x + RADIUS} ${y}h${w}${arc(RADIUS, RADIUS)}v${h}${arc(-RADIUS, RADIUS)}` +
    `h${-w}${arc(-RADIUS, -RADIUS)}v${-h}${arc(RADIUS, -RADIUS)}z`
  )
}

/** The screen as a gentle arc over the first row, and the light that falls from it. */
export function screenPaths(plan: SeatPlan): { arc: string; glow: string; label: Point } {
  const { x, y } = centreOf(plan, plan.screen)
  const width = plan.screen.width * PITCH
  const rise = Math.min(20, width * 0.025)
  const top = y + rise
  const depth = Math.min(sizeOf(plan).height - top, PITCH * 5)
  const arc = `M${x} ${top}Q${x + width / 2} ${top - 2 * rise} ${x + width} ${top}`
  const spread = PITCH
  const glow = `${arc}L${x + width + spread} ${top + depth}H${x - spread}z`
  return { arc, glow, label: { x: x + width / 2, y: top + rise } }
}
