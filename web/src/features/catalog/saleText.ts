import type { Showtime } from '@/shared/api'
import { formatClock, formatDay, localDate } from '@/shared/lib/formatTime'
import { plural } from '@/shared/i18n'

/** Below this many seats the number itself is worth saying; it is a fact, not a push. */
const few = 10

/** Why a showtime cannot be bought, in a few words; empty when it can. */
export function saleText(show: Showtime): string {
  switch (show.sale) {
    case 'on_sale':
      return ''
    case 'sold_out':
      return 'Sold out'
    case 'cancelled':
      return 'Cancelled'
    case 'closed':
      return 'Sales closed'
    case 'not_yet': {
      const day = formatDay(localDate(show.on_sale_at, show.zone))
      return `On sale ${day}, ${formatClock(show.on_sale_at, show.zone)}`
    }
  }
}

/** How many seats are left: "134 seats left", "Only 6 left". */
export function availabilityText(show: Showtime): string {
  const { free } = show.availability
  if (free > 0 && free <= few) return `Only ${free} left`
  return plural(free, { one: '# seat left', other: '# seats left' })
}

/** The shows that can still be chosen at that moment, in the order of their start. */
export function showsLeft(shows: readonly Showtime[], now: Date): Showtime[] {
  return shows
    .filter((show) => show.sale !== 'closed' && new Date(show.sales_close_at) > now)
    .sort(byStart)
}

/** Orders shows by their start. */
export function byStart(a: Showtime, b: Showtime): number {
  return a.starts_at.localeCompare(b.starts_at)
}
