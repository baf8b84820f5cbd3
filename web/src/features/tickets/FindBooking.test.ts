import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { createPinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import FindBooking from './FindBooking.vue'

const fetchFake = vi.fn<(path: string, init?: RequestInit) => Promise<Response>>()

beforeEach(() => {
  fetchFake.mockReset()
  vi.stubGlobal('fetch', fetchFake)
})

function mount() {
  const page = { render: () => null }
  const routes = [
    { path: '/', component: page },
    { path: '/tickets/:bookingId', name: 'booking', component: page },
  ]
  const router = createRouter({ history: createMemoryHistory(), routes })
  render(FindBooking, { global: { plugins: [createPinia(), router] } })
  return router
}

async function fill(reference: string, email: string) {
  await userEvent.type(screen.getByLabelText('Booking reference'), reference)
  await userEvent.type(screen.getByLabelText('E-mail'), email)
  await userEvent.click(screen.getByRole('button', { name: 'Find it' }))
}

it('says what is missing and goes there, without asking the server', async () => {
  mount()
  await userEvent.click(screen.getByRole('button', { name: 'Find it' }))
  const field = screen.getByLabelText('Booking reference')
  expect(field).toHaveFocus()
  expect(field).toBeInvalid()
  expect(field).toHaveAccessibleDescription(/Please enter the reference/)
  expect(fetchFake).not.toHaveBeenCalled()
})

it('leads to the booking', async () => {
  fetchFake.mockImplementation((path) =>
    Promise.resolve(
      path === '/api/me'
        ? Response.json({ ok: true, role: 'USER', user: { id: 'g', guest: true } })
        : Response.json({ ok: true, booking: { id: 'bk_1' } }),
    ),
  )
  const router = mount()
  await fill('lmn-7q4k', 'ada@example.com')
  await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/tickets/bk_1'))
  expect(fetchFake.mock.calls[0]?.[1]?.body).toBe(
    '{"reference":"LMN-7Q4K","email":"ada@example.com"}',
  )
})

it('keeps what was typed when nothing matches', async () => {
  fetchFake.mockResolvedValueOnce(Response.json({ error: 'booking_not_found' }, { status: 404 }))
  mount()
  await fill('LMN-0000', 'ada@example.com')
  expect(await screen.findByText(/No booking has this reference/)).toBeVisible()
  expect(screen.getByLabelText('Booking reference')).toHaveValue('LMN-0000')
})
