import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { invalidateQueries, setQueryData, useQuery, type QueryOptions } from './query'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

let next = 0
/** A key that no other test uses. */
const fresh = (...rest: string[]) => [`test-${next++}`, ...rest]

function mount<T>(options: QueryOptions<T>) {
  const scope = effectScope()
  const query = scope.run(() => useQuery(options))
  if (!query) throw new Error('the scope is over')
  return { ...query, stop: () => scope.stop() }
}

const settled = () => vi.advanceTimersByTimeAsync(0)

it('asks once for all who show the same, and again only when the answer is old', async () => {
  const key = fresh()
  const query = vi.fn(() => Promise.resolve('answer'))
  const first = mount({ key, query })
  const second = mount({ key, query })
  await settled()
  expect([first.data.value, second.data.value]).toEqual(['answer', 'answer'])
  expect(query).toHaveBeenCalledTimes(1)
  first.stop()
  second.stop()

  const back = mount({ key, query })
  expect(back.data.value).toBe('answer')
  expect(query).toHaveBeenCalledTimes(1)
  back.stop()

  await vi.advanceTimersByTimeAsync(15_000)
  const later = mount({ key, query })
  expect(later.data.value).toBe('answer')
  expect(query).toHaveBeenCalledTimes(2)
  later.stop()
})

it('keeps the old answer beside a failure, and recovers', async () => {
  const query = vi.fn<() => Promise<string>>()
  query.mockResolvedValueOnce('one').mockRejectedValueOnce('down').mockResolvedValueOnce('two')
  const { data, error, refetch, stop } = mount({ key: fresh(), query })
  await settled()
  await refetch()
  expect([data.value, error.value]).toEqual(['one', 'down'])
  await refetch()
  expect([data.value, error.value]).toEqual(['two', undefined])
  stop()
})

it('follows its key and waits until it may ask', async () => {
  const [root] = fresh()
  const id = ref('a')
  const enabled = ref(false)
  const asked: string[] = []
  const { data, stop } = mount({
    key: () => [root ?? '', id.value],
    query: () => {
      asked.push(id.value)
      const answer = id.value.toUpperCase()
      return new Promise<string>((resolve) => setTimeout(() => resolve(answer), 10))
    },
    enabled,
  })
  await settled()
  expect(asked).toEqual([])
  enabled.value = true
  await vi.advanceTimersByTimeAsync(10)
  expect(data.value).toBe('A')
  id.value = 'b'
  await nextTick()
  expect(data.value).toBeUndefined()
  await vi.advanceTimersByTimeAsync(10)
  expect(data.value).toBe('B')
  stop()
})

it('drops an answer that comes after its viewer left', async () => {
  const key = fresh()
  let signal: AbortSignal | undefined
  const first = mount({
    key,
    query: (context) => {
      signal = context.signal
      return new Promise<string>((resolve) => setTimeout(() => resolve('late'), 100))
    },
  })
  first.stop()
  expect(signal?.aborted).toBe(true)
  const second = mount({ key, query: () => Promise.resolve('own') })
  await vi.advanceTimersByTimeAsync(200)
  expect(second.data.value).toBe('own')
  second.stop()
})

it('asks again for what is shown and forgets the rest when something changed', async () => {
  const [root] = fresh()
  const shown = vi.fn(() => Promise.resolve('shown'))
  const hidden = vi.fn(() => Promise.resolve('hidden'))
  const a = mount({ key: [root ?? '', 'a'], query: shown })
  const b = mount({ key: [root ?? '', 'b'], query: hidden })
  await settled()
  b.stop()
  invalidateQueries([root ?? ''])
  expect(shown).toHaveBeenCalledTimes(2)
  const again = mount({ key: [root ?? '', 'b'], query: hidden })
  expect(again.data.value).toBeUndefined()
  await settled()
  setQueryData([root ?? '', 'b'], 'set')
  expect(again.data.value).toBe('set')
  a.stop()
  again.stop()
})

it('renews old answers when the page comes back into view', async () => {
  const query = vi.fn(() => Promise.resolve(1))
  const { stop } = mount({ key: fresh(), query })
  await settled()
  document.dispatchEvent(new Event('visibilitychange'))
  expect(query).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(20_000)
  document.dispatchEvent(new Event('visibilitychange'))
  expect(query).toHaveBeenCalledTimes(2)
  stop()
})

it('asks for what never grows old, but only once', async () => {
  const key = fresh()
  const query = vi.fn(() => Promise.resolve('fixed'))
  const first = mount({ key, query, staleTime: Infinity })
  await settled()
  expect(first.data.value).toBe('fixed')
  first.stop()
  await vi.advanceTimersByTimeAsync(3_600_000)
  const later = mount({ key, query, staleTime: Infinity })
  expect(query).toHaveBeenCalledTimes(1)
  later.stop()
})
