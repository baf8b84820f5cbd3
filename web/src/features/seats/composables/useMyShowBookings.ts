import { computed, type ComputedRef } from 'vue'
import { useSessionStore } from '@/features/auth'
import { get, type Booking, type Page } from '@/shared/api'
import { useQuery } from '@/shared/api/query'

/** The viewer's bookings of one showtime, newest first; empty while there is no session. */
export function useMyShowBookings(showtimeId: string): ComputedRef<readonly Booking[]> {
  const session = useSessionStore()
  const { data } = useQuery({
    key: () => ['mine', 'bookings', 'of-show', showtimeId, session.user?.id ?? ''],
    query: ({ signal }) =>
      get<Page<Booking>>('/api/bookings', {
        query: { showtime_id: showtimeId, limit: 50 },
        signal,
      }),
    enabled: () => session.user !== null,
  })
  return computed(() => data.value?.items ?? [])
}
