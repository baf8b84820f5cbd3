import { describe, expect, it } from 'vitest'
import { priceBook } from '@/features/seats'
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
const prices: Prices = priceBook({
  ticket_types: [...types, companion],
  prices: [...entries, free],
})
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

  it('offers the companion ticket with companion seats only, and takes it there by default', () => {
    const line = (kind: string) =>
      orderOf([{ id: 'A1', category: 'standard', kind }], {}, prices).lines[0]
    const offered = (kind: string) => line(kind)?.choices.map((choice) => choice.type.id)
    expect(offered('standard')).toEqual(['adult', 'child'])
    expect(offered('companion')).toEqual(['adult', 'child', 'companion'])
    expect(line('companion')).toMatchObject({ ticketType: 'companion', price: gbp(0) })
    expect(line('wheelchair')).toMatchObject({ ticketType: 'adult', price: gbp(1250) })
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
