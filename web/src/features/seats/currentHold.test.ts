import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useSessionStore } from '@/features/auth'
import type { HoldAnswer, SeatsState } from '@/shared/api'
import { ownLocks, useCurrentHold } from './currentHold'

const state = (locks: SeatsState['locks'], epoch = 'e1'): SeatsState => ({
  ok: true,
  showtime_id: 's1',
  epoch,
  seq: 1,
  cursor: 'c',
  locks,
  booked: [],
  blocked: [],
})
const mine = (seat_id: string, request_id: string, expires_in_ms = 60_000) => ({
  seat_id,
  mine: true,
  request_id,
  expires_in_ms,
})
const answer: HoldAnswer = {
  ok: true,
  locked: ['A1', 'A2'],
  ttl_seconds: 300,
  expires_in_ms: 300_000,
  expires_at: '',
  request_id: 'request-1',
  epoch: 'e1',
  seq: 3,
  extensions_left: 10,
  quote: { total: { amount: 2500, currency: 'GBP' }, lines: [] },
}
const fetchMock = vi.fn<typeof fetch>()
const answers = (body: unknown) => {
  fetchMock.mockImplementation(() => Promise.resolve(Response.json(body)))
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  vi.stubGlobal('fetch', fetchMock)
  fetchMock.mockReset()
  sessionStorage.clear()
  setActivePinia(createPinia())
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('ownLocks', () => {
  it('takes the seats of the preferred request, else the largest', () => {
    const both = state([mine('A1', 'r1'), mine('B1', 'r2'), mine('B2', 'r2')])
    expect(ownLocks(both, 'r1')?.seatIds).toEqual(['A1'])
    expect(ownLocks(both, undefined)).toMatchObject({ requestId: 'r2', seatIds: ['B1', 'B2'] })
  })

  it('ends with the first seat that ends, and ignores other people', () => {
    const locks = [mine('A1', 'r1', 9_000), mine('A2', 'r1', 5_000), { seat_id: 'C1', mine: false }]
    expect(ownLocks(state(locks), 'r1')).toEqual({
      requestId: 'r1',
      seatIds: ['A1', 'A2'],
      leftMs: 5_000,
    })
    expect(ownLocks(state([{ seat_id: 'C1', mine: false }]), undefined)).toBeNull()
  })
})

describe('the current hold', () => {
  it('counts down by the time left that the server told', () => {
    const store = useCurrentHold()
    store.adopt('s1', 'Film', answer, answer.locked)
    expect(store.hold).toMatchObject({ deadline: 1_300_000, extensionsLeft: 10 })
    expect(store.count).toBe(2)
  })

  it('is found again after a reload', async () => {
    useCurrentHold().adopt('s1', 'Film', answer, answer.locked)
    setActivePinia(createPinia())
    answers(state([mine('A1', 'request-1'), mine('A2', 'request-1')]))
    const store = useCurrentHold()
    expect(store.hold).toBeNull()
    await store.restore()
    expect(store.hold).toMatchObject({
      requestId: 'request-1',
      seatIds: ['A1', 'A2'],
      title: 'Film',
      deadline: 1_060_000,
    })
  })

  it('keeps nothing but names in the storage of the tab', () => {
    useCurrentHold().adopt('s1', 'Film', answer, answer.locked)
    expect(JSON.parse(sessionStorage.getItem('cinema.hold') ?? '')).toEqual({
      showtimeId: 's1',
      requestId: 'request-1',
      title: 'Film',
    })
    expect(localStorage.length).toBe(0)
  })

  it('ends only when the server says so', async () => {
    const store = useCurrentHold()
    store.adopt('s1', 'Film', answer, answer.locked)
    fetchMock.mockRejectedValue(new TypeError('no network'))
    await store.check()
    expect(store.hold).not.toBeNull()
    answers(state([]))
    await store.check()
    expect(store.hold).toBeNull()
    expect(sessionStorage.getItem('cinema.hold')).toBeNull()
  })

  it('is cleared for its own showtime only', () => {
    const store = useCurrentHold()
    store.adopt('s1', 'Film', answer, answer.locked)
    store.clear('s2')
    expect(store.hold).not.toBeNull()
    store.clear('s1')
    expect(store.hold).toBeNull()
  })

  it('works where storage is refused, as long as the page lives', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('refused')
    })
    const store = useCurrentHold()
    store.adopt('s1', 'Film', answer, answer.locked)
    expect(store.count).toBe(2)
  })
})

describe('a session that ends elsewhere', () => {
  const ana = { id: 'u1', email: 'ana@example.com', name: 'Ana', role: 'USER', guest: false }

  it('leaves the hold with its account, and remembers it for the note', async () => {
    const store = useCurrentHold()
    const session = useSessionStore()
    answers({ ok: true, role: 'USER', user: ana })
    await session.load()
    store.adopt('s1', 'Copper Weather', answer, ['A1', 'A2'])
    fetchMock.mockImplementation(() =>
      Promise.resolve(Response.json({ error: 'unauthorized' }, { status: 401 })),
    )
    await session.load(true)
    expect(store.hold).toBeNull()
    expect(store.left?.seatIds).toEqual(['A1', 'A2'])
    expect(sessionStorage.length).toBe(0)
    session.dismissEnd()
    expect(store.left).toBeNull()
  })
})
