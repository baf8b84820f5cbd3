/**
 * What the live seat socket says. Only the members the page needs are read; a frame that cannot be
 * understood is dropped, because the next `ping` reveals whether something was missed.
 */
export type WireState = 'free' | 'locked' | 'booked' | 'blocked'

/** One seat held by somebody; `request_id` and `expires_in_ms` are told only about the viewer's own. */
export interface WireLock {
  seat_id: string
  mine: boolean
  request_id?: string
  expires_in_ms?: number
}

export interface HelloFrame {
  type: 'hello'
  epoch: string
  seq: number
  cursor: string
}

export interface SnapshotFrame {
  type: 'snapshot'
  epoch: string
  seq: number
  cursor: string
  locks: readonly WireLock[]
  booked: readonly string[]
  blocked: readonly string[]
}

export type DeltaType = 'seat.locked' | 'seat.released' | 'seat.booked' | 'seat.timeout'

export interface DeltaFrame {
  type: DeltaType
  seat_ids: readonly string[]
  mine: boolean
  epoch: string
  seq: number
  cursor: string
  expires_in_ms?: number
}

export interface BatchChange {
  seat_id: string
  state: WireState
  mine: boolean
}

export interface BatchFrame {
  type: 'batch'
  from_seq: number
  to_seq: number
  cursor: string
  changes: readonly BatchChange[]
}

export interface ResyncFrame {
  type: 'resync'
}

export interface PingFrame {
  type: 'ping'
  seq: number
}

export type Frame = HelloFrame | SnapshotFrame | DeltaFrame | BatchFrame | ResyncFrame | PingFrame

type Fields = Record<string, unknown>

const WIRE_STATES: readonly string[] = ['free', 'locked', 'booked', 'blocked']
const DELTA_TYPES: readonly string[] = [
  'seat.locked',
  'seat.released',
  'seat.booked',
  'seat.timeout',
]

/** Reads one text frame; null when it is not one of ours. */
export function parseFrame(text: string): Frame | null {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return null
  }
  if (!isFields(raw)) return null
  switch (raw.type) {
    case 'hello':
      return position(raw, (at) => ({ type: 'hello', ...at }))
    case 'snapshot':
      return snapshotFrame(raw)
    case 'batch':
      return batchFrame(raw)
    case 'resync':
      return { type: 'resync' }
    case 'ping':
      return isCount(raw.seq) ? { type: 'ping', seq: raw.seq } : null
    default:
      return deltaFrame(raw)
  }
}

/** The HTTP seat state has the members of a snapshot frame; null when it has not. */
export function snapshotFrame(raw: unknown): SnapshotFrame | null {
  if (!isFields(raw)) return null
  return position(raw, (at) => ({
    type: 'snapshot',
    ...at,
    locks: locksOf(raw.locks),
    booked: ids(raw.booked),
    blocked: ids(raw.blocked),
  }))
}

function deltaFrame(raw: Fields): DeltaFrame | null {
  const type = raw.type
  if (!isDeltaType(type)) return null
  return position(raw, (at) => ({
    type,
    ...at,
    seat_ids: ids(raw.seat_ids),
    mine: raw.mine === true,
    ...(isCount(raw.expires_in_ms) ? { expires_in_ms: raw.expires_in_ms } : {}),
  }))
}

function batchFrame(raw: Fields): BatchFrame | null {
  if (!isCount(raw.from_seq) || !isCount(raw.to_seq) || !Array.isArray(raw.changes)) return null
  const changes: BatchChange[] = []
  for (const item of raw.changes as unknown[]) {
    if (!isFields(item) || typeof item.seat_id !== 'string' || !isWireState(item.state)) return null
    changes.push({ seat_id: item.seat_id, state: item.state, mine: item.mine === true })
  }
  const cursor = typeof raw.cursor === 'string' ? raw.cursor : ''
  return { type: 'batch', from_seq: raw.from_seq, to_seq: raw.to_seq, cursor, changes }
}

function position<T>(
  raw: Fields,
  make: (at: { epoch: string; seq: number; cursor: string }) => T,
): T | null {
  if (typeof raw.epoch !== 'string' || !isCount(raw.seq) || typeof raw.cursor !== 'string') {
    return null
  }
  return make({ epoch: raw.epoch, seq: raw.seq, cursor: raw.cursor })
}

function locksOf(raw: unknown): WireLock[] {
  if (!Array.isArray(raw)) return []
  const locks: WireLock[] = []
  for (const item of raw as unknown[]) {
    if (!isFields(item) || typeof item.seat_id !== 'string') continue
    locks.push({
      seat_id: item.seat_id,
      mine: item.mine === true,
      ...(typeof item.request_id === 'string' ? { request_id: item.request_id } : {}),
      ...(isCount(item.expires_in_ms) ? { expires_in_ms: item.expires_in_ms } : {}),
    })
  }
  return locks
}

function ids(raw: unknown): string[] {
  return Array.isArray(raw) ? raw.filter((id): id is string => typeof id === 'string') : []
}

function isFields(raw: unknown): raw is Fields {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
}

function isCount(raw: unknown): raw is number {
  return typeof raw === 'number' && Number.isFinite(raw) && raw >= 0
}

function isWireState(raw: unknown): raw is WireState {
  return typeof raw === 'string' && WIRE_STATES.includes(raw)
}

function isDeltaType(raw: unknown): raw is DeltaType {
  return typeof raw === 'string' && DELTA_TYPES.includes(raw)
}
