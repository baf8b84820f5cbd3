import type { Booking } from '@/shared/api'

export interface BookingShelves {
  /** Paid, and the film is not over. The next one first. */
  upcoming: Booking[]
  /** A payment is open: these need attention. */
  open: Booking[]
  /** The film is over. The latest first. */
  past: Booking[]
  /** Refunded, cancelled or never completed. The latest first. */
  ended: Booking[]
}

/** Sorts bookings onto the shelves of "My tickets". */
export function sortBookings(all: readonly Booking[], now: Date): BookingShelves {
  const over = ({ showtime }: Booking) => !!showtime && new Date(showtime.ends_at) < now
  const start = (booking: Booking) => booking.showtime?.starts_at ?? booking.created_at
  const soonest = (a: Booking, b: Booking) => start(a).localeCompare(start(b))
  const latest = (a: Booking, b: Booking) => start(b).localeCompare(start(a))
  const booked = all.filter(({ status }) => status === 'BOOKED')
  return {
    upcoming: booked.filter((booking) => !over(booking)).sort(soonest),
    open: all.filter(({ status }) => status === 'PENDING').sort(soonest),
    past: booked.filter(over).sort(latest),
    ended: all.filter(({ status }) => status === 'FAILED' || status === 'CANCELLED').sort(latest),
  }
}
