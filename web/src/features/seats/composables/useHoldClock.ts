import { computed, onScopeDispose, readonly, shallowRef, watch, type Ref } from 'vue'
import { announcement, clockText, nextTick, phaseOf, type ClockPhase } from '../model/holdClock'

export interface HoldClock {
  /** Milliseconds left by this device's clock; 0 without a hold. */
  readonly leftMs: Readonly<Ref<number>>
  /** As the eye reads it, for example `3:12`. */
  readonly text: Readonly<Ref<string>>
  readonly phase: Readonly<Ref<ClockPhase>>
}

export interface HoldClockEvents {
  /** Two minutes, one minute, twenty seconds left: the only moments at which the clock speaks. */
  speak?: (text: string) => void
  /** The local time is over; the server decides whether the hold is. */
  over?: () => void
}

/** Counts down to a deadline (milliseconds of `Date.now`); undefined stands for no hold. */
export function useHoldClock(
  deadline: () => number | undefined,
  events: HoldClockEvents = {},
): HoldClock {
  const leftMs = shallowRef(0)
  let timer: ReturnType<typeof setTimeout> | undefined
  let watched: number | undefined
  let asked = 0

  /** The server ends a hold a moment after this clock does: it is asked at once, then less and less often. */
  function ask(): void {
    const wait = Math.min(1000 * asked, 5000)
    asked++
    if (wait === 0) events.over?.()
    else timer = setTimeout(() => events.over?.(), wait)
  }

  function tick(): void {
    clearTimeout(timer)
    const end = deadline()
    const before = end === watched ? leftMs.value : Number.MAX_SAFE_INTEGER
    const fresh = end !== watched
    watched = end
    leftMs.value = end === undefined ? 0 : Math.max(0, end - Date.now())
    if (end === undefined) return
    const text = fresh ? undefined : announcement(before, leftMs.value)
    if (text) events.speak?.(text)
    if (leftMs.value > 1000) asked = 0
    if (leftMs.value > 0) timer = setTimeout(tick, nextTick(leftMs.value))
    else if (fresh || before > 0) ask()
  }

  watch(deadline, tick, { immediate: true })
  document.addEventListener('visibilitychange', tick)
  onScopeDispose(() => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', tick)
  })
  return {
    leftMs: readonly(leftMs),
    text: computed(() => clockText(leftMs.value)),
    phase: computed(() => phaseOf(leftMs.value)),
  }
}
