import { expect, it } from 'vitest'
import type { Booking, BookingStatus, ShowtimeDetail } from '@/shared/api'
import { failureText, priceOf, refundText } from './bookingText'
import { rowAndNumber, seatNames } from './seatNames'
import { sortBookings } from './sortBookings'

function entry(id: string, status: BookingStatus, startsAt: string) {
  const booking: Booking = {
    id,
    reference: id,
    showtime_id: `s-${id}`,
    seat_ids: ['F7'],
    amount: 1250,
    currency: 'GBP',
    status,
    created_at: '2026-11-01T10:00:00Z',
  }
  const show = { starts_at: startsAt, ends_at: startsAt } as ShowtimeDetail
  return { booking, show }
}

it('puts what comes next first and what is over last', () => {
  const all = [
    entry('later', 'BOOKED', '2026-11-30T18:00:00Z'),
    entry('next', 'BOOKED', '2026-11-28T18:00:00Z'),
    entry('old', 'BOOKED', '2026-11-20T18:00:00Z'),
    entry('open', 'PENDING', '2026-11-28T18:00:00Z'),
    entry('failed', 'FAILED', '2026-11-28T18:00:00Z'),
    entry('refunded', 'CANCELLED', '2026-11-29T18:00:00Z'),
  ]
  const shelves = sortBookings(all, new Date('2026-11-27T12:00:00Z'))
  const ids = (list: { booking: Booking }[]) => list.map(({ booking }) => booking.id)
  expect(ids(shelves.upcoming)).toEqual(['next', 'later'])
  expect(ids(shelves.open)).toEqual(['open'])
  expect(ids(shelves.past)).toEqual(['old'])
  expect(ids(shelves.ended)).toEqual(['refunded', 'failed'])
})

it('keeps a paid booking in sight when its show cannot be read', () => {
  const { booking } = entry('lost', 'BOOKED', '')
  expect(sortBookings([{ booking }], new Date('2030-01-01')).upcoming).toHaveLength(1)
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
  const { booking } = entry('r', 'CANCELLED', '')
  expect(refundText(booking)).toBe('This booking was cancelled.')
  expect(refundText({ ...booking, refund: { state: 'submitted' } })).toContain('on its way')
})

it('reads a price with and without its currency', () => {
  const ticket = { id: 't', seat_id: 'F7', ticket_type: 'adult', code: 'C' }
  expect(priceOf({ ...ticket, price: 1250 }, 'GBP')).toEqual({ amount: 1250, currency: 'GBP' })
  const price = { amount: 900, currency: 'GBP' }
  expect(priceOf({ ...ticket, price }, 'EUR')).toEqual(price)
})
