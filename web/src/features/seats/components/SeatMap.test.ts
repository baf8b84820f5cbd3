import { render, screen } from '@testing-library/vue'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import type { SeatBoard } from '../composables/useSeatBoard'
import { lookOf, seatName, type Look } from '../model/looks'
import { priceBook } from '../model/prices'
import type { SeatsChanged } from '../model/seatStream'
import { planOf } from '../model/testPlan'
import SeatMap from './SeatMap.vue'

class FakeObserver {
  observe(): void {
    return
  }
  disconnect(): void {
    return
  }
}

let repaint: SeatsChanged
let taken: Set<string>
let mine: Set<string>

function boardOf(): SeatBoard {
  const plan = planOf('ssss', 'ss ss', 'wcpp')
  const wish = () => ({ held: mine, desired: mine, owned: new Set<string>() })
  const look = (id: string): Look =>
    lookOf(id, taken.has(id) ? { state: 'booked', mine: false } : undefined, wish())
  const listeners: SeatsChanged[] = []
  repaint = (changed) => {
    for (const listener of listeners) listener(changed)
  }
  const prices = priceBook({ prices: [], ticket_types: [] })
  return {
    // The map reads only the plan and the looks.
    show: {} as SeatBoard['show'],
    plan,
    prices,
    look: (seat) => look(seat.id),
    name: (seat) => seatName(seat, '£12.50', look(seat.id)),
    dimmed: () => false,
    free: (id) => look(id) === 'free',
    priceText: () => '£12.50',
    onRepaint: (listener) => void listeners.push(listener),
  }
}

function show() {
  return render(SeatMap, {
    props: { board: boardOf(), mine: [...mine], label: 'Seat map, Hall 1' },
  })
}
const cell = (name: RegExp): Element => screen.getByRole('gridcell', { name })
const focused = (): string | null => document.activeElement?.getAttribute('data-seat') ?? null
const focus = (name: RegExp): void => {
  const seat = cell(name)
  if (seat instanceof SVGElement) seat.focus()
}

beforeEach(() => {
  vi.stubGlobal('ResizeObserver', FakeObserver)
  taken = new Set(['A2'])
  mine = new Set()
})
afterEach(() => vi.unstubAllGlobals())

describe('SeatMap', () => {
  it('is a grid of rows and named seats with one Tab stop', () => {
    show()
    expect(screen.getByRole('grid', { name: 'Seat map, Hall 1' })).toBeInTheDocument()
    expect(screen.getAllByRole('row')).toHaveLength(3)
    expect(cell(/^Row A seat 1, £12.50, available$/)).toBeInTheDocument()
    expect(cell(/^Row C seat 1, wheelchair space, £12.50/)).toBeInTheDocument()
    const stops = screen
      .getAllByRole('gridcell')
      .filter((one) => one.getAttribute('tabindex') === '0')
    expect(stops).toHaveLength(1)
  })

  it('keeps taken seats in the geography, but disabled', async () => {
    const map = show()
    const seat = cell(/^Row A seat 2, £12.50, sold$/)
    expect(seat).toHaveAttribute('aria-disabled', 'true')
    focus(/^Row A seat 1,/)
    await userEvent.keyboard('{ArrowRight}')
    expect(focused()).toBe('A2')
    expect(map.emitted('press')).toBeUndefined()
  })

  it('moves by arrows, Home, End and letters, and moves the Tab stop along', async () => {
    show()
    focus(/^Row A seat 1,/)
    await userEvent.keyboard('{End}')
    expect(focused()).toBe('A4')
    await userEvent.keyboard('{ArrowDown}')
    expect(focused()).toBe('B3')
    await userEvent.keyboard('c')
    expect(focused()).toBe('C4')
    await userEvent.keyboard('{Control>}{Home}{/Control}')
    expect(focused()).toBe('A1')
    expect(cell(/^Row A seat 1,/)).toHaveAttribute('tabindex', '0')
    expect(cell(/^Row C seat 4,/)).toHaveAttribute('tabindex', '-1')
  })

  it('chooses by Space and Enter', async () => {
    const map = show()
    focus(/^Row B seat 2,/)
    await userEvent.keyboard(' ')
    await userEvent.keyboard('{Enter}')
    expect(map.emitted('press')).toEqual([['B2'], ['B2']])
  })

  it('chooses by a press of the pointer', async () => {
    const map = show()
    await userEvent.click(cell(/^Row B seat 1,/))
    expect(map.emitted('press')).toEqual([['B1']])
  })

  it('leaves other keys to the browser', async () => {
    show()
    focus(/^Row A seat 1,/)
    await userEvent.keyboard('{Control>}c{/Control}')
    expect(focused()).toBe('A1')
  })

  it('changes one seat in place when told', async () => {
    show()
    const seat = cell(/^Row A seat 3,/)
    mine = new Set(['A3'])
    repaint(['A3'])
    await nextTick()
    expect(seat).toHaveAttribute('data-look', 'mine')
    expect(seat).toHaveAttribute('aria-selected', 'true')
    expect(seat).toHaveAccessibleName('Row A seat 3, £12.50, yours')
    mine = new Set()
    taken.add('A3')
    repaint('all')
    expect(seat).toHaveAttribute('data-look', 'sold')
    expect(seat).toHaveAttribute('aria-disabled', 'true')
  })
})
