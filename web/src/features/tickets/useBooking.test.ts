import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { useBooking } from './useBooking'

let status: string
let settles: number
let next = 0

beforeEach(() => {
  vi.useFakeTimers()
  status = 'PENDING'
  settles = 0
  vi.stubGlobal('fetch', (path: string) => {
    if (path.endsWith('/settle')) settles++
    if (path.endsWith('/cancel')) status = 'FAILED'
    const booking = { id: 'b', status, seat_ids: [], amount: 0, currency: 'GBP' }
    return Promise.resolve(Response.json({ ok: true, booking }))
  })
})
afterEach(() => void vi.useRealTimers())

function mount() {
  const scope = effectScope()
  const id = `b${next++}`
  const found = scope.run(() => useBooking(id))
  if (!found) throw new Error('the scope is over')
  return { ...found, stop: () => scope.stop() }
}

it('asks the bank until the answer is final, then leaves it alone', async () => {
  const { booking, stop } = mount()
  await vi.advanceTimersByTimeAsync(0)
  expect(booking.value?.status).toBe('PENDING')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(settles).toBe(1)
  status = 'BOOKED'
  await vi.advanceTimersByTimeAsync(3_000)
  expect(booking.value?.status).toBe('BOOKED')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(settles).toBe(2)
  stop()
})

it('survives a lost line', async () => {
  const { booking, stop } = mount()
  await vi.advanceTimersByTimeAsync(0)
  const line = fetch
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
  await vi.advanceTimersByTimeAsync(2_000)
  vi.stubGlobal('fetch', line)
  status = 'BOOKED'
  await vi.advanceTimersByTimeAsync(3_000)
  expect(booking.value?.status).toBe('BOOKED')
  stop()
})

it('stops asking when nobody looks', async () => {
  const { stop } = mount()
  await vi.advanceTimersByTimeAsync(0)
  stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(settles).toBe(0)
})

it('gives a pending booking up', async () => {
  const { booking, giveUp, stop } = mount()
  await vi.advanceTimersByTimeAsync(0)
  await giveUp()
  expect(booking.value?.status).toBe('FAILED')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(settles).toBe(0)
  stop()
})
