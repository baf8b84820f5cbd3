import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { createPinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { PublicConfig } from '@/shared/api'
import SignInPanel from './SignInPanel.vue'

vi.mock('@/shared/api/config', () => ({ loadConfig: () => Promise.resolve({ session: false }) }))

const fetchFake = vi.fn<(path: string, init?: RequestInit) => Promise<Response>>()

beforeEach(() => {
  fetchFake.mockReset()
  vi.stubGlobal('fetch', fetchFake)
})

function offer(google: boolean, dev: boolean): PublicConfig {
  return {
    ok: true,
    env: 'development',
    version: 'test',
    session: false,
    sign_in: { google, dev, google_url: '/api/auth/google/login' },
    guest_checkout: true,
    demo: true,
    payment: { provider: 'mock', test_tokens: true },
  }
}

async function mount(config: PublicConfig, path = '/signin?return_to=/showtimes/s1/checkout') {
  const page = { render: () => null }
  const routes = [{ path: '/:any(.*)*', component: page }]
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path)
  render(SignInPanel, { props: { config }, global: { plugins: [createPinia(), router] } })
  return router
}

it('signs a demo person in and returns to where the customer was', async () => {
  const user = { id: 'u', email: 'ada@example.com', name: 'Ada Moss', role: 'USER', guest: false }
  fetchFake.mockResolvedValue(Response.json({ ok: true, role: 'USER', user }))
  const router = await mount(offer(false, true))
  await userEvent.click(screen.getByRole('button', { name: /Ada Moss/ }))
  await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/showtimes/s1/checkout'))
  expect(fetchFake.mock.calls[0]?.[0]).toBe('/api/auth/dev/login')
  expect(screen.queryByText('Continue with Google')).toBeNull()
})

it('offers only what the server has', async () => {
  await mount(offer(true, false))
  expect(screen.getByRole('link', { name: 'Continue with Google' })).toHaveAttribute(
    'href',
    '/api/auth/google/login?return_to=%2Fshowtimes%2Fs1%2Fcheckout',
  )
  expect(screen.queryByRole('button')).toBeNull()
})

it('stays and says so when it does not work', async () => {
  fetchFake.mockRejectedValue(new TypeError('no network'))
  const router = await mount(offer(false, true))
  await userEvent.click(screen.getByRole('button', { name: /Ana Reyes/ }))
  expect(await screen.findByText('That did not work')).toBeVisible()
  expect(router.currentRoute.value.path).toBe('/signin')
})

it('says calmly that the sign-in was stopped, and offers it again', async () => {
  await mount(offer(true, false), '/signin?error=cancelled&return_to=/tickets')
  expect(screen.getByRole('status')).toHaveTextContent(/stopped the sign-in.*stay held/)
  expect(screen.getByRole('link', { name: 'Continue with Google' })).toHaveAttribute(
    'href',
    '/api/auth/google/login?return_to=%2Ftickets',
  )
})

it('tells a failure that it does not know in general', async () => {
  await mount(offer(true, false), '/signin?error=%3Cscript%3E')
  expect(screen.getByRole('status')).toHaveTextContent('The sign-in did not work')
})
