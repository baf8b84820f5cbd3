import { useQuery } from '@/shared/api/query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { get, type Page, type Showtime } from '@/shared/api'

/** All showtimes of one business day in a house. */
export function useDayShowtimes(
  cinemaId: MaybeRefOrGetter<string | undefined>,
  date: MaybeRefOrGetter<string>,
) {
  return useQuery({
    key: () => ['showtimes', toValue(cinemaId) ?? '', toValue(date)],
    query: ({ signal }) => dayShowtimes(toValue(cinemaId) ?? '', toValue(date), signal),
    enabled: () => toValue(cinemaId) !== undefined && toValue(date) !== '',
  })
}

/** Reads a whole day; a busy house has more shows than one page holds. */
export async function dayShowtimes(
  cinemaId: string,
  date: string,
  signal?: AbortSignal,
): Promise<Showtime[]> {
  const items: Showtime[] = []
  let cursor: string | null | undefined
  // 200 a page: five pages are more than any house can play in a day.
  for (let page = 0; page < 5; page++) {
    const query = { cinema_id: cinemaId, date, limit: 200, cursor }
    const answer = await get<Page<Showtime>>('/api/showtimes', { query, signal })
    items.push(...answer.items)
    cursor = answer.next_cursor
    if (!cursor) break
  }
  return items
}
