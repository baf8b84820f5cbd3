import { useQuery } from '@/shared/api/query'
import { computed, ref } from 'vue'
import { get, type Cinema, type Page } from '@/shared/api'

const storageKey = 'cinema.house'
const chosen = ref<string | null>(recall())

/** The houses, and the one whose programme is shown; remembered on this device. */
export function useCinema() {
  const { data, error, refetch } = useQuery({
    key: ['cinemas'],
    query: ({ signal }) => get<Page<Cinema>>('/api/cinemas', { signal }),
    staleTime: 600_000,
  })
  const cinemas = computed(() => data.value?.items ?? [])
  const cinema = computed(
    () => cinemas.value.find((house) => house.id === chosen.value) ?? cinemas.value[0],
  )
  function choose(id: string) {
    chosen.value = id
    try {
      localStorage.setItem(storageKey, id)
    } catch {
      return
    }
  }
  return { cinemas, cinema, error, refetch, choose }
}

function recall(): string | null {
  try {
    return localStorage.getItem(storageKey)
  } catch {
    return null
  }
}
