/** Drag, pinch and ctrl-wheel on one element. A plain wheel scrolls the page and is left alone. */

export interface PointerMoves {
  pan: (dx: number, dy: number) => void
  /** Around a point of the element, in CSS pixels. */
  zoom: (factor: number, x: number, y: number) => void
}

export interface Pointers {
  attach: (element: HTMLElement) => void
  detach: () => void
  /** True from the first real move of a drag until shortly after its end. */
  dragged: () => boolean
}

interface Spot {
  x: number
  y: number
}

/** A press that wanders less than this many pixels is a press. */
const SLACK = 7

export function followPointers(moves: PointerMoves): Pointers {
  const spots = new Map<number, Spot>()
  let element: HTMLElement | null = null
  let moved = false
  let travel = 0

  function down(event: PointerEvent): void {
    if (event.pointerType === 'mouse' && event.button !== 0) return
    if (spots.size >= 2 || (event.target as Element).closest('[data-no-pan]')) return
    if (spots.size === 0) {
      moved = false
      travel = 0
    }
    spots.set(event.pointerId, { x: event.clientX, y: event.clientY })
  }

  function move(event: PointerEvent): void {
    const spot = spots.get(event.pointerId)
    if (!spot || !element) return
    const dx = event.clientX - spot.x
    const dy = event.clientY - spot.y
    travel += Math.abs(dx) + Math.abs(dy)
    if (!moved && travel < SLACK) {
      spots.set(event.pointerId, { x: event.clientX, y: event.clientY })
      return
    }
    if (!moved) {
      moved = true
      // Capturing only now keeps a plain press a click on its seat.
      element.setPointerCapture(event.pointerId)
    }
    const before = pinch()
    spots.set(event.pointerId, { x: event.clientX, y: event.clientY })
    const after = pinch()
    if (before && after) spread(before, after)
    else moves.pan(dx, dy)
  }

  function spread(before: Spot & { reach: number }, after: Spot & { reach: number }): void {
    const box = element?.getBoundingClientRect()
    if (!box || before.reach === 0) return
    moves.zoom(after.reach / before.reach, after.x - box.left, after.y - box.top)
    moves.pan(after.x - before.x, after.y - before.y)
  }

  function pinch(): (Spot & { reach: number }) | null {
    const [a, b] = [...spots.values()]
    if (!a || !b) return null
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, reach: Math.hypot(a.x - b.x, a.y - b.y) }
  }

  function up(event: PointerEvent): void {
    spots.delete(event.pointerId)
  }

  function wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    const box = element?.getBoundingClientRect()
    if (!box) return
    const factor = Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.005 : 0.1))
    moves.zoom(factor, event.clientX - box.left, event.clientY - box.top)
  }

  /** The click that ends a drag comes after `pointerup`; it is the last thing that belongs to it. */
  function click(event: MouseEvent): void {
    if (!moved) return
    moved = false
    event.preventDefault()
    event.stopPropagation()
  }

  return {
    attach(target) {
      element = target
      target.addEventListener('pointerdown', down)
      target.addEventListener('pointermove', move)
      target.addEventListener('pointerup', up)
      target.addEventListener('pointercancel', up)
      target.addEventListener('wheel', wheel, { passive: false })
      target.addEventListener('click', click, { capture: true })
    },
    detach() {
      element?.removeEventListener('pointerdown', down)
      element?.removeEventListener('pointermove', move)
      element?.removeEventListener('pointerup', up)
      element?.removeEventListener('pointercancel', up)
      element?.removeEventListener('wheel', wheel)
      element?.removeEventListener('click', click, { capture: true })
      element = null
      spots.clear()
    },
    dragged: () => moved,
  }
}
