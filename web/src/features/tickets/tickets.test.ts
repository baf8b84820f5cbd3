import { expect, it } from 'vitest'
import type { Booking, BookingStatus, Showing } from '@/shared/api'
import { failureText, pendingStage, refundText } from './bookingText'
import { rowAndNumber, seatNames } from './seatNames'
import { sortBookings } from './sortBookings'

function booking(id: string, status: BookingStatus, startsAt: string): Booking {
  return {
    id,
    reference: id,
    request_id: id,
    showtime_id: `s-${id}`,
    seat_ids: ['F7'],
    amount: 1250,
    currency: 'GBP',
    status,
    tickets: [],
    lines: [],
    customer: { email: '', name: '' },
    created_at: '2026-11-01T10:00:00Z',
    // Only the two times matter here.
    showtime: { starts_at: startsAt, ends_at: startsAt } as Showing,
  }
}

it('puts what comes next first and what is over last', () => {
  const all = [
    booking('later', 'BOOKED', '2026-11-30T18:00:00Z'),
    booking('next', 'BOOKED', '2026-11-28T18:00:00Z'),
    booking('old', 'BOOKED', '2026-11-20T18:00:00Z'),
    booking('open', 'PENDING', '2026-11-28T18:00:00Z'),
    booking('failed', 'FAILED', '2026-11-28T18:00:00Z'),
    booking('refunded', 'CANCELLED', '2026-11-29T18:00:00Z'),
  ]
  const shelves = sortBookings(all, new Date('2026-11-27T12:00:00Z'))
  const ids = (list: Booking[]) => list.map(({ id }) => id)
  expect(ids(shelves.upcoming)).toEqual(['next', 'later'])
  expect(ids(shelves.open)).toEqual(['open'])
  expect(ids(shelves.past)).toEqual(['old'])
  expect(ids(shelves.ended)).toEqual(['refunded', 'failed'])
})

it('keeps a paid booking in sight when its show cannot be read', () => {
  const lost = booking('lost', 'BOOKED', '')
  delete lost.showtime
  expect(sortBookings([lost], new Date('2030-01-01')).upcoming).toHaveLength(1)
})

it('names seats in the order of the row', () => {
  expect(seatNames(['F7'])).toBe('Seat F7')
  expect(seatNames(['F10', 'F8', 'F9'])).toBe('Seats F8, F9 and F10')
  expect(rowAndNumber('AB12')).toEqual({ row: 'AB', number: '12' })
})

it('says what happened to the money, also for a reason it does not know', () => {
  for (const reason of [
    'payment_expired',
    'declined',
    'cancelled',
    'conflict',
    'abandoned',
    'new',
  ]) {
    expect(failureText(reason)).toContain('No money was taken')
  }
  const gone = booking('r', 'CANCELLED', '')
  expect(refundText(gone)).toBe('This booking was cancelled.')
  const refund = { state: 'submitted', amount: 1250, currency: 'GBP' }
  expect(refundText({ ...gone, refund })).toContain('on its way')
})

it('says "do not pay again" only while the bank has the payment', () => {
  const open = booking('p', 'PENDING', '')
  const next_action = { type: 'redirect' as const, url: '/bank/p' }
  expect(pendingStage(open)).toBe('answer')
  expect(pendingStage({ ...open, payment: { provider: 'mock', state: 'unknown' } })).toBe('answer')
  expect(pendingStage({ ...open, payment: { provider: 'mock', state: 'needs_method' } })).toBe(
    'card',
  )
  const action = { provider: 'mock', state: 'needs_action' as const, next_action }
  expect(pendingStage({ ...open, payment: action })).toBe('action')
})
