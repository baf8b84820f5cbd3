import { invalidateQueries, setQueryData, useQuery } from '@/shared/api/query'
import { computed, onScopeDispose, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { get, post, type Booking, type BookingAnswer } from '@/shared/api'
import { settleDelay } from './settleDelay'

/**
 * One booking. While its payment is open the bank is asked again and again, ever more slowly, until
 * the answer is final; asking is safe at any time and never pays twice.
 */
export function useBooking(id: MaybeRefOrGetter<string>) {
  const key = () => ['mine', 'booking', toValue(id)]
  const path = () => `/api/bookings/${encodeURIComponent(toValue(id))}`
  const query = useQuery({
    key,
    query: async ({ signal }) => (await get<BookingAnswer>(path(), { signal })).booking,
    staleTime: 5_000,
  })
  const booking = computed(() => query.data.value)

  function accept(next: Booking) {
    setQueryData(key(), next)
    invalidateQueries(['mine', 'bookings'])
  }

  /** Asks the bank once. */
  async function settle() {
    accept((await post<BookingAnswer>(`${path()}/settle`, {})).booking)
  }

  /** Gives a pending booking up. */
  async function giveUp() {
    accept((await post<BookingAnswer>(`${path()}/cancel`, {})).booking)
  }

  let attempt = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  function schedule() {
    clearTimeout(timer)
    if (booking.value?.status !== 'PENDING') return
    timer = setTimeout(() => void ask(), settleDelay(attempt++))
  }
  async function ask() {
    try {
      await settle()
    } catch {
      // The line or the bank is down: the next turn asks again.
    }
    schedule()
  }
  watch(() => booking.value?.status, schedule, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))

  return { booking, error: query.error, refetch: query.refetch, settle, giveUp }
}
