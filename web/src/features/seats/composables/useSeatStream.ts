import { computed, onScopeDispose, readonly, shallowRef, type Ref } from 'vue'
import { call, type SeatsState } from '@/shared/api'
import type { SeatState } from '../model/seatState'
import {
  SeatStream,
  type SeatsChanged,
  type StreamDeps,
  type StreamEnd,
  type StreamStatus,
} from '../model/seatStream'

/** The live map of a showtime as a page uses it. */
export interface LiveSeats {
  readonly status: Readonly<Ref<StreamStatus>>
  /** A sentence for the connection line; empty while all is well. */
  readonly connectionText: Readonly<Ref<string>>
  /** Counts how often the map was replaced after a gap. */
  readonly resyncs: Readonly<Ref<number>>
  /** Grows with every change; for what depends on the whole map, such as counts. */
  readonly version: Readonly<Ref<number>>
  readonly state: () => SeatState
  readonly onChange: (listener: SeatsChanged) => void
  /** Applies a state that came over HTTP. */
  readonly offer: (state: SeatsState) => void
  readonly reconnect: () => void
  /** Calls `listener` each time the server closes the stream because its session is over. */
  readonly onSessionEnd: (listener: () => unknown) => void
}

/** Follows the seats of one showtime until the scope ends. */
export function useSeatStream(showtimeId: string, deps?: StreamDeps): LiveSeats {
  const status = shallowRef<StreamStatus>('connecting')
  const end = shallowRef<StreamEnd | null>(null)
  const resyncs = shallowRef(0)
  const version = shallowRef(0)
  const listeners = new Set<SeatsChanged>()
  let sessionEnded: () => unknown = () => undefined
  const id = encodeURIComponent(showtimeId)
  const stream = new SeatStream(`/ws/showtimes/${id}/seats`, deps ?? browserDeps(id), {
    changed: (changed) => {
      version.value++
      for (const listener of listeners) listener(changed)
    },
    status: (now, why) => {
      status.value = now
      end.value = why
      if (why === 'session') sessionEnded()
    },
    resynced: () => resyncs.value++,
  })
  stream.start()
  onScopeDispose(() => {
    stream.stop()
    listeners.clear()
  })
  return {
    status: readonly(status),
    connectionText: computed(() => connectionText(status.value, end.value)),
    resyncs: readonly(resyncs),
    version: readonly(version),
    state: () => stream.state,
    onChange: (listener) => void listeners.add(listener),
    offer: (state) => stream.offer(state),
    reconnect: () => stream.reconnect(),
    onSessionEnd: (listener) => void (sessionEnded = listener),
  }
}

function browserDeps(encodedId: string): StreamDeps {
  let etag = ''
  return {
    open: (url) => new WebSocket(url, 'cinema.v1'),
    poll: async () => {
      const answer = await call<unknown>('GET', `/api/showtimes/${encodedId}/seats/state`, { etag })
      etag = answer.etag
      return answer.data
    },
    frame: (run) => {
      const handle = requestAnimationFrame(run)
      return () => cancelAnimationFrame(handle)
    },
    random: Math.random,
  }
}

const ENDED: Record<StreamEnd, string> = {
  session: 'Live updates stopped because you signed out.',
  forbidden: 'Live updates are not available to you for this showtime.',
  missing: 'This showtime no longer exists.',
}

function connectionText(status: StreamStatus, end: StreamEnd | null): string {
  switch (status) {
    case 'offline':
      return 'You are offline. The map shows the seats as last known.'
    case 'polling':
      return 'Live updates paused – checking every few seconds'
    case 'reconnecting':
      return 'Reconnecting to live updates…'
    case 'ended':
      return ENDED[end ?? 'missing']
    default:
      return ''
  }
}
