import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createCinemaRouter } from './router'

let role: string | null

vi.mock('@/shared/api/config', () => ({
  loadConfig: () => Promise.resolve({ session: role !== null }),
}))

beforeEach(() => {
  setActivePinia(createPinia())
  vi.stubGlobal('fetch', () =>
    Promise.resolve(
      role
        ? Response.json({ ok: true, role, user: { id: 'u', name: 'Ana', role, guest: false } })
        : Response.json({ error: 'unauthorized' }, { status: 401 }),
    ),
  )
})

async function go(path: string) {
  const router = createCinemaRouter()
  await router.push(path)
  return router.currentRoute.value.fullPath
}

it('asks a visitor of the staff pages to sign in, and remembers where he wanted to go', async () => {
  role = null
  expect(await go('/staff')).toBe('/signin?return_to=/staff')
})

it('refuses a customer and a clerk', async () => {
  role = 'USER'
  expect(await go('/staff')).toBe('/forbidden?from=/staff')
  role = 'STAFF'
  setActivePinia(createPinia())
  expect(await go('/staff')).toBe('/forbidden?from=/staff')
})

it('lets an admin in', async () => {
  role = 'ADMIN'
  expect(await go('/staff')).toBe('/staff')
})

it('titles what is not there', async () => {
  role = null
  await go('/no/such/page')
  expect(document.title).toContain('Page not found')
})
