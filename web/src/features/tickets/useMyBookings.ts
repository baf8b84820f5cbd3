import { useQuery } from '@/shared/api/query'
import { computed } from 'vue'
import { useSessionStore } from '@/features/auth'
import { get, type Booking, type Page, type ShowtimeDetail } from '@/shared/api'
import { useNow } from '@/shared/lib/useNow'
import { sortBookings, type BookingWithShow } from './sortBookings'

/** More bookings than this are reached by their reference. */
const limit = 100

/** The caller's own bookings with their shows, sorted for "My tickets". */
export function useMyBookings() {
  const session = useSessionStore()
  const now = useNow()
  const query = useQuery({
    key: () => ['mine', 'bookings', session.user?.id ?? ''],
    query: async ({ signal }) => {
      const page = await get<Page<Booking>>('/api/bookings', { query: { limit }, signal })
      return withShows(page.items, signal)
    },
    enabled: () => session.user !== null,
  })
  const ready = session.restore()
  const shelves = computed(() => sortBookings(query.data.value ?? [], now.value))
  const pending = computed(() => session.user !== null && !query.data.value && !query.error.value)
  const empty = computed(() => !pending.value && (query.data.value ?? []).length === 0)
  return { shelves, pending, empty, error: query.error, refetch: query.refetch, ready }
}

async function withShows(bookings: Booking[], signal: AbortSignal): Promise<BookingWithShow[]> {
  const ids = [...new Set(bookings.map((booking) => booking.showtime_id))]
  const shows = await Promise.allSettled(
    ids.map((id) => get<ShowtimeDetail>(`/api/showtimes/${encodeURIComponent(id)}`, { signal })),
  )
  const byId = new Map(
    shows.flatMap((result) =>
      result.status === 'fulfilled' ? [[result.value.id, result.value] as const] : [],
    ),
  )
  return bookings.map((booking) => ({ booking, show: byId.get(booking.showtime_id) }))
}
