/**
 * The states of a purchase and what leads from one to the next. Pure: the requests are made by
 * `useCheckout`, which asks this what an answer means. Nothing here ever pays twice: a request whose
 * outcome is unknown is sent again under the same name, and a booking that exists is only settled.
 */
import type { Alternative, Booking, Problem } from '@/shared/api'

export type CheckoutState =
  /** Everything is on the page; nothing is reserved yet. `problem` is why the last try did not begin. */
  | { step: 'review'; problem: Problem | null }
  /** A request runs; `again` counts how often its answer was lost and the same one was sent anew. */
  | { step: 'paying'; bookingId: string | null; again: number }
  | { step: 'booked'; bookingId: string }
  /** The card was refused; the seats are kept for another one until `payDeadline`. */
  | {
      step: 'declined'
      bookingId: string
      reason: string
      payDeadline: string
      attemptsLeft: number | null
    }
  /** The bank wants to see the customer. */
  | { step: 'action'; bookingId: string; url: string; payDeadline: string }
  /** The outcome is open: "we are checking with the bank; do not pay again". */
  | { step: 'checking'; bookingId: string; asked: number; payDeadline: string }
  /** No answer came: it is not known whether anything happened. The same request is sent again. */
  | { step: 'unsure'; bookingId: string | null; tries: number }
  /** The seats are no longer held. */
  | {
      step: 'gone'
      why: GoneReason
      seats: readonly string[]
      alternatives: readonly Alternative[]
    }
  /** This booking ended without tickets; the next try is a new one. */
  | { step: 'failed'; bookingId: string; reason: string }

/** The hold ran out, was lost by the server, was sold to another, or the time to pay ended. */
export type GoneReason = 'expired' | 'lost' | 'sold' | 'pay_expired'

export type CheckoutEvent =
  | { type: 'pay' }
  | { type: 'booking'; booking: Booking }
  | { type: 'problem'; problem: Problem; seats: readonly string[] }
  /** An unsure outcome is asked about again. */
  | { type: 'again' }
  /** The hold's own clock ended and the server said so. */
  | { type: 'expired'; seats: readonly string[] }
  /** The customer starts over after a loss. */
  | { type: 'restart' }

export const initialCheckout: CheckoutState = { step: 'review', problem: null }

/** Codes after which the seats must be chosen again. */
const GONE: Readonly<Record<string, GoneReason>> = {
  hold_expired: 'expired',
  not_owner: 'expired',
  hold_limit_reached: 'expired',
  hold_lost: 'lost',
  already_booked: 'sold',
  seats_unavailable: 'sold',
  payment_expired: 'pay_expired',
}

/** Codes that leave it open whether the request was carried out. */
const UNKNOWN: readonly string[] = ['network', 'timeout', 'bad_answer', 'aborted', 'internal']

/** The next state. Events that do not belong to a state leave it as it is. */
export function next(state: CheckoutState, event: CheckoutEvent): CheckoutState {
  switch (event.type) {
    case 'pay':
      return mayPay(state) ? { step: 'paying', bookingId: bookingOf(state), again: 0 } : state
    case 'again':
      return state.step === 'unsure'
        ? { step: 'paying', bookingId: state.bookingId, again: state.tries }
        : state
    case 'booking':
      return state.step === 'booked' ? state : afterBooking(state, event.booking)
    case 'problem':
      return state.step === 'booked' ? state : afterProblem(state, event.problem, event.seats)
    case 'expired':
      return state.step === 'review'
        ? { step: 'gone', why: 'expired', seats: event.seats, alternatives: [] }
        : state
    case 'restart':
      return initialCheckout
  }
}

/** Reports whether a press on Pay does something: never while an outcome is open. */
export function mayPay(state: CheckoutState): boolean {
  return state.step === 'review' || (state.step === 'declined' && state.attemptsLeft !== 0)
}

/** Reports whether money may be on its way, so that the hold's clock must not interfere. */
export function moneyMoves(state: CheckoutState): boolean {
  return ['paying', 'action', 'checking', 'unsure'].includes(state.step)
}

/** The booking that the state is about, once there is one. */
export function bookingOf(state: CheckoutState): string | null {
  return 'bookingId' in state ? state.bookingId : null
}

function afterBooking(state: CheckoutState, booking: Booking): CheckoutState {
  const bookingId = booking.id
  const payDeadline = booking.pay_deadline ?? ''
  switch (booking.status) {
    case 'BOOKED':
      return { step: 'booked', bookingId }
    case 'FAILED':
      return booking.reason === 'payment_expired'
        ? { step: 'gone', why: 'pay_expired', seats: booking.seat_ids, alternatives: [] }
        : { step: 'failed', bookingId, reason: booking.reason ?? '' }
    case 'CANCELLED':
      return { step: 'failed', bookingId, reason: 'cancelled' }
    case 'PENDING':
      return pending(state, booking, payDeadline)
  }
}

function pending(state: CheckoutState, booking: Booking, payDeadline: string): CheckoutState {
  const { payment, id: bookingId } = booking
  if (payment?.next_action) {
    return { step: 'action', bookingId, url: payment.next_action.url, payDeadline }
  }
  if (payment?.decline) {
    return { step: 'declined', bookingId, reason: payment.decline, payDeadline, attemptsLeft: null }
  }
  const asked = state.step === 'checking' ? state.asked + 1 : 0
  return { step: 'checking', bookingId, asked, payDeadline }
}

function afterProblem(
  state: CheckoutState,
  problem: Problem,
  seats: readonly string[],
): CheckoutState {
  const gone = GONE[problem.error]
  if (gone) {
    const { conflicted, alternatives } = problem
    return { step: 'gone', why: gone, seats: conflicted ?? seats, alternatives: alternatives ?? [] }
  }
  if (problem.error === 'payment_declined') return declined(state, problem)
  // What is already being asked about goes on being asked about; a failed question decides nothing.
  if (state.step === 'checking') return { ...state, asked: state.asked + 1 }
  if (state.step === 'action') return state
  if (UNKNOWN.includes(problem.error) || problem.status >= 500) {
    const tries = state.step === 'paying' ? state.again + 1 : 1
    return { step: 'unsure', bookingId: bookingOf(state), tries }
  }
  return { step: 'review', problem }
}

function declined(state: CheckoutState, problem: Problem): CheckoutState {
  const {
    booking_id: named,
    reason,
    pay_deadline: until,
    attempts_left: left,
    final,
  } = problem.extensions
  const bookingId = typeof named === 'string' ? named : bookingOf(state)
  if (bookingId === null) return { step: 'review', problem }
  const why = typeof reason === 'string' ? reason : ''
  if (final === true) return { step: 'failed', bookingId, reason: why === '' ? 'declined' : why }
  return {
    step: 'declined',
    bookingId,
    reason: why,
    payDeadline: typeof until === 'string' ? until : '',
    attemptsLeft: typeof left === 'number' ? left : null,
  }
}

/** How long to wait before asking again, in milliseconds: 1 s, growing by half, at most 15 s. */
export function askDelay(asked: number): number {
  return Math.min(15_000, Math.round(1_000 * 1.5 ** Math.min(asked, 20)))
}
