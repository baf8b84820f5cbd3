import { invalidateQueries } from '@/shared/api/query'
import { defineStore } from 'pinia'
import { computed, onScopeDispose, readonly, shallowRef } from 'vue'
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
import { keepTheme } from '@/shared/lib/theme'
import { otherTabs } from './otherTabs'

const ranks: Record<Role, number> = { USER: 0, STAFF: 1, MANAGER: 2, ADMIN: 3 }

/**
 * Who is using the page. The session itself is a cookie that no script can read; this store holds
 * only what `/api/me` says about it. `null` is a visitor without any session.
 */
export const useSessionStore = defineStore('session', () => {
  const me = shallowRef<Me | null>(null)
  const loaded = shallowRef(false)
  const ended = shallowRef<User | null>(null)
  let loading: Promise<void> | null = null

  const user = computed(() => me.value?.user ?? null)
  /** The signed-in person; a guest is nobody here. */
  const account = computed(() => (user.value && !user.value.guest ? user.value : null))

  function become(next: Me | null) {
    const [before, now] = [user.value, next?.user]
    me.value = next
    loaded.value = true
    if (now && !now.guest) ended.value = null
    // What the last person saw must not be shown to the next one.
    if (before?.id !== now?.id || before?.guest !== now?.guest) invalidateQueries(['mine'])
  }

  /** A change that this tab made: the other tabs of the browser look for themselves. */
  function change(next: Me | null) {
    become(next)
    // The end of a session clears the storage of this site; how the pages look is nobody's secret.
    if (!next) keepTheme()
    otherTabs.tell()
  }

  async function fetchMe() {
    const before = account.value
    try {
      become(await get<Me>('/api/me'))
    } catch (cause) {
      if (isProblem(cause, 'unauthorized')) {
        const known = user.value !== null
        if (before) ended.value = before
        become(null)
        // Tabs that ask for nothing would not notice; one that has noticed is silent.
        if (known) otherTabs.tell()
      } else if (!user.value && !isProblem(cause, 'network', 'timeout')) become(null)
    } finally {
      loading = null
    }
  }

  /** Asks the server once; later calls answer from memory. `force` asks again. */
  function load(force = false): Promise<void> {
    if (loaded.value && !force && !loading) return Promise.resolve()
    loading ??= fetchMe()
    return loading
  }

  /**
   * Asks only when there is a session: a visitor is spared a question that the server answers with
   * a refusal.
   */
  async function restore(): Promise<void> {
    if (loaded.value) return load()
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
    change(await post<Me>('/api/auth/guest'))
  }

  /** Signs in without a provider; the server offers it in development only. */
  async function devSignIn(email: string, name: string): Promise<void> {
    change(await post<Me>('/api/auth/dev/login', { email, name }))
  }

  async function signOut(): Promise<void> {
    await post('/api/auth/logout')
    change(null)
  }

  /** Reports whether the person may do what the role may. */
  function has(role: Role): boolean {
    return account.value !== null && ranks[account.value.role] >= ranks[role]
  }

  // A refusal may be older than a sign-in in another tab, so the server is asked who this is now.
  onScopeDispose(onUnauthorized(() => void (user.value && load(true))))
  otherTabs.onTold(() => void load(true))

  return {
    me: computed(() => me.value),
    user,
    account,
    loaded: readonly(loaded),
    /** Who was signed in until the session ended elsewhere; null while nothing needs to be said. */
    ended: readonly(ended),
    dismissEnd: () => void (ended.value = null),
    load,
    restore,
    ensureGuest,
    devSignIn,
    signOut,
    /** The session is over by what this tab did: an account deleted, every session ended. */
    leave: () => change(null),
    has,
  }
})
