import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { useSessionStore } from '@/features/auth'
import { randomId, type HoldAnswer, type Money, type RuleNote, type SeatsState } from '@/shared/api'
import { extendHold, fetchSeatState, lockSeats } from './api'

/** Seats that the server holds for this viewer in one showtime. */
export interface Hold {
  readonly showtimeId: string
  /** Names the hold and later the booking; no secret. */
  readonly requestId: string
  readonly seatIds: readonly string[]
  /** By this device's clock, from the time left that the server told. */
  readonly deadline: number
  readonly epoch: string
  /** Unknown (null) after a reload, until the server answers a lock again. */
  readonly extensionsLeft: number | null
  /** All-in, for default tickets; null while unknown. */
  readonly total: Money | null
  readonly warnings: readonly RuleNote[]
  /** What is on, for the chip. */
  readonly title: string
}

interface Remembered {
  showtimeId: string
  requestId: string
  title: string
}

const STORAGE_KEY = 'cinema.hold'

/**
 * The hold of this tab. It outlives the pages, so that every page can lead back to it, and is
 * restored from the server after a reload: session storage keeps only the names.
 */
export const useCurrentHold = defineStore('currentHold', () => {
  const hold = shallowRef<Hold | null>(null)
  const left = shallowRef<Hold | null>(null)
  let restored = false

  // The seats stay with the account that held them; this tab can only say so.
  const session = useSessionStore()
  watch(
    () => session.ended,
    (who) => {
      left.value = who ? hold.value : null
      if (who) clear()
    },
    { flush: 'sync' },
  )

  function set(next: Hold): void {
    hold.value = next
    remember({ showtimeId: next.showtimeId, requestId: next.requestId, title: next.title })
  }

  /** Takes over what lock, best or extend answered. */
  function adopt(
    showtimeId: string,
    title: string,
    answer: HoldAnswer,
    seatIds: readonly string[],
  ): void {
    set({
      showtimeId,
      requestId: answer.request_id,
      seatIds,
      deadline: Date.now() + answer.expires_in_ms,
      epoch: answer.epoch,
      extensionsLeft: answer.extensions_left,
      total: answer.quote.total,
      warnings: answer.warnings ?? [],
      title,
    })
  }

  /** Changes what is known of the hold; nothing happens when there is none. */
  function patch(change: Partial<Hold>): void {
    if (hold.value) set({ ...hold.value, ...change })
  }

  /** Forgets the hold of a showtime, or any hold when none is named. */
  function clear(showtimeId?: string): void {
    if (showtimeId !== undefined && recall()?.showtimeId !== showtimeId) return
    hold.value = null
    forget()
  }

  /** The request id that this tab used for a showtime, also when its seats are not known yet. */
  function requestIdOf(showtimeId: string): string | undefined {
    const known = recall()
    return known?.showtimeId === showtimeId ? known.requestId : undefined
  }

  /** Asks the server once, after a reload, whether the remembered hold still lives. */
  async function restore(): Promise<void> {
    const known = recall()
    if (restored || hold.value || !known) return
    restored = true
    try {
      const state = await fetchSeatState(known.showtimeId)
      offer(known.showtimeId, known.title, state)
    } catch {
      // Without an answer nothing is shown; the seat page asks again when it opens.
      restored = false
    }
  }

  /** Asks the server whether the hold still lives; it is forgotten when the server says no. */
  async function check(): Promise<void> {
    const known = hold.value
    if (!known) return
    try {
      const state = await fetchSeatState(known.showtimeId)
      if (!offer(known.showtimeId, known.title, state)) clear(known.showtimeId)
    } catch {
      // Unknown is not lost: the next page or the next tick of the clock asks again.
      return
    }
  }

  /** Looks for the viewer's hold in a showtime, also one of another tab or device. */
  async function find(showtimeId: string, title: string): Promise<Hold | null> {
    const found = offer(showtimeId, title, await fetchSeatState(showtimeId))
    if (!found) clear(showtimeId)
    return found
  }

  /** Holds these seats under a new name; throws a Problem when they cannot be had. */
  async function lock(
    showtimeId: string,
    title: string,
    seatIds: readonly string[],
  ): Promise<void> {
    const answer = await lockSeats(showtimeId, seatIds, randomId())
    adopt(showtimeId, title, answer, answer.locked)
  }

  /** "I need more time"; throws a Problem when the server refuses. */
  async function extend(): Promise<void> {
    const known = hold.value
    if (!known) return
    const answer = await extendHold(known.showtimeId, known.requestId, known.epoch)
    adopt(known.showtimeId, known.title, answer, known.seatIds)
  }

  /** Takes over the viewer's own locks from a seat state; answers what was found. */
  function offer(showtimeId: string, title: string, state: SeatsState): Hold | null {
    const own = ownLocks(state, requestIdOf(showtimeId))
    if (!own) return null
    const before = hold.value?.requestId === own.requestId ? hold.value : null
    set({
      showtimeId,
      requestId: own.requestId,
      seatIds: own.seatIds,
      deadline: Date.now() + own.leftMs,
      epoch: state.epoch,
      extensionsLeft: before?.extensionsLeft ?? null,
      total: before && sameSeats(before.seatIds, own.seatIds) ? before.total : null,
      warnings: before?.warnings ?? [],
      title,
    })
    return hold.value
  }

  return {
    hold: computed(() => hold.value),
    /** The hold of the account that was signed out of this tab. */
    left: computed(() => left.value),
    count: computed(() => hold.value?.seatIds.length ?? 0),
    adopt,
    patch,
    clear,
    offer,
    restore,
    check,
    find,
    lock,
    extend,
    requestIdOf,
  }
})

/** The viewer's own locks in a state: those of one request, the preferred one when it is there. */
export function ownLocks(
  state: SeatsState,
  preferred: string | undefined,
): { requestId: string; seatIds: string[]; leftMs: number } | null {
  const byRequest = new Map<string, { seatIds: string[]; leftMs: number }>()
  for (const lock of state.locks) {
    if (!lock.mine || !lock.request_id) continue
    const entry = byRequest.get(lock.request_id) ?? { seatIds: [], leftMs: Number.MAX_SAFE_INTEGER }
    entry.seatIds.push(lock.seat_id)
    entry.leftMs = Math.min(entry.leftMs, lock.expires_in_ms ?? entry.leftMs)
    byRequest.set(lock.request_id, entry)
  }
  const found = [...byRequest].sort(([, a], [, b]) => b.seatIds.length - a.seatIds.length)
  const chosen = found.find(([id]) => id === preferred) ?? found[0]
  return chosen ? { requestId: chosen[0], ...chosen[1] } : null
}

function sameSeats(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id))
}

// Storage may be refused (private windows): then the hold lives as long as the page.
function recall(): Remembered | null {
  try {
    const raw: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null')
    return isRemembered(raw) ? raw : null
  } catch {
    return null
  }
}

function remember(what: Remembered): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(what))
  } catch {
    return
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(STORAGE_KEY)
  } catch {
    return
  }
}

function isRemembered(raw: unknown): raw is Remembered {
  if (typeof raw !== 'object' || raw === null) return false
  const fields = raw as Record<string, unknown>
  return ['showtimeId', 'requestId', 'title'].every((name) => typeof fields[name] === 'string')
}
