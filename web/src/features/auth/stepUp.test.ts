import { render } from '@testing-library/vue'
import { createPinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { answerStepUp, asAct, keepAct, stepUpWaiting, takeAct } from './stepUp'
import { useStepUpAct } from './useStepUpAct'

const user = { id: 'u1', email: 'ana@example.com', name: 'Ana', role: 'ADMIN', guest: false }

vi.mock('./otherTabs', () => ({ otherTabs: { tell: vi.fn(), onTold: vi.fn() } }))

beforeEach(() => {
  sessionStorage.clear()
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ ok: true, role: 'ADMIN', user })))
})

/** An act that was left for the provider. */
async function leaveWith(draft: unknown, path = '/staff/people/u2') {
  let back = ''
  await asAct({ name: 'role', draft, user: 'u1' }, () => {
    back = keepAct(path)
    return Promise.resolve()
  })
  return back
}

it('keeps the draft of the act on its way, for its page and its person, once', async () => {
  expect(await leaveWith({ role: 'STAFF' })).toBe('/staff/people/u2?resume=1')
  expect(takeAct('other', '/staff/people/u2', 'u1')).toBeNull()
  expect(takeAct('role', '/staff/people/u3', 'u1')).toBeNull()
  expect(takeAct('role', '/staff/people/u2', 'u1')).toEqual({ draft: { role: 'STAFF' } })
  expect(takeAct('role', '/staff/people/u2', 'u1')).toBeNull()
  await leaveWith({ role: 'STAFF' })
  expect(takeAct('role', '/staff/people/u2', 'u9'), 'somebody else signed in').toBeNull()
})

it('forgets an act that is too old, and keeps nothing when there is none', async () => {
  vi.useFakeTimers()
  await leaveWith({ role: 'STAFF' })
  vi.advanceTimersByTime(16 * 60_000)
  expect(takeAct('role', '/staff/people/u2', 'u1')).toBeNull()
  vi.useRealTimers()
  expect(keepAct('/account?x=1')).toBe('/account?x=1')
  expect(sessionStorage.length).toBe(0)
})

it('survives storage that holds something else', () => {
  sessionStorage.setItem('cinema.act', '{"name":1}')
  expect(takeAct('role', '/x', 'u1')).toBeNull()
  sessionStorage.setItem('cinema.act', 'nonsense')
  expect(takeAct('role', '/x', 'u1')).toBeNull()
})

it('ends a wait with its answer', () => {
  expect(stepUpWaiting.value).toBeNull()
  answerStepUp(true)
  expect(stepUpWaiting.value).toBeNull()
})

async function open(path: string) {
  const seen: string[] = []
  const page = defineComponent(() => {
    useStepUpAct<{ role: string }>({
      name: 'role',
      run: ({ role }) => Promise.resolve(void seen.push(`run ${role}`)),
      restore: ({ role }) => void seen.push(`restore ${role}`),
      valid: (raw): raw is { role: string } =>
        typeof raw === 'object' && raw !== null && 'role' in raw,
    })
    return () => h('p')
  })
  const routes = [{ path: '/:any(.*)*', component: page }]
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path)
  render(page, { global: { plugins: [createPinia(), router] } })
  await new Promise((done) => setTimeout(done))
  return { seen, router }
}

it('fills the form and does the act after the sign-in, and takes the mark out of the address', async () => {
  const back = await leaveWith({ role: 'STAFF' }, '/staff/people/u2?tab=role')
  const { seen, router } = await open(back)
  await vi.waitFor(() => expect(seen).toEqual(['restore STAFF', 'run STAFF']))
  expect(router.currentRoute.value.fullPath).toBe('/staff/people/u2?tab=role')
})

it('only fills the form when the person came back another way', async () => {
  await leaveWith({ role: 'STAFF' })
  const { seen } = await open('/staff/people/u2')
  await vi.waitFor(() => expect(seen).toEqual(['restore STAFF']))
})

it('does not trust what it finds', async () => {
  const { seen } = await open(await leaveWith('x'))
  expect(seen).toEqual([])
})
