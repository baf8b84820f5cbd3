import {
  computed,
  onScopeDispose,
  shallowRef,
  toValue,
  watch,
  type ComputedRef,
  type MaybeRefOrGetter,
  type ShallowRef,
} from 'vue'

/*
 * Server state by key: asked once however many places show it, shown again at once from memory, and
 * renewed when it is old, when the page comes back into view, or when somebody says that it changed.
 */

export type QueryKey = readonly (string | number)[]

export interface QueryOptions<T> {
  /** What is asked for; another key is another resource. */
  key: MaybeRefOrGetter<QueryKey>
  query: (context: { signal: AbortSignal }) => Promise<T>
  /** Nothing is asked while this is false. */
  enabled?: MaybeRefOrGetter<boolean>
  /** Milliseconds for which an answer is good enough; 15 s unless said otherwise. */
  staleTime?: number
}

export interface Query<T> {
  data: ComputedRef<T | undefined>
  /** The last failure; an older answer stays beside it. */
  error: ComputedRef<unknown>
  /** The first answer is on its way: there is neither data nor a failure. */
  isLoading: ComputedRef<boolean>
  /** Asks again; a failure lands in `error`. */
  refetch: () => Promise<void>
}

interface Entry {
  key: QueryKey
  data: ShallowRef<unknown>
  error: ShallowRef<unknown>
  /** When the answer came; 0 while there is none or after it was called old. */
  at: number
  staleTime: number
  query: QueryOptions<unknown>['query']
  running: Promise<void> | null
  stop: AbortController | null
  users: number
}

/** Answers that nobody shows are kept for the way back, but not more than these. */
const kept = 100
const entries = new Map<string, Entry>()

/** Shows what the server says about `key`, for as long as the scope lives. */
export function useQuery<T>(options: QueryOptions<T>): Query<T> {
  const entry = shallowRef<Entry>()
  const enabled = () => toValue(options.enabled ?? true)
  const name = computed(() => JSON.stringify(toValue(options.key)))

  watch(
    [name, enabled] as const,
    ([, on]) => {
      const next = on ? entryOf(toValue(options.key), options) : undefined
      if (next !== entry.value) {
        if (next) next.users++
        leave(entry.value)
        entry.value = next
      }
      if (next && isStale(next)) void run(next)
    },
    { immediate: true },
  )
  onScopeDispose(() => leave(entry.value))

  return {
    data: computed(() => entry.value?.data.value as T | undefined),
    error: computed(() => entry.value?.error.value),
    isLoading: computed(
      () => entry.value?.data.value === undefined && entry.value?.error.value === undefined,
    ),
    refetch: async () => {
      if (entry.value) await run(entry.value)
    },
  }
}

/** Puts an answer that came another way, as the reply to a change. */
export function setQueryData(key: QueryKey, data: unknown): void {
  const entry = entries.get(JSON.stringify(key))
  if (!entry) return
  entry.data.value = data
  entry.error.value = undefined
  entry.at = Date.now()
}

/**
 * Says that everything below the key changed: what is shown is asked again, the rest is forgotten,
 * so that the next viewer never sees what the last one did.
 */
export function invalidateQueries(prefix: QueryKey): void {
  for (const [name, entry] of entries) {
    if (!prefix.every((part, index) => entry.key[index] === part)) continue
    entry.at = 0
    if (entry.users > 0) void run(entry)
    else forget(name, entry)
  }
}

function entryOf<T>(key: QueryKey, options: QueryOptions<T>): Entry {
  const name = JSON.stringify(key)
  let entry = entries.get(name)
  if (!entry) {
    const [data, error] = [shallowRef<unknown>(), shallowRef<unknown>()]
    const start = { at: 0, running: null, stop: null, users: 0, staleTime: 0 }
    entry = { ...start, key: [...key], data, error, query: options.query }
    entries.set(name, entry)
    trim()
  }
  entry.query = options.query
  entry.staleTime = options.staleTime ?? 15_000
  return entry
}

function isStale(entry: Entry): boolean {
  if (entry.running !== null) return false
  return entry.at === 0 || Date.now() - entry.at >= entry.staleTime
}

function run(entry: Entry): Promise<void> {
  if (entry.running) return entry.running
  const stop = new AbortController()
  entry.stop = stop
  entry.running = entry
    .query({ signal: stop.signal })
    .then(
      (data) => {
        if (stop.signal.aborted) return
        entry.data.value = data
        entry.error.value = undefined
        entry.at = Date.now()
      },
      (cause: unknown) => {
        if (!stop.signal.aborted) entry.error.value = cause
      },
    )
    .finally(() => {
      if (entry.stop === stop) entry.running = null
    })
  return entry.running
}

function leave(entry: Entry | undefined) {
  if (!entry) return
  entry.users--
  if (entry.users === 0 && entry.running) halt(entry)
}

function halt(entry: Entry) {
  entry.stop?.abort()
  entry.stop = null
  entry.running = null
}

function forget(name: string, entry: Entry) {
  halt(entry)
  entries.delete(name)
}

function trim() {
  for (const [name, entry] of entries) {
    if (entries.size <= kept) return
    if (entry.users === 0) forget(name, entry)
  }
}

function renewOld() {
  if (document.visibilityState === 'hidden') return
  for (const entry of entries.values()) if (entry.users > 0 && isStale(entry)) void run(entry)
}

// For the life of the page, like the answers themselves.
document.addEventListener('visibilitychange', renewOld)
addEventListener('online', renewOld)
