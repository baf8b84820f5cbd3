import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Problem, type Booking } from '@/shared/api'
import { Purchase, type PurchaseCalls, type PurchaseOrder } from './purchase'

const order: PurchaseOrder = {
  request_id: 'request-1',
  seat_ids: ['A1'],
  tickets: [{ seat_id: 'A1', ticket_type: 'adult' }],
}
const booking = (extra: Partial<Booking> = {}): Booking => ({
  id: 'bk_1',
  reference: 'R',
  showtime_id: 's',
  seat_ids: ['A1'],
  amount: 1250,
  currency: 'GBP',
  status: 'BOOKED',
  created_at: '',
  request_id: 'request-1',
  customer: { email: '', name: '' },
  tickets: [],
  lines: [],
  ...extra,
})
const pending = booking({ status: 'PENDING' })
const lost = new Problem(0, { error: 'network' })

let calls: { [K in keyof PurchaseCalls]: ReturnType<typeof vi.fn<PurchaseCalls[K]>> }
let purchase: Purchase

beforeEach(() => {
  vi.useFakeTimers()
  calls = {
    confirm: vi.fn<PurchaseCalls['confirm']>().mockResolvedValue(booking()),
    settle: vi.fn<PurchaseCalls['settle']>().mockResolvedValue(booking()),
    findOpen: vi.fn<PurchaseCalls['findOpen']>().mockResolvedValue(undefined),
  }
  purchase = new Purchase(calls, vi.fn())
})
afterEach(() => {
  purchase.stop()
  vi.useRealTimers()
})

it('a double press pays once', async () => {
  const first = purchase.pay(order, 'tok_approve')
  const second = purchase.pay(order, 'tok_approve')
  await Promise.all([first, second])
  await purchase.pay(order, 'tok_approve')
  expect(calls.confirm).toHaveBeenCalledTimes(1)
  expect(purchase.state.step).toBe('booked')
})

it('another card settles the booking that exists', async () => {
  calls.confirm.mockRejectedValue(
    new Problem(402, { error: 'payment_declined', booking_id: 'bk_1', attempts_left: 3 }),
  )
  await purchase.pay(order, 'tok_decline')
  expect(purchase.state.step).toBe('declined')
  await purchase.pay(order, 'tok_approve')
  expect(calls.settle).toHaveBeenCalledWith('bk_1', 'tok_approve')
  expect(calls.confirm).toHaveBeenCalledTimes(1)
  expect(purchase.state.step).toBe('booked')
})

it('a lost answer sends the same request again by itself', async () => {
  calls.confirm.mockRejectedValueOnce(lost)
  await purchase.pay(order, 'tok_approve')
  expect(purchase.state.step).toBe('unsure')
  await vi.advanceTimersByTimeAsync(1_500)
  expect(calls.confirm.mock.calls).toEqual([
    [order, 'tok_approve'],
    [order, 'tok_approve'],
  ])
  expect(purchase.state.step).toBe('booked')
})

it('stops asking by itself after a while, and asks again by a press', async () => {
  calls.confirm.mockRejectedValue(lost)
  await purchase.pay(order, undefined)
  await vi.advanceTimersByTimeAsync(600_000)
  const asked = calls.confirm.mock.calls.length
  await vi.advanceTimersByTimeAsync(600_000)
  expect(calls.confirm).toHaveBeenCalledTimes(asked)
  calls.confirm.mockResolvedValue(booking())
  await purchase.ask()
  expect(purchase.state.step).toBe('booked')
})

it('an open outcome is asked about without paying again', async () => {
  calls.confirm.mockResolvedValue(pending)
  calls.settle.mockResolvedValueOnce(pending).mockResolvedValueOnce(booking())
  await purchase.pay(order, 'tok_slow')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(calls.settle.mock.calls).toEqual([
    ['bk_1', undefined],
    ['bk_1', undefined],
  ])
  expect(purchase.state.step).toBe('booked')
})

it('takes up the open booking of an earlier page', async () => {
  const next_action = { type: 'redirect' as const, url: '/bank/p' }
  const payment = { provider: 'mock', state: 'needs_action' as const, next_action }
  calls.findOpen.mockResolvedValue({ ...pending, payment })
  await purchase.resume()
  expect(purchase.state).toMatchObject({ step: 'action', bookingId: 'bk_1' })
})

it('goes on with the purchase of another tab', async () => {
  calls.confirm.mockRejectedValue(new Problem(409, { error: 'booking_open' }))
  calls.findOpen.mockResolvedValue(pending)
  await purchase.pay(order, 'tok_approve')
  expect(purchase.state).toMatchObject({ step: 'checking', bookingId: 'bk_1' })
})

it('asks nothing after it was stopped', async () => {
  calls.confirm.mockResolvedValue(pending)
  await purchase.pay(order, 'tok_slow')
  purchase.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(calls.settle).not.toHaveBeenCalled()
})
