import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'

export interface UrlFilter<Name extends string> {
  /** What the address says; missing values are empty. */
  values: ComputedRef<Record<Name, string>>
  /** How many entries of the list come before the page. */
  skip: ComputedRef<number>
  /** Changes some values and starts at the first page. */
  set: (change: Partial<Record<Name, string>>) => Promise<unknown>
  /** The query of another page of the same list. */
  page: (skip: number) => LocationQuery
}

/** Filters of a list that live in the address: they can be sent to a colleague and survive a reload. */
export function useUrlFilter<Name extends string>(names: readonly Name[]): UrlFilter<Name> {
  const route = useRoute()
  const router = useRouter()

  const values = computed(() => {
    const found = {} as Record<Name, string>
    for (const name of names) found[name] = one(route.query, name)
    return found
  })
  const skip = computed(() => {
    const wish = Number(one(route.query, 'skip'))
    return Number.isInteger(wish) && wish > 0 ? wish : 0
  })

  function queryOf(wanted: Record<Name, string>, from: number): LocationQuery {
    const filled = names.filter((name) => wanted[name] !== '')
    const query: LocationQuery = Object.fromEntries(filled.map((name) => [name, wanted[name]]))
    return from > 0 ? { ...query, skip: String(from) } : query
  }

  return {
    values,
    skip,
    set: (change) => router.replace({ query: queryOf({ ...values.value, ...change }, 0) }),
    page: (from) => queryOf(values.value, from),
  }
}

function one(query: LocationQuery, name: string): string {
  const value = query[name]
  return typeof value === 'string' ? value : ''
}
