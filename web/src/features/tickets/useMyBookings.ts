import { computed } from 'vue'
import { useSessionStore } from '@/features/auth'
import { get, type Booking, type Page } from '@/shared/api'
import { useQuery } from '@/shared/api/query'
import { useNow } from '@/shared/lib/useNow'
import { sortBookings } from './sortBookings'

/** More bookings than this are reached by their reference. */
const limit = 100

/** The caller's own bookings, sorted for "My tickets". */
export function useMyBookings() {
  const session = useSessionStore()
  const now = useNow()
  const { data, error, refetch } = useQuery({
    key: () => ['mine', 'bookings', session.user?.id ?? ''],
    query: ({ signal }) => get<Page<Booking>>('/api/bookings', { query: { limit }, signal }),
    enabled: () => session.user !== null,
  })
  void session.restore()
  const bookings = computed(() => data.value?.items ?? [])
  const shelves = computed(() => sortBookings(bookings.value, now.value))
  const pending = computed(
    () => !session.loaded || (session.user !== null && !data.value && !error.value),
  )
  const empty = computed(() => !pending.value && bookings.value.length === 0)
  return { shelves, pending, empty, error, refetch }
}
