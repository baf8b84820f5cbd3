import { onScopeDispose, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { Anchor } from '../model/view'
import type { SeatBoard } from './useSeatBoard'

export interface MapTooltip {
  readonly text: Readonly<ShallowRef<string>>
  readonly anchor: Readonly<ShallowRef<Anchor | null>>
  readonly show: (seatId: string, element: Element) => void
  readonly hide: () => void
  /** Hides soon, unless the pointer comes back or goes over the tooltip. */
  readonly leave: () => void
  readonly stay: () => void
}

/** Time to move the pointer from the seat into its tooltip. */
const GRACE_MS = 160

/** The name of the seat under the pointer or the focus. */
export function useMapTooltip(frame: Ref<HTMLElement | null>, board: SeatBoard): MapTooltip {
  const text = shallowRef('')
  const anchor = shallowRef<Anchor | null>(null)
  let shown: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function show(seatId: string, element: Element): void {
    const seat = board.plan.byId.get(seatId)
    const box = frame.value?.getBoundingClientRect()
    if (!seat || !box) return
    clearTimeout(timer)
    const at = element.getBoundingClientRect()
    shown = seatId
    text.value = board.name(seat)
    const { width, height } = at
    anchor.value = { left: at.left - box.left, top: at.top - box.top, width, height }
  }

  function hide(): void {
    clearTimeout(timer)
    shown = undefined
    anchor.value = null
  }

  board.onRepaint((changed) => {
    const seat = shown === undefined ? undefined : board.plan.byId.get(shown)
    if (seat && (changed === 'all' || changed.includes(seat.id))) text.value = board.name(seat)
  })
  onScopeDispose(() => clearTimeout(timer))

  return {
    text,
    anchor,
    show,
    hide,
    leave: () => {
      clearTimeout(timer)
      timer = setTimeout(hide, GRACE_MS)
    },
    stay: () => clearTimeout(timer),
  }
}
