import { onScopeDispose, watch, type Ref } from 'vue'
import type { ShowtimeDetail } from '@/shared/api'
import { formatMoney } from '@/shared/lib/formatMoney'
import { lookOf, seatName, type Look } from '../model/looks'
import type { PlanSeat, SeatPlan } from '../model/plan'
import type { PriceBook, PricedSeat } from '../model/prices'
import type { SeatsChanged } from '../model/seatStream'
import { useMyShowBookings } from './useMyShowBookings'
import type { LiveSeats } from './useSeatStream'
import type { SeatSelection } from './useSelection'

/** What the customer wants to see stand out; the other seats are dimmed, not hidden. */
export interface SeatFilter {
  /** Empty for every category. */
  category: string
  /** Wheelchair spaces and their companion seats only. */
  stepFree: boolean
}

/**
 * The hall as this viewer sees it. Nothing here is a vnode: the map and the list ask for the look of
 * a seat when they are told that it changed.
 */
export interface SeatBoard {
  readonly show: ShowtimeDetail
  readonly plan: SeatPlan
  readonly prices: PriceBook
  readonly look: (seat: PlanSeat) => Look
  readonly name: (seat: PlanSeat) => string
  readonly dimmed: (seat: PlanSeat) => boolean
  /** Could be taken by this viewer now. */
  readonly free: (seatId: string) => boolean
  readonly priceText: (seat: PricedSeat) => string
  /** Tells which seats to draw again until the scope ends. */
  readonly onRepaint: (listener: SeatsChanged) => void
}

export function useSeatBoard(
  base: { show: ShowtimeDetail; plan: SeatPlan; prices: PriceBook },
  live: LiveSeats,
  selection: SeatSelection,
  filter: Ref<SeatFilter>,
): SeatBoard {
  const { plan, prices } = base
  const listeners = new Set<SeatsChanged>()
  const texts = new Map<string, string>()
  let wish = { held: new Set<string>(), desired: new Set<string>(), owned: new Set<string>() }
  const tell: SeatsChanged = (changed) => {
    for (const listener of listeners) listener(changed)
  }

  live.onChange(tell)
  watch(
    [selection.held, selection.desired],
    ([held, desired]) => {
      const before = wish
      wish = { ...before, held: new Set(held), desired: new Set(desired) }
      tell([...before.held, ...before.desired, ...held, ...desired])
    },
    { flush: 'sync', immediate: true },
  )
  watch(filter, () => tell('all'))
  const bookings = useMyShowBookings(base.show.id)
  watch(
    bookings,
    (now) => {
      const owned = now.filter((one) => one.status === 'BOOKED').flatMap((one) => one.seat_ids)
      wish = { ...wish, owned: new Set(owned) }
      tell(owned)
    },
    { immediate: true },
  )
  onScopeDispose(() => listeners.clear())

  const look = (seat: PlanSeat): Look => lookOf(seat.id, live.state().seats.get(seat.id), wish)
  const priceText = (seat: PricedSeat): string => {
    const key = `${seat.category}|${seat.kind}`
    const known = texts.get(key)
    if (known !== undefined) return known
    const price = prices.entry(seat)?.price
    const text = price?.amount === 0 ? 'no charge' : price ? formatMoney(price) : ''
    texts.set(key, text)
    return text
  }
  return {
    ...base,
    look,
    name: (seat) => seatName(seat, priceText(seat), look(seat)),
    dimmed: (seat) => !matches(seat, filter.value) && look(seat) === 'free',
    free: (seatId) => {
      const seat = plan.byId.get(seatId)
      return seat !== undefined && look(seat) === 'free'
    },
    priceText,
    onRepaint: (listener) => void listeners.add(listener),
  }
}

/** Reports whether a seat is what the filter asks for. */
export function matches(seat: PlanSeat, filter: SeatFilter): boolean {
  if (filter.category !== '' && seat.category !== filter.category) return false
  return !filter.stepFree || seat.kind === 'wheelchair' || seat.kind === 'companion'
}
