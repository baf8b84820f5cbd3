import { render, screen } from '@testing-library/vue'
import userEvent from '@testing-library/user-event'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { Hold } from '@/features/seats'
import type { ShowtimeDetail } from '@/shared/api'
import { initialCheckout, type CheckoutState } from '../model/checkoutMachine'
import CheckoutOrder from './CheckoutOrder.vue'

const price = (ticket_type: string, amount: number) => ({
  category: 'standard',
  ticket_type,
  price: { amount, currency: 'GBP' },
  includes: [{ label: 'Booking fee', amount: 75 }],
})
// Only what the page looks at.
const show = {
  id: 's1',
  movie_title: 'Copper Weather',
  movie: { slug: 'copper-weather', rating: { code: '15+', min_age: 15, tick: true } },
  rating_notice: 'Nobody under 15 is admitted.',
  auditorium: { id: 'h', name: 'Gallery' },
  formats: [],
  starts_at: '2026-11-26T19:00:00.000Z',
  doors_at: '2026-11-26T18:15:00.000Z',
  ends_at: '2026-11-26T21:00:00.000Z',
  business_date: '2026-11-26',
  zone: 'Europe/London',
  ticket_types: [
    { id: 'adult', name: 'Adult', proof_required: false, default: true },
    { id: 'child', name: 'Child', max_age: 14, proof_required: false, default: false },
  ],
  prices: [price('adult', 1200), price('child', 800)],
  layout: {
    rows: [
      {
        label: 'A',
        seats: ['A1', 'A2'].map((id) => ({ id, category: 'standard', kind: 'standard' })),
      },
    ],
  },
} as unknown as ShowtimeDetail

const hold: Hold = {
  showtimeId: 's1',
  requestId: 'request-1',
  seatIds: ['A1', 'A2'],
  deadline: Number.MAX_SAFE_INTEGER,
  epoch: 'e1',
  extensionsLeft: 10,
  total: null,
  warnings: [],
  title: 'Copper Weather',
}

function open(state: CheckoutState = initialCheckout) {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component: { render: () => null } },
      { path: '/signin', name: 'signin', component: { render: () => null } },
      { path: '/seats/:id', name: 'seats', component: { render: () => null } },
    ],
  })
  return render(CheckoutOrder, {
    props: { show, hold, state, busy: false },
    global: { plugins: [createPinia(), router] },
  })
}
const config = {
  ok: true,
  payment: { provider: 'mock', test_tokens: true },
  guest_checkout: true,
}

beforeEach(() => {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(config)))
})
afterEach(() => vi.unstubAllGlobals())

describe('the order', () => {
  it('says what is missing, all at once, and moves the focus there', async () => {
    const page = open()
    await screen.findByLabelText('Card number')
    await userEvent.click(screen.getByRole('button', { name: /^Pay/ }))
    const summary = screen.getByRole('group', { name: '4 things are missing' })
    expect(summary).toHaveFocus()
    expect(page.emitted('pay')).toBeUndefined()
    await userEvent.click(screen.getByRole('button', { name: /where to send the tickets/ }))
    expect(screen.getByLabelText('E-mail')).toHaveFocus()
    expect(screen.getByLabelText('E-mail')).toHaveAccessibleDescription(/where to send/)
  })

  it('sends a token and never the number of the card', async () => {
    const page = open()
    await screen.findByLabelText('Card number')
    await userEvent.type(screen.getByLabelText('Name'), 'Ada Moss')
    await userEvent.type(screen.getByLabelText('E-mail'), 'ada@example.com')
    await userEvent.click(screen.getByRole('checkbox', { name: /old enough/ }))
    await userEvent.click(screen.getByRole('button', { name: /4242 4242 4242 4242/ }))
    await userEvent.selectOptions(screen.getByLabelText('Ticket for seat A2'), 'child')
    await userEvent.click(screen.getByRole('button', { name: /^Pay £20.00/ }))
    const sent = page.emitted('pay')
    expect(sent).toEqual([
      [
        {
          request_id: 'request-1',
          seat_ids: ['A1', 'A2'],
          tickets: [
            { seat_id: 'A1', ticket_type: 'adult' },
            { seat_id: 'A2', ticket_type: 'child' },
          ],
          customer: { name: 'Ada Moss', email: 'ada@example.com' },
          epoch: 'e1',
        },
        'tok_approve',
      ],
    ])
    expect(JSON.stringify(sent)).not.toMatch(/4242/)
  })

  it('asks only for another card once a booking exists', async () => {
    const page = open({
      step: 'declined',
      bookingId: 'bk_1',
      reason: 'card_declined',
      payDeadline: '2026-11-26T18:00:00.000Z',
      attemptsLeft: 3,
    })
    await screen.findByLabelText('Card number')
    expect(screen.queryByLabelText('Name')).toBeNull()
    expect(screen.queryByRole('checkbox')).toBeNull()
    expect(screen.getByText(/kept until 18:00/)).toBeInTheDocument()
    await userEvent.type(screen.getByLabelText('Card number'), '4000000000000002')
    await userEvent.click(screen.getByRole('button', { name: /^Pay/ }))
    const [sent] = page.emitted<[unknown, string]>('pay')
    expect(sent?.[1]).toBe('tok_decline')
  })

  it('ignores presses while a payment runs', async () => {
    const page = open({ step: 'paying', bookingId: null, again: 0 })
    await userEvent.click(await screen.findByRole('button', { name: /Paying/ }))
    expect(page.emitted('pay')).toBeUndefined()
  })
})
