import { readonly, shallowRef } from 'vue'
import { onStepUp } from '@/shared/api'

/*
 * Some acts want a sign-in of the last minutes. The call that was refused waits while the person signs
 * in again, then it is sent once more. A provider takes the whole page away, so an act that can come
 * back says what it is: its draft is kept for this tab, and the page that opens after the sign-in takes
 * it up (see useStepUpAct).
 */

/** An act on its way, as its page can take it up again. */
export interface Act {
  /** Which act of the page it is. */
  name: string
  /** What the person filled in. */
  draft: unknown
  /** The person who began it. */
  user: string
}

interface KeptAct extends Act {
  path: string
  at: number
}

const storageKey = 'cinema.act'
/** As long as a sign-in may take; an older act is forgotten, not repeated. */
const lifeMs = 15 * 60_000
/** Marks the way back from the provider, so that only a finished sign-in repeats the act. */
export const resumeMark = 'resume'

/** A page's own query, without the mark. */
export function withoutMark<T>(query: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(query).filter(([name]) => name !== resumeMark))
}

const waiting = shallowRef<((renewed: boolean) => void) | null>(null)
let current: Act | null = null

onStepUp(() => {
  waiting.value?.(false)
  return new Promise((done) => (waiting.value = done))
})

/** The answer that a refused call waits for; null while none does. */
export const stepUpWaiting = readonly(waiting)

/** Ends the wait: the call is sent again, or fails as it was refused. */
export function answerStepUp(renewed: boolean): void {
  const done = waiting.value
  waiting.value = null
  done?.(renewed)
}

/** Runs `work` as an act that can be taken up again after a sign-in at the provider. */
export async function asAct(act: Act, work: () => Promise<void>): Promise<void> {
  current = act
  try {
    await work()
  } finally {
    if (current === act) current = null
  }
}

/** Keeps the act on its way for the page that opens after the sign-in; the path to come back to. */
export function keepAct(path: string): string {
  if (!current) return path
  const kept: KeptAct = { ...current, path, at: Date.now() }
  try {
    sessionStorage.setItem(storageKey, JSON.stringify(kept))
  } catch {
    return path
  }
  return `${path}${path.includes('?') ? '&' : '?'}${resumeMark}=1`
}

/** Takes what was kept for an act of this page and person, once. */
export function takeAct(name: string, path: string, user: string): { draft: unknown } | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null')
    if (!isKept(kept) || kept.name !== name || kept.path !== path) return null
    sessionStorage.removeItem(storageKey)
    return kept.user === user && Date.now() - kept.at < lifeMs ? { draft: kept.draft } : null
  } catch {
    return null
  }
}

function isKept(raw: unknown): raw is KeptAct {
  if (typeof raw !== 'object' || raw === null) return false
  const { name, path, user, at } = raw as Record<string, unknown>
  return [name, path, user].every((part) => typeof part === 'string') && typeof at === 'number'
}
