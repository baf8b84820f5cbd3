/**
 * The viewer's copy of one hall. `reduce` is pure: snapshot at a sequence number, then every delta
 * with the next one, gives exactly the server's map. A hole is reported, never papered over.
 */
import type { BatchFrame, DeltaFrame, Frame, SnapshotFrame, WireState } from './frames'

/** A seat that is not free; free seats are absent from the map. */
export interface SeatEntry {
  readonly state: Exclude<WireState, 'free'>
  readonly mine: boolean
}

export interface SeatState {
  /** Identity of the server's count; sequence numbers of two epochs cannot be compared. */
  readonly epoch: string
  readonly seq: number
  /** Where to resume: sent as `?since=` on a reconnect. */
  readonly cursor: string
  /** False until a snapshot was applied, and again between a `resync` and its snapshot. */
  readonly synced: boolean
  readonly seats: ReadonlyMap<string, SeatEntry>
}

/** What a frame did, beside the new state. */
export interface Reduction {
  readonly state: SeatState
  /** Seats whose entry may differ now; `all` after a snapshot. */
  readonly changed: readonly string[] | 'all'
  /** True when something was missed: reconnect with `?since=` (or from nothing when unsynced). */
  readonly hole: boolean
}

export const emptySeatState: SeatState = {
  epoch: '',
  seq: 0,
  cursor: '',
  synced: false,
  seats: new Map(),
}

const NOTHING: readonly string[] = []

/** Applies one frame. Stale frames change nothing; frames ahead of the next number are a hole. */
export function reduce(state: SeatState, frame: Frame): Reduction {
  switch (frame.type) {
    case 'hello':
      return hello(state, frame.epoch, frame.seq)
    case 'snapshot':
      return snapshot(state, frame)
    case 'resync':
      return same({ ...state, synced: false })
    case 'ping':
      return { ...same(state), hole: !state.synced || frame.seq > state.seq }
    case 'batch':
      return batch(state, frame)
    default:
      return delta(state, frame)
  }
}

/** The entry of a seat as the stream knows it; undefined when it is free. */
export function entryOf(state: SeatState, seatId: string): SeatEntry | undefined {
  return state.seats.get(seatId)
}

function same(state: SeatState): Reduction {
  return { state, changed: NOTHING, hole: false }
}

/**
 * A connection that starts at or before our own position goes on with deltas (old ones are stale);
 * one that starts elsewhere must bring a snapshot first. Until then the old picture stays visible.
 */
function hello(state: SeatState, epoch: string, seq: number): Reduction {
  const resumes = state.synced && epoch === state.epoch && seq <= state.seq
  return same(resumes ? state : { ...state, synced: false })
}

function snapshot(state: SeatState, frame: SnapshotFrame): Reduction {
  if (state.synced && frame.epoch === state.epoch && frame.seq < state.seq) return same(state)
  const seats = new Map<string, SeatEntry>()
  for (const lock of frame.locks) seats.set(lock.seat_id, { state: 'locked', mine: lock.mine })
  for (const id of frame.blocked) seats.set(id, { state: 'blocked', mine: false })
  for (const id of frame.booked) {
    const before = state.seats.get(id)
    seats.set(id, { state: 'booked', mine: before?.state === 'booked' && before.mine })
  }
  const { epoch, seq, cursor } = frame
  return { state: { epoch, seq, cursor, synced: true, seats }, changed: 'all', hole: false }
}

function delta(state: SeatState, frame: DeltaFrame): Reduction {
  if (!state.synced) return same(state)
  if (frame.epoch !== state.epoch) return { ...same(state), hole: true }
  if (frame.seq <= state.seq) return same(state)
  if (frame.seq > state.seq + 1) return { ...same(state), hole: true }
  const seats = new Map(state.seats)
  for (const id of frame.seat_ids) apply(seats, id, outcome(frame), frame.mine)
  const next = { ...state, seq: frame.seq, cursor: frame.cursor || state.cursor, seats }
  return { state: next, changed: frame.seat_ids, hole: false }
}

function batch(state: SeatState, frame: BatchFrame): Reduction {
  if (!state.synced || frame.to_seq <= state.seq) return same(state)
  if (frame.from_seq > state.seq + 1) return { ...same(state), hole: true }
  const seats = new Map(state.seats)
  for (const change of frame.changes) apply(seats, change.seat_id, change.state, change.mine)
  const next = { ...state, seq: frame.to_seq, cursor: frame.cursor || state.cursor, seats }
  return { state: next, changed: frame.changes.map((change) => change.seat_id), hole: false }
}

function outcome(frame: DeltaFrame): WireState {
  if (frame.type === 'seat.locked') return 'locked'
  return frame.type === 'seat.booked' ? 'booked' : 'free'
}

function apply(seats: Map<string, SeatEntry>, id: string, state: WireState, mine: boolean): void {
  if (state === 'free') seats.delete(id)
  else seats.set(id, { state, mine })
}
