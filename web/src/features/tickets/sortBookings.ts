import type { Booking, ShowtimeDetail } from '@/shared/api'

/** A booking with the show it is for; the show is missing when it could not be read. */
export interface BookingWithShow {
  booking: Booking
  show?: ShowtimeDetail | undefined
}

export interface BookingShelves {
  /** Paid, and the film is not over. The next one first. */
  upcoming: BookingWithShow[]
  /** A payment is open: these need attention. */
  open: BookingWithShow[]
  /** The film is over. The latest first. */
  past: BookingWithShow[]
  /** Refunded, cancelled or never completed. The latest first. */
  ended: BookingWithShow[]
}

/** Sorts bookings onto the shelves of "My tickets". */
export function sortBookings(all: readonly BookingWithShow[], now: Date): BookingShelves {
  const over = (entry: BookingWithShow) => !!entry.show && new Date(entry.show.ends_at) < now
  const start = (entry: BookingWithShow) => entry.show?.starts_at ?? entry.booking.created_at
  const soonest = (a: BookingWithShow, b: BookingWithShow) => start(a).localeCompare(start(b))
  const latest = (a: BookingWithShow, b: BookingWithShow) => start(b).localeCompare(start(a))
  const booked = all.filter(({ booking }) => booking.status === 'BOOKED')
  return {
    upcoming: booked.filter((entry) => !over(entry)).sort(soonest),
    open: all.filter(({ booking }) => booking.status === 'PENDING').sort(soonest),
    past: booked.filter(over).sort(latest),
    ended: all
      .filter(({ booking }) => booking.status === 'FAILED' || booking.status === 'CANCELLED')
      .sort(latest),
  }
}
