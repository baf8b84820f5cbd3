/** The calls of the checkout, in one place. */
import { get, post, type Booking, type BookingAnswer, type Page } from '@/shared/api'
import type { PurchaseOrder } from './model/purchase'

/** A money route may take its time: what it answers late is better than an answer given up on. */
const MONEY_TIMEOUT_MS = 30_000

function bookingPath(bookingId: string): string {
  return `/api/bookings/${encodeURIComponent(bookingId)}`
}

function withToken(token: string | undefined): { payment_token?: string } {
  return token === undefined ? {} : { payment_token: token }
}

export async function confirmOrder(
  showtimeId: string,
  order: PurchaseOrder,
  token: string | undefined,
): Promise<Booking> {
  const path = `/api/showtimes/${encodeURIComponent(showtimeId)}/bookings/confirm`
  const body = { ...order, ...withToken(token) }
  return (await post<BookingAnswer>(path, body, { timeout: MONEY_TIMEOUT_MS })).booking
}

export async function settleBooking(
  bookingId: string,
  token: string | undefined,
): Promise<Booking> {
  const path = `${bookingPath(bookingId)}/settle`
  return (await post<BookingAnswer>(path, withToken(token), { timeout: MONEY_TIMEOUT_MS })).booking
}

/** The newest booking of a showtime that is not paid yet, with how its payment stands. */
export async function openBooking(showtimeId: string): Promise<Booking | undefined> {
  const [newest] = await pending({ showtime_id: showtimeId, limit: 1 })
  return newest ? fetchBooking(newest.id) : undefined
}

/** The booking that a payment of the bank's page belongs to. */
export async function bookingOfPayment(reference: string): Promise<Booking | undefined> {
  // The list does not tell about payments, and there are never more than a few open ones.
  const open = await pending({ limit: 10 })
  const bookings = await Promise.all(open.map((one) => fetchBooking(one.id)))
  return bookings.find(
    (one) =>
      one.payment_ref === reference ||
      one.payment?.next_action?.url.endsWith(`/${reference}`) === true,
  )
}

/** Answers as the bank of a test payment. */
export function answerAsBank(reference: string, approve: boolean): Promise<unknown> {
  return post(`/api/payments/mock/${encodeURIComponent(reference)}/action`, { approve })
}

async function pending(query: { showtime_id?: string; limit: number }): Promise<Booking[]> {
  const asked = { ...query, status: 'PENDING' }
  return (await get<Page<Booking>>('/api/bookings', { query: asked })).items
}

async function fetchBooking(bookingId: string): Promise<Booking> {
  return (await get<BookingAnswer>(bookingPath(bookingId))).booking
}
