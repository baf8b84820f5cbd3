/** Small halls for the tests of this feature. */
import type { Layout, LayoutRow, SeatKind } from '@/shared/api'
import { makePlan, type SeatPlan } from './plan'

/**
 * Draws rows from text, front to back: `s` standard, `p` premium, `w` wheelchair, `c` companion,
 * `(` and `)` the halves of a couple seat, a blank is a gap. Row labels are A, B, …
 */
export function layoutOf(...drawing: string[]): Layout {
  return {
    id: 'layout-1',
    version: 1,
    width: Math.max(...drawing.map((line) => line.length)),
    height: drawing.length + 3,
    screen: { x: 0, y: 0, width: Math.max(...drawing.map((line) => line.length)) },
    rows: drawing.map((line, index) => rowOf(line, index)),
    features: [],
  }
}

/** The prepared plan of a drawing, see {@link layoutOf}. */
export function planOf(...drawing: string[]): SeatPlan {
  return makePlan(layoutOf(...drawing))
}

const KINDS: Record<string, SeatKind> = {
  s: 'standard',
  p: 'premium',
  w: 'wheelchair',
  c: 'companion',
  '(': 'couple',
  ')': 'couple',
}

function rowOf(line: string, index: number): LayoutRow {
  const label = String.fromCharCode(65 + index)
  const row: LayoutRow = { label, gaps: [], seats: [] }
  let number = 0
  for (let x = 0; x < line.length; x++) {
    const sign = line.charAt(x)
    const kind = KINDS[sign]
    if (!kind) continue
    number++
    row.seats.push({
      id: `${label}${String(number)}`,
      number,
      x: x + 0.5,
      y: index + 3,
      kind,
      category: kind === 'premium' ? 'premium' : 'standard',
      ...pairOf(sign, label, number, line),
    })
  }
  return row
}

function pairOf(sign: string, label: string, number: number, line: string): { pair_id?: string } {
  if (sign === '(') return { pair_id: `${label}${String(number + 1)}` }
  if (sign === ')') return { pair_id: `${label}${String(number - 1)}` }
  if (sign === 'c')
    return { pair_id: `${label}${String(line.replaceAll(' ', '').indexOf('w') + 1)}` }
  return {}
}
