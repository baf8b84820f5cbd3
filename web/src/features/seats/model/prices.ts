/** All-in prices by category and ticket type, as the showtime tells them. */
import type { Money, PriceEntry, ShowtimeDetail, TicketType } from '@/shared/api'

export interface PriceBook {
  /** The ticket type of a seat about which nothing was said. */
  readonly defaultType: string
  readonly types: readonly TicketType[]
  /** The entry for one seat; undefined when this type is not sold in that category. */
  readonly entry: (category: string, ticketType?: string) => PriceEntry | undefined
  /** The sum for default tickets in these categories; null when one has no price. */
  readonly total: (categories: readonly string[]) => Money | null
}

/** Prepares the prices of a showtime for look-up. */
export function priceBook(show: Pick<ShowtimeDetail, 'prices' | 'ticket_types'>): PriceBook {
  const types = show.ticket_types
  const defaultType = types.find((type) => type.default)?.id ?? types[0]?.id ?? 'adult'
  const entries = new Map(show.prices.map((one) => [`${one.category}|${one.ticket_type}`, one]))
  const entry = (category: string, ticketType = defaultType): PriceEntry | undefined =>
    entries.get(`${category}|${ticketType}`)
  return {
    defaultType,
    types,
    entry,
    total: (categories) => sum(categories.map((category) => entry(category)?.price)),
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
