import { describe, expect, it } from 'vitest'
import { centred, clamp, fitZoom, MAX_ZOOM, reveal, zoomAt, type Extent } from './view'

const extent: Extent = {
  content: { width: 1000, height: 600 },
  window: { width: 400, height: 300 },
}

describe('the view of the hall', () => {
  it('fits the whole hall into the window', () => {
    expect(fitZoom(extent)).toBe(0.4)
    expect(
      fitZoom({ content: { width: 100, height: 100 }, window: { width: 900, height: 900 } }),
    ).toBe(1.4)
  })

  it('centres what is smaller than the window and bounds the zoom', () => {
    expect(clamp({ k: 0.1, x: -500, y: 80 }, extent)).toEqual({ k: 0.4, x: 0, y: 30 })
    expect(clamp({ k: 99, x: 0, y: 0 }, extent).k).toBe(MAX_ZOOM)
  })

  it('never shows a void beside the hall', () => {
    expect(clamp({ k: 1, x: 50, y: 50 }, extent)).toEqual({ k: 1, x: 0, y: 0 })
    expect(clamp({ k: 1, x: -5000, y: -5000 }, extent)).toEqual({ k: 1, x: -600, y: -300 })
  })

  it('keeps the point under the fingers while zooming', () => {
    const before = { k: 1, x: -300, y: -150 }
    const after = zoomAt(before, 1.5, 200, 150, extent)
    const under = (view: typeof before, px: number) => (px - view.x) / view.k
    expect(under(after, 200)).toBeCloseTo(under(before, 200))
  })

  it('puts a point of the hall into the middle', () => {
    expect(centred(1, 500, 300, extent)).toEqual({ k: 1, x: -300, y: -150 })
  })

  it('reveals a seat by the smallest move, and not at all when it is visible', () => {
    const view = { k: 1, x: 0, y: 0 }
    expect(reveal(view, 200, 150, 16, extent)).toEqual(view)
    expect(reveal(view, 500, 150, 16, extent).x).toBe(-(500 + 16 + 28 - 400))
  })
})
