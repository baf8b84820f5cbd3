import type { Booking, Money } from '@/shared/api'

type Tone = 'neutral' | 'lamp' | 'leaf' | 'ember' | 'beam'

/** Name and tone of a booking's state, as the customer reads it. */
export function statusLabel(booking: Booking): { text: string; tone: Tone } {
  switch (booking.status) {
    case 'BOOKED':
      return { text: 'Booked', tone: 'leaf' }
    case 'PENDING':
      return { text: 'Payment open', tone: 'beam' }
    case 'CANCELLED':
      return { text: booking.refund ? 'Cancelled, refund' : 'Cancelled', tone: 'neutral' }
    case 'FAILED':
      return { text: 'Not booked', tone: 'ember' }
  }
}

/** Why a booking failed, what happened to the money, in full sentences. */
export function failureText(reason: string | undefined): string {
  switch (reason) {
    case 'payment_expired':
      return 'The time to pay ran out, so the seats went back on sale. No money was taken.'
    case 'declined':
      return 'The bank declined the payment, so the seats went back on sale. No money was taken.'
    case 'cancelled':
      return 'You gave this booking up, and the seats went back on sale. No money was taken.'
    case 'conflict':
      return 'Somebody else was quicker for one of these seats. No money was taken.'
    case 'abandoned':
      return 'The booking was interrupted before it was complete. No money was taken.'
    default:
      return 'The booking did not go through. No money was taken.'
  }
}

/** How a refund stands. */
export function refundText(booking: Booking): string {
  switch (booking.refund?.state) {
    case undefined:
      return 'This booking was cancelled.'
    case 'succeeded':
      return 'This booking was cancelled and the money has gone back to the card.'
    case 'failed':
    case 'needs_manual':
      return 'This booking was cancelled. The refund needs a person: the cinema is on it.'
    default:
      return 'This booking was cancelled. The refund is on its way to the card; banks take up to five working days.'
  }
}

/** What the whole booking costs. */
export function totalOf(booking: Booking): Money {
  return { amount: booking.amount, currency: booking.currency }
}

/** What an open payment waits for: the customer's bank page, another card, or the bank's answer. */
export function pendingStage(booking: Booking): 'action' | 'card' | 'answer' {
  if (booking.payment?.next_action) return 'action'
  return booking.payment?.state === 'needs_method' ? 'card' : 'answer'
}
