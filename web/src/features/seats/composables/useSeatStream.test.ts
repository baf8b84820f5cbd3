import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import type { StreamDeps } from '../model/seatStream'
import { useSeatStream, type LiveSeats } from './useSeatStream'

class FakeSocket {
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  closed = false
  constructor(readonly url: string) {}
  close(): void {
    this.closed = true
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  hangUp(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason })
  }
}

const snapshot = (seq: number, booked: string[] = [], epoch = 'e'): object => ({
  type: 'snapshot',
  epoch,
  seq,
  cursor: `c${String(seq)}`,
  locks: [],
  booked,
  blocked: [],
})
const locked = (seq: number, ...seat_ids: string[]): object => ({
  type: 'seat.locked',
  seat_ids,
  mine: false,
  epoch: 'e',
  seq,
  cursor: `c${String(seq)}`,
})

let sockets: FakeSocket[]
let paint: () => void
let poll: ReturnType<typeof vi.fn<() => Promise<unknown>>>
let scope: EffectScope
let online: boolean
let hidden: boolean

function open(): LiveSeats {
  const deps: StreamDeps = {
    open: (url) => {
      const socket = new FakeSocket(url)
      sockets.push(socket)
      // The fake has the members that the stream uses.
      return socket as unknown as WebSocket
    },
    poll,
    frame: (run) => {
      paint = run
      return () => undefined
    },
    random: () => 0.5,
  }
  const live = scope.run(() => useSeatStream('s1', deps))
  if (!live) throw new Error('no scope')
  return live
}
function last(): FakeSocket {
  const socket = sockets.at(-1)
  if (!socket) throw new Error('no socket was opened')
  return socket
}
function say(...frames: object[]): void {
  for (const frame of frames) last().say(frame)
  paint()
}

