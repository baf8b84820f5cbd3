import type { Showtime } from '@/shared/api'

/** A day's shows in four numbers. "Taken" counts sold and held seats alike: neither can be bought. */
export interface HouseTotals {
  shows: number
  taken: number
  capacity: number
  /** Share of the seats that are taken, in whole percent. */
  occupancy: number
  soldOut: number
}

/** Adds a day up; cancelled shows have no seats to fill. */
export function houseTotals(shows: readonly Showtime[]): HouseTotals {
  const playing = shows.filter((show) => show.sale !== 'cancelled')
  const capacity = playing.reduce((sum, show) => sum + show.availability.capacity, 0)
  const free = playing.reduce((sum, show) => sum + show.availability.free, 0)
  return {
    shows: playing.length,
    taken: capacity - free,
    capacity,
    occupancy: percent(capacity - free, capacity),
    soldOut: playing.filter((show) => show.availability.free === 0).length,
  }
}

/** A share in whole percent; nothing of nothing is nothing. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 100)
}
