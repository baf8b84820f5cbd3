import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, type HoldAnswer, type SeatsState } from '@/shared/api'
import { Selection, type HoldKeeper, type SeatCalls } from './selection'

/** A server of one showtime: seats of others are taken, ours are held under their request. */
class FakeServer {
  taken = new Set<string>()
  own = new Map<string, string>()
  epoch = 'e1'
  log: string[] = []
  sessions = 0
  signedIn = true
  fail: Problem | null = null
  private ids = 0

  readonly calls: SeatCalls = {
    lock: (ids, request) => this.answer(`lock ${ids.join(' ')}`, () => this.hold(ids, request)),
    release: (ids) =>
      this.answer(`release ${ids.join(' ')}`, () => {
        for (const id of ids) this.own.delete(id)
        return { ok: true as const, released: [...ids] }
      }),
    best: (wish, request) =>
      this.answer(`best ${String(wish.count)}`, () =>
        this.hold(['H1', 'H2'].slice(0, wish.count), request),
      ),
    extend: (request) => this.answer('extend', () => this.told(request)),
    state: () => this.answer('state', () => this.state()),
    ensureSession: (force) => {
      if (force) {
        this.sessions++
        this.signedIn = true
      }
      return Promise.resolve()
    },
    newRequestId: () => `request-${String(++this.ids)}`,
  }

  state(): SeatsState {
    const locks = [...this.own].map(([seat_id, request_id]) => ({
      seat_id,
      mine: true,
      request_id,
      expires_in_ms: 200_000,
    }))
    const head = { ok: true as const, showtime_id: 's', epoch: this.epoch, seq: 1, cursor: 'c' }
    return { ...head, locks, booked: [...this.taken], blocked: [] }
  }

  private answer<T>(what: string, act: () => T): Promise<T> {
    this.log.push(what)
    if (this.fail) {
      const problem = this.fail
      this.fail = null
      return Promise.reject(problem)
    }
    if (!this.signedIn) return Promise.reject(new Problem(401, { error: 'unauthorized' }))
    try {
      return Promise.resolve(act())
    } catch (cause) {
      return Promise.reject(cause instanceof Error ? cause : new Error('unexpected'))
    }
  }

  private hold(ids: readonly string[], request: string): HoldAnswer {
    const conflicted = ids.filter((id) => this.taken.has(id))
    if (conflicted.length > 0) {
      const reasons = Object.fromEntries(conflicted.map((id) => [id, 'held']))
      const total = { amount: 2500, currency: 'GBP' }
      const alternatives = [{ seat_ids: ['B1', 'B2'], total }]
      throw new Problem(409, { error: 'seats_unavailable', conflicted, reasons, alternatives })
    }
    for (const id of ids) this.own.set(id, request)
    return this.told(request)
  }

  private told(request: string): HoldAnswer {
    const locked = [...this.own].filter(([, by]) => by === request).map(([id]) => id)
    return {
      ok: true,
      locked,
      ttl_seconds: 300,
      expires_in_ms: 300_000,
      expires_at: '',
      request_id: request,
      epoch: this.epoch,
      seq: 1,
      extensions_left: 10,
      quote: { total: { amount: locked.length * 1250, currency: 'GBP' }, lines: [] },
    }
  }
}

let server: FakeServer
let keeper: HoldKeeper & { seats: readonly string[]; request: string | undefined }
let selection: Selection

beforeEach(() => {
  server = new FakeServer()
  let epoch = ''
  keeper = {
    seats: [],
    request: undefined,
    epoch: () => epoch,
    adopt: (answer, seats) => {
      keeper.seats = seats
      keeper.request = answer.request_id
      epoch = answer.epoch
    },
    offer: (state) => {
      const own = state.locks.filter((lock) => lock.mine)
      const requestId = own[0]?.request_id
      if (requestId === undefined) return null
      const seatIds = own.map((lock) => lock.seat_id)
      keeper.seats = seatIds
      return { requestId, seatIds }
    },
    setSeats: (seats) => (keeper.seats = seats),
    clear: () => {
      keeper.seats = []
      keeper.request = undefined
    },
  }
  selection = new Selection(server.calls, keeper, 8, vi.fn())
})

