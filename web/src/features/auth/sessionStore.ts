import { invalidateQueries } from '@/shared/api/query'
import { defineStore } from 'pinia'
import { computed, readonly, shallowRef } from 'vue'
import {
  get,
  isProblem,
  loadConfig,
  onUnauthorized,
  post,
  type Me,
  type Role,
  type User,
} from '@/shared/api'

const ranks: Record<Role, number> = { USER: 0, STAFF: 1, MANAGER: 2, ADMIN: 3 }

/**
 * Who is using the page. The session itself is a cookie that no script can read; this store holds
 * only what `/api/me` says about it. `null` is a visitor without any session.
 */
export const useSessionStore = defineStore('session', () => {
  const user = shallowRef<User | null>(null)
  const loaded = shallowRef(false)
  let loading: Promise<void> | null = null

  /** The signed-in person; a guest is nobody here. */
  const account = computed(() => (user.value && !user.value.guest ? user.value : null))

  function become(next: User | null) {
    const changed = user.value?.id !== next?.id || user.value?.guest !== next?.guest
    user.value = next
    loaded.value = true
    // What the last person saw must not be shown to the next one.
    if (changed) invalidateQueries(['mine'])
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

  /**
   * Asks only when there is a session: a visitor is spared a question that the server answers with
   * a refusal.
   */
  async function restore(): Promise<void> {
    if (loaded.value) return
    // When the offer cannot be read the question is asked anyway: its failure shows where it matters.
    const config = await loadConfig().catch(() => undefined)
    if (config?.session === false && user.value === null) become(null)
    else await load()
  }

  /** Starts a guest session when there is none, so that a visitor can hold seats. */
  async function ensureGuest(): Promise<void> {
    await restore()
    if (user.value) return
    // Somebody who has a session after all keeps it.
    become((await post<Me>('/api/auth/guest')).user)
  }

  /** Signs in without a provider; the server offers it in development only. */
  async function devSignIn(email: string, name: string): Promise<void> {
    become((await post<Me>('/api/auth/dev/login', { email, name })).user)
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
    ensureGuest,
    devSignIn,
    signOut,
    has,
  }
})
