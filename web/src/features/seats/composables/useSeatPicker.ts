import { computed, shallowRef, watch, type Ref } from 'vue'
import type { ShowtimeDetail } from '@/shared/api'
import { formatMoney } from '@/shared/lib/formatMoney'
import { useAnnouncer } from '@/shared/ui'
import { useCurrentHold, type Hold } from '../currentHold'
import { pressable } from '../model/looks'
import { seatsText } from '../model/noticeText'
import { pickTogether } from '../model/party'
import { companionsOf, makePlan, unitOf, type PlanSeat } from '../model/plan'
import { priceBook } from '../model/prices'
import { useFreeCount } from './useFreeCount'
import { useSeatBoard, type SeatBoard, type SeatFilter } from './useSeatBoard'
import { useSeatStream, type LiveSeats } from './useSeatStream'
import { useSelection, type SeatSelection } from './useSelection'
import { useTabChoice } from './useTabChoice'

export interface SeatPicker {
  readonly live: LiveSeats
  readonly selection: SeatSelection
  readonly board: SeatBoard
  readonly hold: Readonly<Ref<Hold | null>>
  readonly party: Ref<number>
  readonly filter: Ref<SeatFilter>
  readonly view: Ref<'map' | 'list'>
  /** Free seats by the live map; null until it is known. */
  readonly free: Readonly<Ref<number | null>>
  /** Seats can be chosen now. */
  readonly open: Readonly<Ref<boolean>>
  /** A press on the map: takes the whole party at once, or gives the seat back. */
  readonly press: (seatId: string) => void
  /** A press in the list, where every seat is named: takes or gives back this one. */
  readonly pressOne: (seatId: string) => void
  readonly add: (seatIds: readonly string[]) => void
  readonly want: (seatIds: readonly string[]) => void
  readonly remove: (seatId: string) => void
  readonly relock: (seatIds: readonly string[]) => void
  readonly best: () => void
  readonly more: () => void
  /** The local clock ended: the server decides. */
  readonly over: () => void
  readonly giveUp: () => void
  readonly showList: () => void
}

/** Everything behind the seat page of one showtime. */
export function useSeatPicker(show: ShowtimeDetail): SeatPicker {
  const plan = makePlan(show.layout)
  const prices = priceBook(show)
  const live = useSeatStream(show.id)
  const selection = useSelection(show, live)
  const filter = shallowRef<SeatFilter>({ category: '', stepFree: false })
  const board = useSeatBoard({ show, plan, prices }, live, selection, filter)
  const store = useCurrentHold()
  const party = useTabChoice(
    'party',
    Math.min(2, show.limits.max_seats),
    (value): value is number => {
      return typeof value === 'number' && value >= 1 && value <= show.limits.max_seats
    },
  )
  const view = useTabChoice<'map' | 'list'>(
    'view',
    'map',
    (v): v is 'map' | 'list' => v === 'map' || v === 'list',
  )
  const hold = computed(() => (store.hold?.showtimeId === show.id ? store.hold : null))
  const open = computed(
    () => show.sale === 'on_sale' || (show.sale === 'sold_out' && hold.value !== null),
  )
  const { act } = selection

  sayChanges(selection, board, hold)
  void act.verify().then(() => refreshQuote(selection))

  function withSeat(seatId: string, choose: (seat: PlanSeat) => readonly string[]): void {
    const seat = plan.byId.get(seatId)
    if (!seat || !open.value || !pressable(board.look(seat))) return
    if (act.desired.includes(seatId)) void act.remove(goesWith(board, seat))
    else void act.add(choose(seat))
  }

  function chooseParty(seat: PlanSeat): readonly string[] {
    const missing = Math.max(1, party.value - act.desired.length)
    const found = pickTogether(plan, seat, missing, board.free)
    // Said after the tap's own answer, which clears what was said before.
    const ordinary = seat.kind !== 'wheelchair' && seat.kind !== 'companion'
    if (ordinary && found.length < missing) {
      queueMicrotask(() => act.say({ kind: 'short', wanted: missing, found: found.length }))
    }
    return found
  }

  return {
    live,
    selection,
    board,
    hold,
    party,
    filter,
    view,
    free: useFreeCount(plan, live),
    open,
    press: (seatId) => withSeat(seatId, chooseParty),
    pressOne: (seatId) => withSeat(seatId, (seat) => unitOf(plan, seat).map((one) => one.id)),
    add: (seatIds) => void act.add(seatIds),
    want: (seatIds) => void act.want(seatIds),
    remove: (seatId) => {
      const seat = plan.byId.get(seatId)
      if (seat) void act.remove(goesWith(board, seat))
    },
    relock: (seatIds) => void act.relock(seatIds),
    best: () => void act.best(wishOf(party.value, filter.value)),
    more: () => void act.extend(),
    over: () => void act.verify(),
    giveUp: () => void act.giveUp(),
    showList: () => {
      view.value = 'list'
    },
  }
}

function wishOf(count: number, filter: SeatFilter) {
  return {
    count,
    ...(filter.category === '' ? {} : { category: filter.category }),
    ...(filter.stepFree ? { accessible: true } : {}),
  }
}

/** What leaves with a seat: the other half, and the companion seats of a wheelchair space. */
function goesWith(board: SeatBoard, seat: PlanSeat): string[] {
  const { plan } = board
  return [...unitOf(plan, seat), ...companionsOf(plan, seat)].map((one) => one.id)
}

/** After a reload the seats are known but not their price and extensions: the same lock tells them. */
async function refreshQuote(selection: SeatSelection): Promise<void> {
  const { act } = selection
  const store = useCurrentHold()
  if (act.held.length > 0 && store.hold?.extensionsLeft === null) await act.refresh()
}

function sayChanges(selection: SeatSelection, board: SeatBoard, hold: Ref<Hold | null>): void {
  const { announce } = useAnnouncer()
  watch(selection.held, (now, before) => {
    const joined = now.filter((id) => !before.includes(id))
    const left = before.filter((id) => !now.includes(id))
    if (joined.length === 0 && left.length === 0) return
    // A loss is told by its notice.
    if (joined.length === 0 && selection.notice.value !== null) return
    const total =
      hold.value?.total ?? board.prices.total(now.flatMap((id) => board.plan.byId.get(id) ?? []))
    const sum = now.length > 0 && total ? `, ${formatMoney(total)}` : ''
    const what =
      joined.length > 0 ? `${seatsText(joined)} held for you` : `${seatsText(left)} given back`
    announce(`${what}. ${String(now.length)} selected${sum}.`)
  })
}
