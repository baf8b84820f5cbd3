import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { post } from '@/shared/api'
import StepUpDialog from './StepUpDialog.vue'
import { useSessionStore } from './sessionStore'
import { asAct, stepUpWaiting } from './stepUp'

const ana = { id: 'u1', email: 'ana@example.com', name: 'Ana', role: 'ADMIN', guest: false }
const signIn = { google: true, dev: true, google_url: '/api/auth/google/login' }

vi.mock('./otherTabs', () => ({ otherTabs: { tell: vi.fn(), onTold: vi.fn() } }))
vi.mock('@/shared/api/config', () => ({ loadConfig: () => Promise.resolve({ sign_in: signIn }) }))

let issuer: string
let fresh: boolean
let sent: string[]

beforeEach(() => {
  issuer = 'dev'
  fresh = false
  sent = []
  sessionStorage.clear()
  setActivePinia(createPinia())
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
    sent.push(`${init?.method ?? 'GET'} ${path}`)
    return Promise.resolve(answer(path))
  })
})

function answer(path: string): Response {
  if (path === '/api/auth/sessions') {
    return Response.json({ ok: true, items: [{ id: 's1', current: true, issuer }] })
  }
  if (path === '/api/auth/dev/login') fresh = true
  if (path === '/api/x' && !fresh) {
    return Response.json({ error: 'step_up_required' }, { status: 403 })
  }
  return Response.json({ ok: true, role: 'ADMIN', user: ana })
}

/** A call that wants a fresh sign-in, and the dialog that it opens. */
async function refused() {
  await useSessionStore().load()
  const act = { name: 'x', draft: { role: 'STAFF' }, user: 'u1' }
  const done = vi.fn()
  const work = asAct(act, async () => {
    done(await post('/api/x', {}).catch((cause: unknown) => cause))
  })
  await vi.waitFor(() => expect(stepUpWaiting.value).not.toBeNull())
  const routes = [{ path: '/:any(.*)*', component: { render: () => null } }]
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push('/staff/people/u2?resume=1')
  render(StepUpDialog, { global: { plugins: [router] } })
  return { work, done }
}

it('signs the same person in again and sends the call once more', async () => {
  const { work, done } = await refused()
  await userEvent.click(await screen.findByRole('button', { name: 'Sign in again as Ana' }))
  await work
  expect(done).toHaveBeenCalledWith({ ok: true, role: 'ADMIN', user: ana })
  expect(sent.filter((line) => line === 'POST /api/x')).toHaveLength(2)
  expect(screen.queryByRole('button', { name: 'Continue with Google' })).toBeNull()
})

it('goes to the provider with what is to be done kept for the way back', async () => {
  issuer = 'google'
  const assign = vi.spyOn(location, 'assign').mockImplementation(() => undefined)
  await refused()
  await userEvent.click(await screen.findByRole('button', { name: 'Continue with Google' }))
  expect(assign).toHaveBeenCalledWith(
    '/api/auth/google/login?step_up=true&return_to=%2Fstaff%2Fpeople%2Fu2%3Fresume%3D1',
  )
  expect(JSON.parse(sessionStorage.getItem('cinema.act') ?? '')).toMatchObject({
    name: 'x',
    draft: { role: 'STAFF' },
    path: '/staff/people/u2',
    user: 'u1',
  })
})

it('lets the call fail as it was refused when the person does not want to', async () => {
  const { work, done } = await refused()
  await userEvent.click(await screen.findByRole('button', { name: 'Not now' }))
  await work
  expect(done).toHaveBeenCalledWith(expect.objectContaining({ error: 'step_up_required' }))
  expect(sent.filter((line) => line === 'POST /api/x')).toHaveLength(1)
})
