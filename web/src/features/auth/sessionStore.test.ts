import { PiniaColada } from '@pinia/colada'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createApp } from 'vue'
import { useSessionStore } from './sessionStore'

function me(user: object, status = 200) {
  return Promise.resolve(Response.json({ ok: true, role: 'USER', user }, { status }))
}

const guest = { id: 'u1', email: null, name: '', role: 'USER', guest: true }
const admin = { id: 'u2', email: 'admin@example.com', name: 'Ana', role: 'ADMIN', guest: false }
const fetchMock = vi.fn<typeof fetch>()

beforeEach(() => {
  fetchMock.mockReset()
  vi.stubGlobal('fetch', fetchMock)
  const pinia = createPinia()
  const app = createApp({ render: () => null })
  app.use(pinia)
  app.use(PiniaColada)
  setActivePinia(pinia)
})

it('asks once, however many places wait for the answer', async () => {
  fetchMock.mockImplementation(() => me(admin))
  const session = useSessionStore()
  await Promise.all([session.load(), session.load()])
  await session.load()
  expect(fetchMock).toHaveBeenCalledTimes(1)
  expect(session.account?.name).toBe('Ana')
  expect(session.has('STAFF')).toBe(true)
})

it('treats 401 as nobody, and starts a guest only then', async () => {
  fetchMock
    .mockImplementationOnce(() =>
      Promise.resolve(Response.json({ error: 'unauthorized' }, { status: 401 })),
    )
    .mockImplementationOnce(() => me(guest))
  const session = useSessionStore()
  await session.ensureGuest()
  expect(session.user?.id).toBe('u1')
  expect(session.account).toBeNull()
  expect(session.has('USER')).toBe(false)
  await session.ensureGuest()
  expect(fetchMock).toHaveBeenCalledTimes(2)
})

it('does not take a lost connection for a lost session', async () => {
  fetchMock.mockImplementationOnce(() => Promise.reject(new TypeError('no network')))
  const session = useSessionStore()
  await session.load()
  expect(session.loaded).toBe(false)
  fetchMock.mockImplementationOnce(() => me(admin))
  await session.load()
  expect(session.account?.id).toBe('u2')
})
