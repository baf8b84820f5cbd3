import { describe, expect, it } from 'vitest'
import type { PriceEntry, TicketType } from '@/shared/api'
import { orderOf, typeNote, type Prices } from './order'

const types: TicketType[] = [
  { id: 'adult', name: 'Adult', proof_required: false, default: true },
  { id: 'child', name: 'Child', max_age: 14, proof_required: false, default: false },
]
const entries: PriceEntry[] = [
  {
    category: 'standard',
    ticket_type: 'adult',
    price: gbp(1250),
    includes: [{ label: 'Booking fee', amount: 95 }],
  },
  {
    category: 'standard',
    ticket_type: 'child',
    price: gbp(850),
    includes: [{ label: 'Booking fee', amount: 95 }],
  },
  { category: 'premium', ticket_type: 'adult', price: gbp(1650), includes: [] },
]
const prices: Prices = {
  defaultType: 'adult',
  types,
  entry: (category, type = 'adult') =>
    entries.find((one) => one.category === category && one.ticket_type === type),
}
const seats = [
  { id: 'A1', category: 'standard', kind: 'standard' },
  { id: 'H1', category: 'premium', kind: 'premium' },
]

function gbp(amount: number) {
  return { amount, currency: 'GBP' }
}

describe('orderOf', () => {
  it('takes the default type and adds up', () => {
    const order = orderOf(seats, {}, prices)
    expect(order.total).toEqual(gbp(2900))
    expect(order.includes).toEqual([{ label: 'Booking fee', amount: 95 }])
  })

  it('follows the choice per seat and offers only what is sold there', () => {
    const order = orderOf(seats, { A1: 'child' }, prices)
    expect(order.total).toEqual(gbp(2500))
    expect(order.lines.map((line) => line.choices.length)).toEqual([2, 1])
  })

  it('offers the companion ticket with companion seats only', () => {
    const companion: TicketType = {
      id: 'companion',
      name: 'Companion',
      proof_required: true,
      default: false,
      seat_kinds: ['companion'],
    }
    const free: PriceEntry = {
      category: 'standard',
      ticket_type: 'companion',
      price: gbp(0),
      includes: [],
    }
    const withCompanion: Prices = {
      ...prices,
      types: [...types, companion],
      entry: (category, type) => (type === 'companion' ? free : prices.entry(category, type)),
    }
    const names = (kind: string) =>
      orderOf([{ id: 'A1', category: 'standard', kind }], {}, withCompanion).lines[0]?.choices.map(
        (choice) => choice.type.id,
      )
    expect(names('standard')).toEqual(['adult', 'child'])
    expect(names('companion')).toEqual(['adult', 'child', 'companion'])
  })

  it('has no total while a price is unknown', () => {
    expect(orderOf([{ id: 'X1', category: 'box', kind: 'standard' }], {}, prices).total).toBeNull()
    expect(orderOf([], {}, prices).total).toBeNull()
  })
})

it('typeNote says what the door will ask', () => {
  const [adult, child] = types
  expect(adult && typeNote(adult)).toBe('')
  expect(child && typeNote({ ...child, proof_required: true })).toBe('14 or younger, bring proof')
})