beforeEach(() => {
  vi.useFakeTimers()
  sockets = []
  paint = () => undefined
  poll = vi.fn<() => Promise<unknown>>().mockResolvedValue(null)
  scope = effectScope()
  online = true
  hidden = false
  vi.spyOn(navigator, 'onLine', 'get').mockImplementation(() => online)
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

describe('a working connection', () => {
  it('becomes live with the snapshot and follows deltas', () => {
    const live = open()
    expect(last().url).toMatch(/\/ws\/showtimes\/s1\/seats$/)
    say({ type: 'hello', epoch: 'e', seq: 4, cursor: 'c4' })
    expect(live.status.value).toBe('connecting')
    say(snapshot(4, ['A1']), locked(5, 'B1'))
    expect(live.status.value).toBe('live')
    expect(live.connectionText.value).toBe('')
    expect([...live.state().seats.keys()]).toEqual(['A1', 'B1'])
  })

  it('applies everything of one frame in one go', () => {
    const live = open()
    const seen: unknown[] = []
    live.onChange((changed) => seen.push(changed))
    say(snapshot(1))
    say(locked(2, 'A1'), locked(3, 'A2'), locked(4, 'A1'))
    expect(seen).toEqual(['all', ['A1', 'A2']])
  })

  it('does not wait for paints that a hidden tab never makes', () => {
    const live = open()
    hidden = true
    last().say(snapshot(1, ['A1']))
    expect(live.state().seats.size).toBe(1)
  })

  it('closes with its scope and stays closed', () => {
    open()
    scope.stop()
    expect(last().closed).toBe(true)
    vi.advanceTimersByTime(120_000)
    expect(sockets).toHaveLength(1)
  })
})

describe('gaps', () => {
  it('a hole reconnects from the cursor and tells that it resynchronised', () => {
    const live = open()
    say(snapshot(4), locked(6, 'A1'))
    expect(last().closed).toBe(true)
    vi.advanceTimersByTime(0)
    expect(last().url).toMatch(/\?since=c4$/)
    say({ type: 'hello', epoch: 'e', seq: 4, cursor: 'c4' }, locked(5, 'B1'), locked(6, 'A1'))
    expect(live.resyncs.value).toBe(0)
    expect([...live.state().seats.keys()]).toEqual(['B1', 'A1'])
    say({ type: 'resync' }, snapshot(9))
    expect(live.resyncs.value).toBe(1)
  })

  it('a ping ahead of us reveals a lost last message', () => {
    open()
    say(snapshot(4), { type: 'ping', seq: 5 })
    vi.advanceTimersByTime(0)
    expect(last().url).toMatch(/\?since=c4$/)
  })

  it('a second hole in a row starts from nothing', () => {
    open()
    say(snapshot(4), locked(6, 'A1'))
    vi.advanceTimersByTime(0)
    say({ type: 'hello', epoch: 'e', seq: 4, cursor: 'c4' }, locked(7, 'A1'))
    vi.advanceTimersByTime(0)
    expect(sockets).toHaveLength(3)
    expect(last().url).not.toMatch(/since/)
  })

  it('a new session starts over with a new snapshot', () => {
    const live = open()
    say(snapshot(4))
    live.reconnect()
    vi.advanceTimersByTime(0)
    expect(sockets).toHaveLength(2)
    expect(last().url).not.toMatch(/since/)
    say({ type: 'hello', epoch: 'e', seq: 4, cursor: 'c4' }, snapshot(4, ['A1']))
    expect(live.state().seats.has('A1')).toBe(true)
  })

  it('says when its session is over, each time, and goes on when it is told to', () => {
    const live = open()
    const over = vi.fn()
    live.onSessionEnd(over)
    say(snapshot(4))
    last().hangUp(4401, 'session over')
    expect(over).toHaveBeenCalledTimes(1)
    expect(live.status.value).toBe('ended')
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(1)
    live.reconnect()
    vi.advanceTimersByTime(0)
    say({ type: 'hello', epoch: 'e', seq: 4, cursor: 'c4' }, snapshot(4))
    expect(live.status.value).toBe('live')
    last().hangUp(4401, 'session over')
    expect(over).toHaveBeenCalledTimes(2)
    last().hangUp(4404)
    expect(over).toHaveBeenCalledTimes(2)
  })
})

describe('a lost connection', () => {
  it('comes back by itself from the cursor', () => {
    const live = open()
    say(snapshot(4))
    last().hangUp()
    expect(live.status.value).toBe('reconnecting')
    vi.advanceTimersByTime(500)
    expect(last().url).toMatch(/\?since=c4$/)
    say({ type: 'hello', epoch: 'e', seq: 4, cursor: 'c4' })
    expect(live.status.value).toBe('live')
  })

  it('is noticed after 45 s of silence', () => {
    const live = open()
    say(snapshot(4))
    vi.advanceTimersByTime(44_999)
    expect(live.status.value).toBe('live')
    vi.advanceTimersByTime(1)
    expect(live.status.value).toBe('reconnecting')
  })

  it('waits as long as a leaving server asks', () => {
    open()
    say(snapshot(4))
    last().hangUp(1001, 'retry_after=3000')
    vi.advanceTimersByTime(2_999)
    expect(sockets).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(sockets).toHaveLength(2)
  })

  it('polls after three failures and stops when the socket is back', async () => {
    const live = open()
    poll.mockResolvedValue({ ...snapshot(9, ['A1']), ok: true })
    for (let i = 0; i < 3; i++) {
      last().hangUp()
      await vi.advanceTimersByTimeAsync(i < 2 ? 2_000 : 0)
    }
    expect(live.status.value).toBe('polling')
    expect(live.connectionText.value).toBe('Live updates paused – checking every few seconds')
    expect(poll).toHaveBeenCalledTimes(1)
    expect(live.state().seats.has('A1')).toBe(true)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(poll).toHaveBeenCalledTimes(2)
    say({ type: 'hello', epoch: 'e', seq: 9, cursor: 'c9' }, snapshot(10))
    expect(live.status.value).toBe('live')
    await vi.advanceTimersByTimeAsync(30_000)
    expect(poll).toHaveBeenCalledTimes(2)
  })

  it('goes on polling when a poll fails', async () => {
    open()
    poll.mockRejectedValue(new Error('down'))
    for (let i = 0; i < 3; i++) {
      last().hangUp()
      await vi.advanceTimersByTimeAsync(i < 2 ? 2_000 : 0)
    }
    await vi.advanceTimersByTimeAsync(5_000)
    expect(poll.mock.calls.length).toBeGreaterThan(1)
  })

  it.each([
    [4404, 'This showtime no longer exists.'],
    [4403, 'Live updates are not available to you for this showtime.'],
    [4401, 'Live updates stopped because you signed out.'],
  ])('is final after %i', (code, text) => {
    const live = open()
    last().hangUp(code)
    vi.advanceTimersByTime(60_000)
    expect(live.status.value).toBe('ended')
    expect(live.connectionText.value).toBe(text)
    expect(sockets).toHaveLength(1)
  })

  it('rests while offline and returns at once when online', () => {
    const live = open()
    say(snapshot(4))
    online = false
    window.dispatchEvent(new Event('offline'))
    expect(live.status.value).toBe('offline')
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(1)
    online = true
    window.dispatchEvent(new Event('online'))
    expect(sockets).toHaveLength(2)
    expect(live.status.value).toBe('reconnecting')
  })

  it('does not reconnect while the tab is hidden', () => {
    open()
    say(snapshot(4))
    hidden = true
    last().hangUp()
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(1)
    hidden = false
    document.dispatchEvent(new Event('visibilitychange'))
    expect(sockets).toHaveLength(2)
  })
})