describe('choosing', () => {
  it('posts the whole selection at each tap under one request', async () => {
    await selection.add(['A1', 'A2'])
    await selection.add(['A3'])
    expect(server.log).toEqual(['lock A1 A2', 'lock A1 A2 A3'])
    expect(new Set(server.own.values())).toEqual(new Set(['request-1']))
    expect(selection.held).toEqual(['A1', 'A2', 'A3'])
    expect(keeper.seats).toEqual(['A1', 'A2', 'A3'])
  })

  it('shows what is wanted at once and gathers taps made meanwhile', async () => {
    const first = selection.add(['A1'])
    void selection.add(['A2'])
    const last = selection.add(['A3'])
    expect(selection.desired).toEqual(['A1', 'A2', 'A3'])
    expect(selection.held).toEqual([])
    expect(selection.busy).toBe(true)
    await Promise.all([first, last])
    expect(server.log).toEqual(['lock A1', 'lock A1 A2 A3'])
    expect(selection.busy).toBe(false)
  })

  it('gives a seat back by its name only', async () => {
    await selection.add(['A1', 'A2'])
    await selection.remove(['A1'])
    expect(server.log.at(-1)).toBe('release A1')
    expect(selection.held).toEqual(['A2'])
  })

  it('giving up frees all, and the next hold has a new name', async () => {
    await selection.add(['A1'])
    await selection.giveUp()
    expect(server.own.size).toBe(0)
    expect(keeper.request).toBeUndefined()
    await selection.add(['A1'])
    expect(server.own.get('A1')).toBe('request-2')
  })

  it('does not ask for more than the limit', async () => {
    await selection.add(['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8'])
    await selection.add(['A9'])
    expect(selection.notice).toEqual({ kind: 'seat_limit', max: 8 })
    expect(server.log).toHaveLength(1)
  })
})

describe('refusals', () => {
  it('a seat that went leaves the rest held and offers alternatives', async () => {
    server.taken.add('A2')
    await selection.add(['A1', 'A2'])
    expect(selection.held).toEqual(['A1'])
    expect(selection.notice).toMatchObject({ kind: 'unavailable', seats: ['A2'] })
    if (selection.notice?.kind !== 'unavailable') throw new Error('no notice')
    const [alternative] = selection.notice.alternatives
    if (!alternative) throw new Error('no alternative')
    await selection.takeAlternative(alternative)
    expect(selection.held).toEqual(['B1', 'B2'])
    expect([...server.own.keys()]).toEqual(['B1', 'B2'])
    expect(selection.notice).toBeNull()
  })

  it('a broken rule changes nothing and names the seat that would mend it', async () => {
    await selection.add(['A1'])
    const rules = [{ rule: 'couple', seat_ids: ['C1', 'C2'] }]
    server.fail = new Problem(409, { error: 'seat_rule', rules })
    await selection.add(['C1'])
    expect(selection.held).toEqual(['A1'])
    expect(selection.desired).toEqual(['A1'])
    expect(selection.notice).toMatchObject({ kind: 'rule', missing: ['C2'] })
  })

  it.each([
    ['seat_limit_exceeded', 'seat_limit'],
    ['hold_limit_reached', 'hold_limit'],
    ['booking_open', 'booking_open'],
    ['sales_closed', 'sale'],
    ['network', 'failed'],
  ])('%s is told as %s and taken back', async (error, kind) => {
    server.fail = new Problem(409, { error })
    await selection.add(['A1'])
    expect(selection.desired).toEqual([])
    expect(selection.notice?.kind).toBe(kind)
  })

  it('a failed release keeps the seat', async () => {
    await selection.add(['A1'])
    server.fail = new Problem(409, { error: 'booking_open' })
    await selection.remove(['A1'])
    expect(selection.desired).toEqual(['A1'])
    expect(selection.notice?.kind).toBe('booking_open')
  })

  it('a lost hold can be locked again in one press, under a new name', async () => {
    await selection.add(['A1', 'A2'])
    server.own.clear()
    server.fail = new Problem(409, { error: 'hold_lost' })
    expect(await selection.extend()).toBe(false)
    expect(selection.held).toEqual([])
    expect(selection.notice).toEqual({ kind: 'gone', why: 'lost', seats: ['A1', 'A2'] })
    await selection.relock(['A1', 'A2'])
    expect(selection.held).toEqual(['A1', 'A2'])
    expect(server.own.get('A1')).not.toBe('request-1')
  })

  it('a session that ended is started again once', async () => {
    server.signedIn = false
    await selection.add(['A1'])
    expect(server.sessions).toBe(1)
    expect(selection.held).toEqual(['A1'])
  })
})

