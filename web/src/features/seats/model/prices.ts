/** All-in prices by category and ticket type, as the showtime tells them. */
import type { Money, PriceEntry, ShowtimeDetail, TicketType } from '@/shared/api'

/** What of a seat decides its price. */
export interface PricedSeat {
  readonly category: string
  readonly kind: string
}

export interface PriceBook {
  readonly types: readonly TicketType[]
  /** The ticket type of a seat about which nothing was said: a type made for its kind, else the default. */
  readonly typeFor: (kind: string) => string
  /** The entry for one seat; undefined when this type is not sold in its category. */
  readonly entry: (seat: PricedSeat, ticketType?: string) => PriceEntry | undefined
  /** The sum of the seats at their default tickets; null when one has no price. */
  readonly total: (seats: readonly PricedSeat[]) => Money | null
}

/** Prepares the prices of a showtime for look-up. */
export function priceBook(show: Pick<ShowtimeDetail, 'prices' | 'ticket_types'>): PriceBook {
  const types = show.ticket_types
  const ordinary = types.find((type) => type.default)?.id ?? types[0]?.id ?? 'adult'
  const entries = new Map(show.prices.map((one) => [`${one.category}|${one.ticket_type}`, one]))
  const typeFor = (kind: string): string =>
    types.find((type) => type.seat_kinds?.some((one) => one === kind))?.id ?? ordinary
  const entry = ({ category, kind }: PricedSeat, ticketType = typeFor(kind)) =>
    entries.get(`${category}|${ticketType}`)
  return {
    types,
    typeFor,
    entry,
    total: (seats) => sum(seats.map((seat) => entry(seat)?.price)),
  }
}

/** Adds prices of one currency; null when one is missing or the currencies differ. */
export function sum(prices: readonly (Money | undefined)[]): Money | null {
  const [first] = prices
  if (!first) return null
  let amount = 0
  for (const price of prices) {
    if (price?.currency !== first.currency) return null
    amount += price.amount
  }
  return { amount, currency: first.currency }
}
