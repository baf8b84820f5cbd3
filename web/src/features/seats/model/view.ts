/** Zoom and pan as numbers: where the drawing stands in its window. Pure; the DOM is elsewhere. */

/** The drawing is scaled by `k`, then moved by `x`, `y` CSS pixels. */
export interface View {
  readonly k: number
  readonly x: number
  readonly y: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** A rectangle in the coordinates of the map's window. */
export interface Anchor extends Size {
  readonly left: number
  readonly top: number
}

export interface Extent {
  readonly content: Size
  readonly window: Size
}

export const MAX_ZOOM = 2.6
/** A small hall is not drawn larger than this to fill its window: seats would look like toys. */
export const FULL_ZOOM = 1.4
/** From here on there is room for the numbers of the seats. */
export const NUMBERS_ZOOM = 1.2

/** The zoom at which the whole hall is visible. */
export function fitZoom({ content, window }: Extent): number {
  if (content.width <= 0 || content.height <= 0 || window.width <= 0) return 1
  return Math.min(window.width / content.width, window.height / content.height, FULL_ZOOM)
}

/** Keeps the drawing in its window: centred where it is smaller, never showing a void beside it. */
export function clamp(view: View, extent: Extent): View {
  const k = Math.min(MAX_ZOOM, Math.max(Math.min(fitZoom(extent), 1), view.k))
  return {
    k,
    x: clampAxis(view.x, extent.content.width * k, extent.window.width),
    y: clampAxis(view.y, extent.content.height * k, extent.window.height),
  }
}

function clampAxis(at: number, content: number, window: number): number {
  if (content <= window) return (window - content) / 2
  return Math.min(0, Math.max(window - content, at))
}

/** Zooms by a factor around a point of the window, which stays where it is. */
export function zoomAt(view: View, factor: number, px: number, py: number, extent: Extent): View {
  const { k } = clamp({ ...view, k: view.k * factor }, extent)
  const scale = k / view.k
  return clamp({ k, x: px - (px - view.x) * scale, y: py - (py - view.y) * scale }, extent)
}

/** The view at a zoom with a point of the drawing in the middle of the window. */
export function centred(k: number, x: number, y: number, extent: Extent): View {
  const { window } = extent
  return clamp({ k, x: window.width / 2 - x * k, y: window.height / 2 - y * k }, extent)
}

/** Moves as little as possible so that a square around a point is inside the window with a margin. */
export function reveal(view: View, x: number, y: number, half: number, extent: Extent): View {
  const margin = 28
  const shift = (at: number, size: number): number => {
    const low = at - half * view.k
    const high = at + half * view.k
    if (low < margin) return margin - low
    return high > size - margin ? size - margin - high : 0
  }
  const moved = {
    k: view.k,
    x: view.x + shift(x * view.k + view.x, extent.window.width),
    y: view.y + shift(y * view.k + view.y, extent.window.height),
  }
  return clamp(moved, extent)
}