describe('best seats', () => {
  it('replace the present ones', async () => {
    await selection.add(['A1'])
    await selection.best({ count: 2 })
    expect(selection.held).toEqual(['H1', 'H2'])
    expect([...server.own.keys()]).toEqual(['H1', 'H2'])
  })

  it('leave the present ones when there are none', async () => {
    await selection.add(['A1'])
    server.taken.add('H1')
    await selection.best({ count: 2 })
    expect(selection.held).toEqual(['A1'])
    expect(selection.notice).toMatchObject({ kind: 'none', count: 2 })
  })
})

describe('verify', () => {
  it('restores the hold of an earlier page and its request', async () => {
    server.own.set('A1', 'from-before').set('A2', 'from-before')
    await selection.verify()
    expect(selection.held).toEqual(['A1', 'A2'])
    await selection.add(['A3'])
    expect(server.own.get('A3')).toBe('from-before')
  })

  it('waits for the hold of an earlier page before it adds to it', async () => {
    server.own.set('A1', 'from-before')
    void selection.verify()
    await selection.add(['A2'])
    expect(server.own.get('A2')).toBe('from-before')
    expect(selection.held).toEqual(['A1', 'A2'])
  })

  it('never uses a name again whose seats are gone', async () => {
    await selection.add(['A1'])
    const used = server.own.get('A1')
    server.own.clear()
    server.taken.add('A1')
    await selection.verify()
    await selection.add(['B1'])
    expect(server.own.get('B1')).not.toBe(used)
  })

  it('forgets what belongs to somebody who was signed out, without a word about a loss', async () => {
    await selection.add(['A1'])
    const used = server.own.get('A1')
    selection.leave()
    expect(selection.held).toEqual([])
    expect(selection.desired).toEqual([])
    expect(selection.notice).toBeNull()
    expect(keeper.request).toBeUndefined()
    server.own.clear()
    await selection.add(['B1'])
    expect(server.own.get('B1')).not.toBe(used)
  })

  it('says that the hold expired, or was lost when the epoch is another', async () => {
    await selection.add(['A1'])
    server.own.clear()
    await selection.verify()
    expect(selection.notice).toEqual({ kind: 'gone', why: 'expired', seats: ['A1'] })
    await selection.add(['A1'])
    server.own.clear()
    server.epoch = 'e2'
    await selection.verify()
    expect(selection.notice).toEqual({ kind: 'gone', why: 'lost', seats: ['A1'] })
  })

  it('says that the seats were bought in another tab', async () => {
    await selection.add(['A1'])
    server.own.clear()
    server.taken.add('A1')
    await selection.verify()
    expect(selection.notice).toEqual({ kind: 'bought', seats: ['A1'] })
  })

  it('changes nothing without an answer', async () => {
    await selection.add(['A1'])
    server.fail = new Problem(0, { error: 'network' })
    await selection.verify()
    expect(selection.held).toEqual(['A1'])
    expect(selection.notice).toBeNull()
  })
})
