import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { useSessionStore } from './sessionStore'

const guest = { id: 'u1', email: null, name: '', role: 'USER', guest: true }
const admin = { id: 'u2', email: 'admin@example.com', name: 'Ana', role: 'ADMIN', guest: false }

/** Answers by path; what is missing is a lost connection. */
let server: Record<string, () => Response>
let asked: string[]

function me(user: object) {
  return () => Response.json({ ok: true, role: 'USER', user })
}

function fetchFake(path: string): Promise<Response> {
  asked.push(path)
  const answer = server[path]
  return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError('no network'))
}

vi.mock('@/shared/api/config', () => ({
  loadConfig: async () => (await fetch('/api/config')).json() as Promise<unknown>,
}))

beforeEach(() => {
  server = { '/api/config': () => Response.json({ ok: true, session: true }) }
  asked = []
  vi.stubGlobal('fetch', fetchFake)
  setActivePinia(createPinia())
})

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
