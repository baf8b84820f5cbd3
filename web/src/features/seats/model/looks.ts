/** How a seat looks and is named for this viewer, from all that is known about it. */
import type { SeatKind } from '@/shared/api'
import type { PlanSeat } from './plan'
import type { SeatEntry } from './seatState'

/**
 * `mine` is held for the viewer, `pending` is on its way to be or from being so, `owned` is a ticket
 * of the viewer's; `held`, `sold` and `blocked` belong to others.
 */
export type Look = 'free' | 'mine' | 'pending' | 'owned' | 'held' | 'sold' | 'blocked'

export interface Wish {
  readonly held: ReadonlySet<string>
  readonly desired: ReadonlySet<string>
  /** Seats that the viewer's own bookings name as theirs; the map's snapshot does not tell. */
  readonly owned: ReadonlySet<string>
}

/** The look of a seat: what the viewer did comes before what the live map says. */
export function lookOf(seatId: string, entry: SeatEntry | undefined, wish: Wish): Look {
  const held = wish.held.has(seatId)
  const desired = wish.desired.has(seatId)
  if (held && desired) return 'mine'
  if (held || desired) return 'pending'
  if (!entry) return 'free'
  if (entry.state === 'blocked') return 'blocked'
  if (entry.state === 'booked') return entry.mine || wish.owned.has(seatId) ? 'owned' : 'sold'
  return entry.mine ? 'mine' : 'held'
}

/** Reports whether a press on a seat of this look does something. */
export function pressable(look: Look): boolean {
  return look === 'free' || look === 'mine' || look === 'pending'
}

const LOOK_NAMES: Record<Look, string> = {
  free: 'available',
  mine: 'yours',
  pending: 'being held for you',
  owned: 'your ticket',
  held: 'held by someone, may come back',
  sold: 'sold',
  blocked: 'not for sale',
}

const KIND_NAMES: Record<SeatKind, string> = {
  standard: '',
  premium: 'premium',
  couple: 'love seat, sold in pairs',
  wheelchair: 'wheelchair space',
  companion: 'companion seat, goes with the wheelchair space',
}

/** "Row F seat 7, premium, £16.50, available". */
export function seatName(seat: PlanSeat, price: string, look: Look): string {
  const parts = [`Row ${seat.rowLabel} seat ${String(seat.number)}`, KIND_NAMES[seat.kind]]
  return [...parts, price, LOOK_NAMES[look]].filter((part) => part !== '').join(', ')
}
