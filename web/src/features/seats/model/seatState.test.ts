import { describe, expect, it } from 'vitest'
import { parseFrame, type DeltaFrame, type Frame, type SnapshotFrame } from './frames'
import { emptySeatState, entryOf, reduce, type SeatState } from './seatState'

const snap = (seq: number, extra: Partial<SnapshotFrame> = {}): SnapshotFrame => ({
  type: 'snapshot',
  epoch: 'e1',
  seq,
  cursor: `c${String(seq)}`,
  locks: [],
  booked: [],
  blocked: [],
  ...extra,
})

const delta = (
  type: DeltaFrame['type'],
  seq: number,
  seat_ids: string[],
  extra: Partial<DeltaFrame> = {},
): DeltaFrame => ({
  type,
  seq,
  seat_ids,
  epoch: 'e1',
  cursor: `c${String(seq)}`,
  mine: false,
  ...extra,
})

const run = (state: SeatState, ...frames: Frame[]): SeatState =>
  frames.reduce((at, frame) => reduce(at, frame).state, state)

describe('snapshot', () => {
  it('replaces the map and marks own locks', () => {
    const first = run(emptySeatState, snap(1, { booked: ['A1'] }))
    const next = reduce(first, snap(5, { locks: [{ seat_id: 'B1', mine: true }], blocked: ['C1'] }))
    expect(next.changed).toBe('all')
    expect(entryOf(next.state, 'A1')).toBeUndefined()
    expect(entryOf(next.state, 'B1')).toEqual({ state: 'locked', mine: true })
    expect(entryOf(next.state, 'C1')?.state).toBe('blocked')
    expect(next.state).toMatchObject({ seq: 5, cursor: 'c5', synced: true })
  })

  it('is ignored when older than the map of the same epoch', () => {
    const state = run(emptySeatState, snap(9, { booked: ['A1'] }))
    expect(reduce(state, snap(8)).state).toBe(state)
  })

  it('of another epoch wins even with a smaller number', () => {
    const state = run(emptySeatState, snap(9), snap(0, { epoch: 'e2', booked: ['A1'] }))
    expect(state).toMatchObject({ epoch: 'e2', seq: 0 })
  })

  it('keeps which sold seats are mine', () => {
    const state = run(
      emptySeatState,
      snap(1),
      delta('seat.booked', 2, ['A1'], { mine: true }),
      snap(2, { booked: ['A1', 'A2'] }),
    )
    expect(entryOf(state, 'A1')).toEqual({ state: 'booked', mine: true })
    expect(entryOf(state, 'A2')).toEqual({ state: 'booked', mine: false })
  })
})

describe('deltas', () => {
  it('apply in order: locked, released, booked, timeout', () => {
    const state = run(
      emptySeatState,
      snap(1),
      delta('seat.locked', 2, ['A1', 'A2'], { mine: true }),
      delta('seat.released', 3, ['A1']),
      delta('seat.locked', 4, ['B1']),
      delta('seat.timeout', 5, ['B1']),
      delta('seat.booked', 6, ['A2'], { mine: true }),
    )
    expect(state.seq).toBe(6)
    expect([...state.seats]).toEqual([['A2', { state: 'booked', mine: true }]])
  })

  it('ignore a stale number', () => {
    const state = run(emptySeatState, snap(5))
    const result = reduce(state, delta('seat.locked', 5, ['A1']))
    expect(result).toEqual({ state, changed: [], hole: false })
  })

  it('report a hole and do not move on', () => {
    const state = run(emptySeatState, snap(5))
    const result = reduce(state, delta('seat.locked', 7, ['A1']))
    expect(result.hole).toBe(true)
    expect(result.state).toBe(state)
  })

  it('of another epoch are a hole', () => {
    const state = run(emptySeatState, snap(5))
    expect(reduce(state, delta('seat.locked', 6, ['A1'], { epoch: 'e2' })).hole).toBe(true)
  })

  it('before the first snapshot are ignored', () => {
    expect(reduce(emptySeatState, delta('seat.locked', 1, ['A1'])).state).toBe(emptySeatState)
  })

  it('name what changed', () => {
    const state = run(emptySeatState, snap(1))
    expect(reduce(state, delta('seat.locked', 2, ['A1', 'A2'])).changed).toEqual(['A1', 'A2'])
  })

  it('do not alter the earlier map', () => {
    const state = run(emptySeatState, snap(1))
    reduce(state, delta('seat.locked', 2, ['A1']))
    expect(state.seats.size).toBe(0)
  })
})

