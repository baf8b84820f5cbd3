import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { useRefresh } from './useRefresh'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('repeats while it is in use, and ends with it', () => {
  const work = vi.fn()
  const scope = effectScope()
  scope.run(() => useRefresh(work, 10_000))
  vi.advanceTimersByTime(30_000)
  expect(work).toHaveBeenCalledTimes(3)
  scope.stop()
  vi.advanceTimersByTime(30_000)
  document.dispatchEvent(new Event('visibilitychange'))
  expect(work).toHaveBeenCalledTimes(3)
})
