import { createPinia, disposePinia, setActivePinia, type Pinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { otherTabs } from './otherTabs'
import { get } from '@/shared/api'
import { useSessionStore } from './sessionStore'

const guest = { id: 'u1', email: null, name: '', role: 'USER', guest: true }
const admin = { id: 'u2', email: 'admin@example.com', name: 'Ana', role: 'ADMIN', guest: false }

/** Answers by path; what is missing is a lost connection. */
let server: Record<string, () => Response>
let asked: string[]
let pinia: Pinia

function me(user: object) {
  return () => Response.json({ ok: true, role: 'USER', user })
}

function fetchFake(path: string): Promise<Response> {
  asked.push(path)
  const answer = server[path]
  return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError('no network'))
}

vi.mock('./otherTabs', () => ({ otherTabs: { tell: vi.fn(), onTold: vi.fn() } }))
vi.mock('@/shared/api/config', () => ({
  loadConfig: async () => (await fetch('/api/config')).json() as Promise<unknown>,
}))

beforeEach(() => {
  server = { '/api/config': () => Response.json({ ok: true, session: true }) }
  asked = []
  vi.mocked(otherTabs.tell).mockClear()
  vi.stubGlobal('fetch', fetchFake)
  pinia = createPinia()
  setActivePinia(pinia)
})

afterEach(() => disposePinia(pinia))

it('asks once, however many places wait for the answer', async () => {
  server['/api/me'] = me(admin)
  const session = useSessionStore()
  await Promise.all([session.load(), session.load()])
  await session.load()
  expect(asked).toEqual(['/api/me'])
  expect(session.account?.name).toBe('Ana')
  expect(session.has('STAFF')).toBe(true)
})

it('spares a visitor the question, and makes him a guest only when it is needed', async () => {
  server['/api/config'] = () => Response.json({ ok: true, session: false })
  server['/api/auth/guest'] = me(guest)
  const session = useSessionStore()
  await session.restore()
  expect(asked).toEqual(['/api/config'])
  expect(session.user).toBeNull()
  await session.ensureGuest()
  await session.ensureGuest()
  expect(asked).toEqual(['/api/config', '/api/auth/guest'])
  expect(session.user?.id).toBe('u1')
  expect(session.account).toBeNull()
  expect(session.has('USER')).toBe(false)
})

it('takes a refusal for nobody', async () => {
  server['/api/me'] = () => Response.json({ error: 'unauthorized' }, { status: 401 })
  const session = useSessionStore()
  await session.restore()
  expect(session.loaded).toBe(true)
  expect(session.user).toBeNull()
})

it('does not take a lost connection for a lost session', async () => {
  const session = useSessionStore()
  await session.load()
  expect(session.loaded).toBe(false)
  server['/api/me'] = me(admin)
  await session.load()
  expect(session.account?.id).toBe('u2')
})

function refuse() {
  return Response.json({ error: 'unauthorized' }, { status: 401 })
}

/** What another tab's message sets off. */
function told() {
  vi.mocked(otherTabs.onTold).mock.lastCall?.[0]()
}

it('tells the other tabs what it changed, and looks when they tell', async () => {
  server['/api/me'] = me(admin)
  server['/api/auth/logout'] = () => Response.json({ ok: true })
  const session = useSessionStore()
  await session.load()
  await session.signOut()
  expect(otherTabs.tell).toHaveBeenCalledTimes(1)
  expect(session.user).toBeNull()
  expect(session.ended, 'whoever signs out himself knows it').toBeNull()
  told()
  await vi.waitFor(() => expect(session.account?.name).toBe('Ana'))
  expect(otherTabs.tell).toHaveBeenCalledTimes(1)
})

it('says whose session ended elsewhere, until somebody signs in', async () => {
  server['/api/me'] = me(admin)
  const session = useSessionStore()
  await session.load()
  server['/api/me'] = refuse
  told()
  await vi.waitFor(() => expect(session.user).toBeNull())
  expect(session.ended?.name).toBe('Ana')
  expect(otherTabs.tell, 'the others are told once').toHaveBeenCalledTimes(1)
  told()
  await vi.waitFor(() => expect(asked).toHaveLength(3))
  await session.load()
  expect(otherTabs.tell).toHaveBeenCalledTimes(1)
  server['/api/auth/guest'] = me(guest)
  await session.ensureGuest()
  expect(session.ended?.name, 'a guest has not signed in').toBe('Ana')
  server['/api/auth/dev/login'] = me(admin)
  await session.devSignIn('admin@example.com', 'Ana')
  expect(session.ended).toBeNull()
})

it('does not believe a refusal that is older than a new sign-in', async () => {
  server['/api/me'] = me(admin)
  server['/api/late'] = refuse
  const session = useSessionStore()
  await session.load()
  await get('/api/late').catch(() => undefined)
  await vi.waitFor(() => expect(asked.at(-1)).toBe('/api/me'))
  await session.load()
  expect(session.account?.name).toBe('Ana')
  expect(session.ended).toBeNull()
})

it('starts a guest when the session turns out to be over', async () => {
  server['/api/me'] = me(guest)
  server['/api/late'] = refuse
  const session = useSessionStore()
  await session.load()
  server['/api/me'] = refuse
  server['/api/auth/guest'] = me({ ...guest, id: 'u9' })
  await get('/api/late').catch(() => undefined)
  await session.ensureGuest()
  expect(session.user?.id).toBe('u9')
})
