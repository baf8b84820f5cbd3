/** What can be said about a showtime that is not on sale now. */
import type { Showtime } from '@/shared/api'

/** Days, hours, minutes and seconds until the sale opens, as far as they matter: "2 d 3 h", "4:05". */
export function countdownText(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000))
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3_600)
  const minutes = Math.floor((seconds % 3_600) / 60)
  if (days > 0) return `${String(days)} d ${String(hours)} h`
  if (hours > 0) return `${String(hours)} h ${String(minutes)} min`
  return `${String(minutes)}:${String(seconds % 60).padStart(2, '0')}`
}

/**
 * The showtime to offer instead: the first on sale after the wanted one, else the first on sale at
 * all; undefined when the film has none.
 */
export function nextOnSale(
  shows: readonly Showtime[],
  wanted: Pick<Showtime, 'id' | 'starts_at'>,
  now: Date,
): Showtime | undefined {
  const open = shows
    .filter((show) => show.id !== wanted.id && show.sale === 'on_sale')
    .filter((show) => new Date(show.sales_close_at) > now)
    .sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at))
  const after = open.find((show) => Date.parse(show.starts_at) >= Date.parse(wanted.starts_at))
  return after ?? open[0]
}
