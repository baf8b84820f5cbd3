import { useQuery } from '@/shared/api/query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { get, type ShowtimeDetail } from '@/shared/api'

/** One showtime with its film, prices and hall. */
export function useShowtime(id: MaybeRefOrGetter<string>) {
  return useQuery({
    key: () => ['showtime', toValue(id)],
    query: ({ signal }) =>
      get<ShowtimeDetail>(`/api/showtimes/${encodeURIComponent(toValue(id))}`, { signal }),
    enabled: () => toValue(id) !== '',
    staleTime: 60_000,
  })
}
