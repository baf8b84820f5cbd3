import { useQueryCache } from '@pinia/colada'
import { defineStore } from 'pinia'
import { computed, readonly, shallowRef } from 'vue'
import { get, isProblem, onUnauthorized, post, type Me, type Role, type User } from '@/shared/api'

/**
 * Set while this browser is likely to have a session. A first-time visitor is spared the question
 * "who am I", which the server answers with a refusal. It holds no secret and decides nothing.
 */
const hintKey = 'cinema.session'

function hinted(): boolean {
  try {
    return localStorage.getItem(hintKey) !== null
  } catch {
    return true
  }
}

function hint(likely: boolean) {
  try {
    if (likely) localStorage.setItem(hintKey, '1')
    else localStorage.removeItem(hintKey)
  } catch {
    return
  }
}

const ranks: Record<Role, number> = { USER: 0, STAFF: 1, MANAGER: 2, ADMIN: 3 }

/**
 * Who is using the page. The session itself is a cookie that no script can read; this store holds
 * only what `/api/me` says about it. `null` is a visitor without any session.
 */
export const useSessionStore = defineStore('session', () => {
  const user = shallowRef<User | null>(null)
  const loaded = shallowRef(false)
  const cache = useQueryCache()
  let loading: Promise<void> | null = null

  /** The signed-in person; a guest is nobody here. */
  const account = computed(() => (user.value && !user.value.guest ? user.value : null))

  function become(next: User | null) {
    const changed = user.value?.id !== next?.id || user.value?.guest !== next?.guest
    user.value = next
    loaded.value = true
    hint(next !== null)
    // What the last person saw must not be shown to the next one.
    if (changed) void cache.invalidateQueries({ key: ['mine'] })
  }

  async function fetchMe() {
    try {
      become((await get<Me>('/api/me')).user)
    } catch (cause) {
      if (isProblem(cause, 'network', 'timeout')) return
      become(null)
    } finally {
      loading = null
    }
  }

  /** Asks the server once; later calls answer from memory. `force` asks again. */
  function load(force = false): Promise<void> {
    if (loaded.value && !force) return Promise.resolve()
    loading ??= fetchMe()
    return loading
  }

  /** Asks only when this browser is likely to have a session. */
  function restore(): Promise<void> {
    return hinted() ? load() : Promise.resolve()
  }

  /** A provider is about to start a session by redirects. */
  function expect() {
    hint(true)
  }

  /** Starts a guest session when there is none, so that a visitor can hold seats. */
  async function ensureGuest(): Promise<void> {
    await load()
    if (user.value) return
    become((await post<Me>('/api/auth/guest')).user)
  }

  /** Signs in without a provider; the server offers it in development only. */
  async function devSignIn(email: string, name: string): Promise<void> {
    become((await post<Me>('/api/auth/dev/login', { email, name })).user)
    await cache.invalidateQueries({ key: ['mine'] })
  }

  async function signOut(): Promise<void> {
    await post('/api/auth/logout')
    become(null)
  }

  /** Reports whether the person may do what the role may. */
  function has(role: Role): boolean {
    return account.value !== null && ranks[account.value.role] >= ranks[role]
  }

  onUnauthorized(() => {
    if (user.value) become(null)
  })

  return {
    user: readonly(user),
    account,
    loaded: readonly(loaded),
    load,
    restore,
    expect,
    ensureGuest,
    devSignIn,
    signOut,
    has,
  }
})
