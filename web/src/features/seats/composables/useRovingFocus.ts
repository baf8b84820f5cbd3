import { onMounted, shallowRef, type ShallowRef } from 'vue'
import type { PlanSeat, SeatPlan } from '../model/plan'
import { move } from '../model/roving'

export interface RovingDeps {
  /** Makes a seat the grid's one Tab stop; answers its element. */
  element: (seatId: string) => SVGElement | undefined
  /** Brings a seat into the window of the map. */
  shown: (seat: PlanSeat) => void
  press: (seatId: string) => void
  /** A factor, or 0 for the whole hall. */
  zoom: (factor: number) => void
  escape: () => void
  /** Where the Tab key enters when nothing had focus yet. */
  first: () => string | undefined
}

export interface RovingFocus {
  /** The seat with the focus ring; null while the focus is elsewhere or came by pointer. */
  readonly focused: Readonly<ShallowRef<PlanSeat | null>>
  readonly key: (event: KeyboardEvent) => void
  readonly focusIn: (seatId: string) => void
  readonly focusOut: () => void
  /** Makes a seat the Tab stop without a ring, after a press by pointer. */
  readonly settle: (seatId: string) => void
}

const STEP = 1.35

/** One Tab stop for the whole hall; the arrows move inside. Keys act only while a seat has focus. */
export function useRovingFocus(plan: SeatPlan, deps: RovingDeps): RovingFocus {
  const focused = shallowRef<PlanSeat | null>(null)
  let current: PlanSeat | undefined

  function settle(seatId: string): void {
    current = plan.byId.get(seatId)
    deps.element(seatId)
  }

  function go(seat: PlanSeat): void {
    current = seat
    const element = deps.element(seat.id)
    deps.shown(seat)
    element?.focus({ preventScroll: true })
    element?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }

  function focusIn(seatId: string): void {
    const seat = plan.byId.get(seatId)
    if (!seat) return
    const byKey = deps.element(seatId)?.matches(':focus-visible') ?? false
    current = seat
    if (!byKey) return
    focused.value = seat
    deps.shown(seat)
  }

  const commands: Readonly<Record<string, () => void>> = {
    ' ': () => current && deps.press(current.id),
    Enter: () => current && deps.press(current.id),
    '+': () => deps.zoom(STEP),
    '=': () => deps.zoom(STEP),
    '-': () => deps.zoom(1 / STEP),
    '0': () => deps.zoom(0),
    Escape: deps.escape,
  }

  function key(event: KeyboardEvent): void {
    if (!current || event.altKey) return
    const ctrl = event.ctrlKey || event.metaKey
    const target = move(plan, current, { key: event.key, ctrl })
    if (target) go(target)
    else if (!ctrl && commands[event.key]) commands[event.key]?.()
    else if (!event.key.startsWith('Arrow')) return
    event.preventDefault()
  }

  onMounted(() => {
    const { x, y } = plan.focus
    const distance = (seat: PlanSeat) => Math.hypot(seat.x - x, seat.y - y)
    const [nearest] = [...plan.seats].sort((a, b) => distance(a) - distance(b))
    const start = deps.first() ?? nearest?.id
    if (start !== undefined) settle(start)
  })

  return { focused, key, focusIn, focusOut: () => (focused.value = null), settle }
}
