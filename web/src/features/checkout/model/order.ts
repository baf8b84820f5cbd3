/** The seats of an order with their ticket types and all-in prices. */
import { sum, type PriceBook } from '@/features/seats'
import type { Money, TicketType } from '@/shared/api'

/** What an order needs to know of the prices. */
export type Prices = Pick<PriceBook, 'types' | 'typeFor' | 'entry'>

export interface OrderSeat {
  readonly id: string
  readonly category: string
  readonly kind: string
}

export interface OrderLine {
  readonly seatId: string
  readonly ticketType: string
  /** The types that are sold for this seat. */
  readonly choices: readonly { readonly type: TicketType; readonly price: Money }[]
  readonly price: Money | null
}

export interface Order {
  readonly lines: readonly OrderLine[]
  /** Null while a price is unknown. */
  readonly total: Money | null
  /** What the total contains, by label, in minor units: fees are never added on top. */
  readonly includes: readonly { readonly label: string; readonly amount: number }[]
}

/** Works out an order from the seats and the chosen types; seats without a choice take the default. */
export function orderOf(
  seats: readonly OrderSeat[],
  chosen: Readonly<Record<string, string>>,
  prices: Prices,
): Order {
  const parts = new Map<string, number>()
  const lines = seats.map((seat) => {
    const ticketType = chosen[seat.id] ?? prices.typeFor(seat.kind)
    const entry = prices.entry(seat, ticketType)
    for (const part of entry?.includes ?? []) {
      parts.set(part.label, (parts.get(part.label) ?? 0) + part.amount)
    }
    const choices = choicesOf(seat, prices)
    return { seatId: seat.id, ticketType, price: entry?.price ?? null, choices }
  })
  const includes = [...parts].map(([label, amount]) => ({ label, amount }))
  return { lines, total: sum(lines.map((line) => line.price ?? undefined)), includes }
}

function choicesOf(seat: OrderSeat, prices: Prices): OrderLine['choices'] {
  const allowed = prices.types.filter(
    (type) => type.seat_kinds?.some((one) => one === seat.kind) ?? true,
  )
  return allowed.flatMap((type) => {
    const price = prices.entry(seat, type.id)?.price
    return price ? [{ type, price }] : []
  })
}

/** What must be known about a ticket type: "14 or younger, bring proof". */
export function typeNote(type: TicketType): string {
  const age = type.max_age === undefined ? '' : `${String(type.max_age)} or younger`
  return [age, type.proof_required ? 'bring proof' : ''].filter((part) => part !== '').join(', ')
}