describe('batch', () => {
  const batch = (from_seq: number, to_seq: number): Frame => ({
    type: 'batch',
    from_seq,
    to_seq,
    cursor: `c${String(to_seq)}`,
    changes: [
      { seat_id: 'A1', state: 'locked', mine: true },
      { seat_id: 'A2', state: 'free', mine: false },
      { seat_id: 'A3', state: 'booked', mine: false },
    ],
  })

  it('moves to its last number', () => {
    const state = run(emptySeatState, snap(1, { booked: ['A2'] }), batch(2, 9))
    expect(state).toMatchObject({ seq: 9, cursor: 'c9' })
    expect(entryOf(state, 'A1')).toEqual({ state: 'locked', mine: true })
    expect(entryOf(state, 'A2')).toBeUndefined()
    expect(entryOf(state, 'A3')?.state).toBe('booked')
  })

  it('that overlaps what is known still applies', () => {
    expect(run(emptySeatState, snap(4), batch(2, 9)).seq).toBe(9)
  })

  it('is stale or a hole by its range', () => {
    const state = run(emptySeatState, snap(9))
    expect(reduce(state, batch(2, 9)).state).toBe(state)
    expect(reduce(state, batch(11, 12)).hole).toBe(true)
  })
})

describe('hello, resync and ping', () => {
  it('hello at our position goes on, elsewhere waits for a snapshot', () => {
    const state = run(emptySeatState, snap(5))
    const hello = (seq: number, epoch = 'e1'): Frame => ({ type: 'hello', epoch, seq, cursor: 'x' })
    expect(reduce(state, hello(5)).state.synced).toBe(true)
    expect(reduce(state, hello(8)).state.synced).toBe(false)
    expect(reduce(state, hello(5, 'e2')).state.synced).toBe(false)
  })

  it('resync keeps the picture until the snapshot, and takes any snapshot then', () => {
    const state = run(emptySeatState, snap(5, { booked: ['A1'] }), { type: 'resync' })
    expect(state.synced).toBe(false)
    expect(entryOf(state, 'A1')?.state).toBe('booked')
    expect(run(state, snap(3)).seq).toBe(3)
  })

  it('ping tells a lost last message', () => {
    const state = run(emptySeatState, snap(5))
    expect(reduce(state, { type: 'ping', seq: 5 }).hole).toBe(false)
    expect(reduce(state, { type: 'ping', seq: 4 }).hole).toBe(false)
    expect(reduce(state, { type: 'ping', seq: 6 }).hole).toBe(true)
  })

  it('ping without a snapshot asks for one', () => {
    expect(reduce(emptySeatState, { type: 'ping', seq: 0 }).hole).toBe(true)
  })
})

describe('parseFrame', () => {
  it('reads the frames of the wire', () => {
    expect(parseFrame('{"type":"ping","seq":3}')).toEqual({ type: 'ping', seq: 3 })
    expect(parseFrame('{"type":"resync"}')).toEqual({ type: 'resync' })
    expect(
      parseFrame(
        '{"type":"seat.locked","showtime_id":"s","seat_ids":["A1"],"mine":true,"epoch":"e","seq":2,"cursor":"c","at":"x","expires_in_ms":1000}',
      ),
    ).toEqual({
      type: 'seat.locked',
      seat_ids: ['A1'],
      mine: true,
      epoch: 'e',
      seq: 2,
      cursor: 'c',
      expires_in_ms: 1000,
    })
    expect(
      parseFrame('{"type":"batch","from_seq":1,"to_seq":2,"cursor":"c","changes":[]}'),
    ).toMatchObject({ type: 'batch', to_seq: 2 })
    expect(
      parseFrame(
        '{"type":"snapshot","epoch":"e","seq":1,"cursor":"c","locks":[{"seat_id":"A1","mine":true}],"booked":["B1"],"blocked":null}',
      ),
    ).toMatchObject({ booked: ['B1'], blocked: [] })
  })

  it.each(['', 'nonsense', '[]', '{"type":"seat.flown"}', '{"type":"ping"}', '{"type":"hello"}'])(
    'drops %j',
    (text) => {
      expect(parseFrame(text)).toBeNull()
    },
  )
})
