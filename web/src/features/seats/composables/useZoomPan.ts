import { onMounted, onScopeDispose, shallowRef, type Ref, type ShallowRef } from 'vue'
import {
  centred,
  clamp,
  fitZoom,
  reveal,
  zoomAt,
  type Extent,
  type Size,
  type View,
} from '../model/view'
import { followPointers } from './pointers'

export interface ZoomPan {
  /** For what must be drawn anew, such as the minimap; the drawing itself is moved directly. */
  readonly view: Readonly<ShallowRef<View>>
  readonly window: Readonly<ShallowRef<Size>>
  readonly zoom: (factor: number) => void
  readonly pan: (dx: number, dy: number) => void
  readonly fit: () => void
  /** Brings a point of the drawing into sight. */
  readonly show: (x: number, y: number, half: number) => void
  readonly centreOn: (x: number, y: number) => void
  /** True right after a drag, so that its end is not taken for a press. */
  readonly dragged: () => boolean
}

/** Least zoom at the first paint where fingers are used: seats are 26 pixels then. */
const TOUCH_ZOOM = 1
/** Least zoom at which the whole hall is shown at first to a mouse. */
const MOUSE_ZOOM = 0.7

/**
 * Zoom and pan by a CSS transform on the drawing, which the compositor moves without painting.
 * `will-change` is set only while moving: kept longer, the drawing would stay blurred.
 */
export function useZoomPan(
  frame: Ref<HTMLElement | null>,
  drawing: Ref<SVGSVGElement | null>,
  content: Size,
  focus: { x: number; y: number },
): ZoomPan {
  const view = shallowRef<View>({ k: 1, x: 0, y: 0 })
  const size = shallowRef<Size>({ width: 0, height: 0 })
  let untouched = true
  let settle: ReturnType<typeof setTimeout> | undefined

  const extent = (): Extent => ({ content, window: size.value })

  function apply(next: View, smooth: boolean): void {
    view.value = next
    const svg = drawing.value
    if (!svg) return
    svg.style.willChange = 'transform'
    svg.style.transition = smooth ? 'transform 160ms var(--ease-house)' : 'none'
    svg.style.transform = `translate(${next.x}px, ${next.y}px) scale(${next.k})`
    clearTimeout(settle)
    settle = setTimeout(() => {
      svg.style.willChange = 'auto'
    }, 250)
  }

  function begin(): void {
    const fit = fitZoom(extent())
    const least = matchMedia('(pointer: coarse)').matches ? TOUCH_ZOOM : MOUSE_ZOOM
    if (fit >= least) apply(clamp({ k: fit, x: 0, y: 0 }, extent()), false)
    else apply(centred(TOUCH_ZOOM, focus.x, focus.y, extent()), false)
  }

  function measure(): void {
    const box = frame.value
    if (!box) return
    const next = { width: box.clientWidth, height: box.clientHeight }
    if (next.width === size.value.width && next.height === size.value.height) return
    size.value = next
    if (untouched) begin()
    else apply(clamp(view.value, extent()), false)
  }

  function change(next: View, smooth: boolean): void {
    untouched = false
    apply(next, smooth)
  }

  const middle = () => ({ x: size.value.width / 2, y: size.value.height / 2 })
  const pointers = followPointers({
    pan: (dx, dy) => {
      const before = view.value
      change(clamp({ k: before.k, x: before.x + dx, y: before.y + dy }, extent()), false)
      // What the hall does not use moves the page, so that the map is no trap for a thumb.
      const rest = dy - (view.value.y - before.y)
      if (Math.abs(rest) > 0.5) window.scrollBy(0, -rest)
    },
    zoom: (factor, x, y) => change(zoomAt(view.value, factor, x, y, extent()), false),
  })

  onMounted(() => {
    const box = frame.value
    if (!box) return
    const observer = new ResizeObserver(measure)
    observer.observe(box)
    pointers.attach(box)
    measure()
    cleanups.push(() => observer.disconnect())
  })
  const cleanups: (() => void)[] = []
  onScopeDispose(() => {
    for (const cleanup of cleanups) cleanup()
    pointers.detach()
    clearTimeout(settle)
  })

  return {
    view,
    window: size,
    zoom: (factor) => change(zoomAt(view.value, factor, middle().x, middle().y, extent()), true),
    pan: (dx, dy) =>
      change(clamp({ ...view.value, x: view.value.x + dx, y: view.value.y + dy }, extent()), true),
    fit: () => change(clamp({ k: fitZoom(extent()), x: 0, y: 0 }, extent()), true),
    show: (x, y, half) => apply(reveal(view.value, x, y, half, extent()), true),
    centreOn: (x, y) => change(centred(view.value.k, x, y, extent()), true),
    dragged: pointers.dragged,
  }
}
