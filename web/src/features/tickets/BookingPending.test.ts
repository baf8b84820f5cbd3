import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { Booking, BookingPayment } from '@/shared/api'
import BookingPending from './BookingPending.vue'

function mount(payment?: BookingPayment) {
  const booking: Booking = {
    id: 'bk_1',
    reference: 'CYZ5-MDTV',
    request_id: 'r',
    showtime_id: 's1',
    seat_ids: ['F7'],
    amount: 1250,
    currency: 'GBP',
    status: 'PENDING',
    tickets: [],
    lines: [],
    customer: { email: '', name: '' },
    created_at: '2026-11-27T10:00:00Z',
    ...(payment ? { payment } : {}),
  }
  const routes = [
    { path: '/:any(.*)*', component: { render: () => null } },
    { path: '/showtimes/:id/checkout', name: 'checkout', component: { render: () => null } },
  ]
  const router = createRouter({ history: createMemoryHistory(), routes })
  const settle = vi.fn(() => Promise.resolve())
  const giveUp = vi.fn(() => Promise.resolve())
  render(BookingPending, { props: { booking, settle, giveUp }, global: { plugins: [router] } })
  return { settle, giveUp }
}

it('says not to pay again while the bank has the payment, and asks it when told to', async () => {
  const { settle } = mount({ provider: 'mock', state: 'unknown' })
  expect(screen.getByText(/Please do not pay again/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Check now' }))
  expect(settle).toHaveBeenCalledTimes(1)
})

it('asks for another card when the last one was refused', () => {
  mount({ provider: 'mock', state: 'needs_method', decline: 'card_declined' })
  expect(screen.getByRole('link', { name: 'Pay with another card' })).toHaveAttribute(
    'href',
    '/showtimes/s1/checkout',
  )
  expect(screen.queryByText(/do not pay again/)).toBeNull()
})

it('leads to the bank when the bank wants the customer', () => {
  const next_action = { type: 'redirect' as const, url: '/bank/p1' }
  mount({ provider: 'mock', state: 'needs_action', next_action })
  expect(screen.getByRole('link', { name: 'Go to the bank' })).toHaveAttribute('href', '/bank/p1')
})

it('gives up only after a second thought', async () => {
  const { giveUp } = mount()
  await userEvent.click(screen.getByRole('button', { name: 'Give this booking up' }))
  const dialog = await screen.findByRole('dialog', { name: 'Give these seats up?' })
  expect(dialog).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Keep them' }))
  expect(giveUp).not.toHaveBeenCalled()
  await userEvent.click(screen.getByRole('button', { name: 'Give this booking up' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Give up' }))
  expect(giveUp).toHaveBeenCalledTimes(1)
})
