import { effectScope, nextTick, shallowRef } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useHoldClock } from './useHoldClock'

describe('useHoldClock', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('asks the server at the end, and not in a storm while the server still lists the hold', async () => {
    const deadline = shallowRef<number | undefined>(Date.now() + 2000)
    let asked = 0
    const scope = effectScope()
    scope.run(() =>
      useHoldClock(() => deadline.value, {
        over: () => {
          asked++
          // The sweep comes a moment later: the hold is still there, its time is over.
          deadline.value = Date.now() + (asked % 2)
        },
      }),
    )
    await vi.advanceTimersByTimeAsync(2500)
    await nextTick()
    expect(asked).toBeGreaterThanOrEqual(1)
    await vi.advanceTimersByTimeAsync(3000)
    expect(asked).toBeLessThanOrEqual(4)
    scope.stop()
  })

  it('says nothing more once the hold is gone', async () => {
    const deadline = shallowRef<number | undefined>(Date.now() + 1000)
    const over = vi.fn(() => (deadline.value = undefined))
    const scope = effectScope()
    scope.run(() => useHoldClock(() => deadline.value, { over }))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(over).toHaveBeenCalledTimes(1)
    scope.stop()
  })
})
