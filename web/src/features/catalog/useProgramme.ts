import { useQuery } from '@/shared/api/query'
import { computed, type Ref } from 'vue'
import { get, type Movie, type Page } from '@/shared/api'
import { addDays, businessDate } from '@/shared/lib/formatTime'
import { useNow } from '@/shared/lib/useNow'
import { groupByFilm } from './groups'
import { showsLeft } from './saleText'
import { useCinema } from './useCinema'
import { dayShowtimes, useDayShowtimes } from './useDayShowtimes'

/** Days that the house has on offer. */
export const horizon = 7

/**
 * The programme of one day: films with the shows that can still be chosen. `wish` is the chosen date
 * or empty for the business day that is running at the cinema.
 */
export function useProgramme(wish: Ref<string>) {
  const now = useNow()
  const house = useCinema()
  const today = computed(() =>
    house.cinema.value ? businessDate(now.value, house.cinema.value.zone) : '',
  )
  const date = computed(() => (wish.value >= today.value ? wish.value || today.value : today.value))
  const cinemaId = computed(() => house.cinema.value?.id)
  const movies = useQuery({
    key: ['movies', 'now'],
    query: ({ signal }) =>
      get<Page<Movie>>('/api/movies', { query: { now_showing: true, limit: 200 }, signal }),
  })
  const shows = useDayShowtimes(cinemaId, date)
  const films = computed(() =>
    groupByFilm(movies.data.value?.items ?? [], showsLeft(shows.data.value ?? [], now.value)),
  )
  const pending = computed(() => !movies.data.value || !shows.data.value)
  const error = computed(() => house.error.value ?? movies.error.value ?? shows.error.value)
  const next = useNextDay(
    cinemaId,
    date,
    computed(() => !pending.value && films.value.length === 0),
  )

  async function retry() {
    await Promise.all([house.refetch(), movies.refetch(), shows.refetch()])
  }
  return { today, date, films, pending, error, retry, next }
}

/** The first later day that has shows; asked only when this day has none. */
function useNextDay(cinemaId: Ref<string | undefined>, date: Ref<string>, wanted: Ref<boolean>) {
  const { data } = useQuery({
    key: () => ['next-day', cinemaId.value ?? '', date.value],
    query: async ({ signal }) => {
      for (let ahead = 1; ahead <= horizon; ahead++) {
        const day = addDays(date.value, ahead)
        const found = await dayShowtimes(cinemaId.value ?? '', day, signal)
        if (found.length > 0) return day
      }
      return ''
    },
    enabled: wanted,
  })
  return data
}
