import { describe, expect, it } from 'vitest'
import { Problem, type Booking } from '@/shared/api'
import {
  askDelay,
  initialCheckout,
  mayPay,
  moneyMoves,
  next,
  type CheckoutEvent,
  type CheckoutState,
} from './checkoutMachine'

const booking = (extra: Partial<Booking>): Booking => ({
  id: 'bk_1',
  reference: 'R',
  showtime_id: 's',
  seat_ids: ['A1'],
  amount: 1250,
  currency: 'GBP',
  status: 'PENDING',
  created_at: '',
  request_id: 'request-1',
  customer: { email: '', name: '' },
  tickets: [],
  lines: [],
  ...extra,
})
const answered = (extra: Partial<Booking>): CheckoutEvent => ({
  type: 'booking',
  booking: booking(extra),
})
const refused = (status: number, error: string, extra: object = {}): CheckoutEvent => ({
  type: 'problem',
  problem: new Problem(status, { error, ...extra }),
  seats: ['A1'],
})
const run = (...events: CheckoutEvent[]): CheckoutState => events.reduce(next, initialCheckout)
const pay: CheckoutEvent = { type: 'pay' }

describe('a purchase', () => {
  it('goes from review over paying to booked', () => {
    expect(run(pay)).toEqual({ step: 'paying', bookingId: null, again: 0 })
    expect(run(pay, answered({ status: 'BOOKED' }))).toEqual({ step: 'booked', bookingId: 'bk_1' })
  })

  it('is never left again once booked', () => {
    const booked = run(pay, answered({ status: 'BOOKED' }))
    for (const event of [pay, answered({}), refused(402, 'payment_declined')]) {
      expect(next(booked, event)).toBe(booked)
    }
  })

  it('ignores a second press', () => {
    const paying = run(pay)
    expect(next(paying, pay)).toBe(paying)
    expect(mayPay(paying)).toBe(false)
  })
})

describe('a refused card', () => {
  const state = run(
    pay,
    refused(402, 'payment_declined', {
      booking_id: 'bk_1',
      reason: 'insufficient_funds',
      pay_deadline: '2026-11-26T19:00:00.000Z',
      attempts_left: 2,
    }),
  )

  it('keeps the booking for another card', () => {
    expect(state).toEqual({
      step: 'declined',
      bookingId: 'bk_1',
      reason: 'insufficient_funds',
      payDeadline: '2026-11-26T19:00:00.000Z',
      attemptsLeft: 2,
    })
    expect(next(state, pay)).toEqual({ step: 'paying', bookingId: 'bk_1', again: 0 })
  })

  it('cannot be tried again when no attempt is left', () => {
    const last = run(
      pay,
      refused(402, 'payment_declined', { booking_id: 'bk_1', attempts_left: 0 }),
    )
    expect(mayPay(last)).toBe(false)
    expect(next(last, pay)).toBe(last)
  })

  it('is final when the server says so', () => {
    expect(run(pay, refused(402, 'payment_declined', { booking_id: 'bk_1', final: true }))).toEqual(
      { step: 'failed', bookingId: 'bk_1', reason: 'declined' },
    )
  })

  it('is known from the booking too, after a reload', () => {
    const payment = {
      provider: 'mock',
      state: 'needs_method' as const,
      decline: 'insufficient_funds',
    }
    expect(run(answered({ payment })).step).toBe('declined')
  })
})

describe('an open payment', () => {
  it('asks for the customer at the bank', () => {
    const payment = {
      provider: 'mock',
      state: 'needs_action' as const,
      next_action: { type: 'redirect' as const, url: '/bank/p1' },
    }
    expect(run(pay, answered({ payment }))).toMatchObject({ step: 'action', url: '/bank/p1' })
  })

  it('is checked again and again, and pays nothing meanwhile', () => {
    let state = run(pay, answered({}))
    expect(state).toMatchObject({ step: 'checking', asked: 0 })
    state = next(state, answered({}))
    expect(state).toMatchObject({ step: 'checking', asked: 1 })
    state = next(state, refused(503, 'payment_unavailable'))
    expect(state).toMatchObject({ step: 'checking', asked: 2 })
    expect(next(state, pay)).toBe(state)
    expect(next(state, answered({ status: 'BOOKED' })).step).toBe('booked')
    expect(next(state, refused(402, 'payment_declined')).step).toBe('declined')
  })
})

describe('an unknown outcome', () => {
  it.each([
    [0, 'network'],
    [0, 'timeout'],
    [503, 'store_unavailable'],
    [500, 'internal'],
  ])('%i %s sends the same request again', (status, error) => {
    const state = run(pay, refused(status, error))
    expect(state).toEqual({ step: 'unsure', bookingId: null, tries: 1 })
    expect(next(state, pay)).toBe(state)
    expect(next(state, { type: 'again' })).toEqual({ step: 'paying', bookingId: null, again: 1 })
  })

  it('remembers the booking that was being settled', () => {
    const declined = run(pay, refused(402, 'payment_declined', { booking_id: 'bk_1' }))
    const state = next(next(declined, pay), refused(0, 'network'))
    expect(state).toMatchObject({ step: 'unsure', bookingId: 'bk_1' })
  })
})

describe('seats that went', () => {
  it.each([
    ['hold_expired', 'expired'],
    ['hold_lost', 'lost'],
    ['already_booked', 'sold'],
    ['payment_expired', 'pay_expired'],
  ])('%s is gone as %s', (error, why) => {
    expect(run(pay, refused(409, error))).toMatchObject({ step: 'gone', why, seats: ['A1'] })
  })

  it('names the seats and alternatives that the server names', () => {
    const alternatives = [{ seat_ids: ['B1'], total: { amount: 1, currency: 'GBP' } }]
    expect(run(pay, refused(409, 'already_booked', { conflicted: ['A2'], alternatives }))).toEqual({
      step: 'gone',
      why: 'sold',
      seats: ['A2'],
      alternatives,
    })
  })

  it('the clock ends only a review, never a payment', () => {
    const expired: CheckoutEvent = { type: 'expired', seats: ['A1'] }
    expect(run(expired).step).toBe('gone')
    const paying = run(pay)
    expect(next(paying, expired)).toBe(paying)
  })

  it('a booking that failed is over, and a restart is a new review', () => {
    const failed = run(pay, answered({ status: 'FAILED', reason: 'conflict' }))
    expect(failed).toEqual({ step: 'failed', bookingId: 'bk_1', reason: 'conflict' })
    expect(next(failed, { type: 'restart' })).toBe(initialCheckout)
    expect(run(answered({ status: 'FAILED', reason: 'payment_expired' })).step).toBe('gone')
  })
})

it('a refusal that began nothing returns to the review with its reason', () => {
  const state = run(pay, refused(400, 'invalid_body'))
  expect(state).toMatchObject({ step: 'review', problem: { error: 'invalid_body' } })
})

it('knows when money may move', () => {
  expect(moneyMoves(run(pay))).toBe(true)
  expect(moneyMoves(run(pay, answered({})))).toBe(true)
  expect(moneyMoves(run())).toBe(false)
})

it('asks ever more slowly', () => {
  expect([0, 1, 2, 30].map(askDelay)).toEqual([1000, 1500, 2250, 15_000])
})
