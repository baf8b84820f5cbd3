import { useQuery } from '@/shared/api/query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { get, type Movie, type Page, type Showtime } from '@/shared/api'
import { businessDate } from '@/shared/lib/formatTime'
import { useNow } from '@/shared/lib/useNow'
import { byStart } from './saleText'
import { useCinema } from './useCinema'

/** A film and its coming shows in the chosen house, by business day. */
export function useFilm(slug: MaybeRefOrGetter<string>) {
  const now = useNow()
  const { cinema } = useCinema()
  const film = useQuery({
    key: () => ['movie', toValue(slug)],
    query: ({ signal }) =>
      get<Movie>(`/api/movies/${encodeURIComponent(toValue(slug))}`, { signal }),
    staleTime: 300_000,
  })
  const shows = useQuery({
    key: () => ['film-shows', cinema.value?.id ?? '', film.data.value?.id ?? ''],
    query: ({ signal }) => {
      const query = { cinema_id: cinema.value?.id, movie_id: film.data.value?.id, limit: 200 }
      return get<Page<Showtime>>('/api/showtimes', { query, signal })
    },
    enabled: () => cinema.value !== undefined && film.data.value !== undefined,
  })
  const today = computed(() => (cinema.value ? businessDate(now.value, cinema.value.zone) : ''))
  const days = computed(() => {
    const byDay = new Map<string, Showtime[]>()
    for (const show of [...(shows.data.value?.items ?? [])].sort(byStart)) {
      if (new Date(show.ends_at) < now.value || show.business_date < today.value) continue
      byDay.set(show.business_date, [...(byDay.get(show.business_date) ?? []), show])
    }
    return [...byDay].map(([date, items]) => ({ date, shows: items }))
  })
  async function retry() {
    await film.refetch()
    await shows.refetch()
  }
  return {
    film: film.data,
    filmError: film.error,
    showsError: shows.error,
    showsPending: computed(() => !shows.data.value && !shows.error.value),
    days,
    today,
    retry,
  }
}
