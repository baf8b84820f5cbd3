/**
 * The live map of one showtime: a socket that resumes from its cursor, and a poll of the same state
 * while the socket cannot be had. Whoever asks for the map always gets the newest one known.
 */
import { computed, onScopeDispose, readonly, shallowRef, type DeepReadonly, type Ref } from 'vue'
import { parseFrame, snapshotFrame, type Frame } from '../model/frames'
import { emptySeatState, reduce, type SeatState } from '../model/seatState'
import { backoffDelay, closeMeaning } from '../model/reconnect'

/** `ended` is final: the server said that trying again is of no use, see {@link SeatStream.end}. */
export type StreamStatus = 'connecting' | 'live' | 'reconnecting' | 'polling' | 'offline' | 'ended'

/** Why a stream ended: the session is over, watching is not allowed, or there is no such showtime. */
export type StreamEnd = 'session' | 'forbidden' | 'missing' | null

/** Told after the map moved: which seats may look different, or `all`. */
export type SeatsChanged = (changed: readonly string[] | 'all') => void

/** What a stream needs from the outside; the tests replace each. */
export interface StreamDeps {
  /** Opens a socket. */
  open: (url: string) => WebSocket
  /** Reads the state over HTTP; null when it has not changed since the last call. */
  poll: () => Promise<unknown>
  /** Runs before the next frame is painted; returns the way to call it off. */
  frame: (run: () => void) => () => void
  /** 0 ≤ n < 1. */
  random: () => number
  now: () => number
}

export interface SeatStream {
  readonly status: DeepReadonly<Ref<StreamStatus>>
  readonly end: DeepReadonly<Ref<StreamEnd>>
  /** Counts how often the map was thrown away and replaced after a gap. */
  readonly resyncs: DeepReadonly<Ref<number>>
  readonly state: () => SeatState
  readonly onChange: (listener: SeatsChanged) => void
  /** Applies a state that came over HTTP; older ones are ignored. */
  readonly offer: (raw: unknown) => void
  /** Starts over with a new connection, for example after a session began. */
  readonly reconnect: () => void
  readonly stop: () => void
}

const DEAD_AFTER_MS = 45_000
const POLL_MS = 5_000
const FAILURES_BEFORE_POLL = 3
/** Frames kept for the next paint; beyond it they are applied at once. */
const MAX_QUEUED = 256

/** Opens the stream of one showtime; it ends with the scope that made it. */
export function useSeatStream(showtimeId: string, deps: StreamDeps): SeatStream {
  const status = shallowRef<StreamStatus>('connecting')
  const end = shallowRef<StreamEnd>(null)
  const resyncs = shallowRef(0)
  const listeners = new Set<SeatsChanged>()
  let state = emptySeatState
  let socket: WebSocket | null = null
  let queue: Frame[] = []
  let cancelFlush: (() => void) | null = null
  let failures = 0
  let holesInARow = 0
  let stopped = false
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let pollTimer: ReturnType<typeof setTimeout> | undefined
  let deadTimer: ReturnType<typeof setTimeout> | undefined
  let gap = false

  function connect(): void {
    clearTimeout(retryTimer)
    if (stopped || end.value || socket) return
    if (paused()) {
      if (navigator.onLine === false) status.value = 'offline'
      return
    }
    if (status.value !== 'polling') status.value = state.synced ? 'reconnecting' : 'connecting'
    const opened = deps.open(streamUrl(showtimeId, state.synced && holesInARow < 2 ? state.cursor : ''))
    socket = opened
    opened.onmessage = (event: MessageEvent<unknown>) => {
      if (socket === opened) receive(event.data)
    }
    opened.onclose = (event) => {
      if (socket === opened) closed(event.code, event.reason)
    }
    watchSilence()
  }

  function receive(data: unknown): void {
    watchSilence()
    const frame = typeof data === 'string' ? parseFrame(data) : null
    if (!frame) return
    queue.push(frame)
    if (document.hidden || queue.length > MAX_QUEUED) flush()
    else cancelFlush ??= deps.frame(flush)
  }

  /** Applies what arrived since the last paint in one go. */
  function flush(): void {
    cancelFlush?.()
    cancelFlush = null
    const frames = queue
    queue = []
    const changed = new Set<string>()
    let all = false
    for (const frame of frames) {
      const before = state
      const result = reduce(state, frame)
      state = result.state
      if (result.changed === 'all') all = true
      else for (const id of result.changed) changed.add(id)
      if (result.hole) {
        announceChanges(all, changed)
        missedSomething()
        return
      }
      noteProgress(frame, before)
    }
    announceChanges(all, changed)
  }

  function noteProgress(frame: Frame, before: SeatState): void {
    if (frame.type === 'resync') gap = before.synced || gap
    if (frame.type === 'snapshot' && gap) {
      gap = false
      resyncs.value++
    }
    if (!state.synced || frame.type === 'hello') return
    failures = 0
    if (state.seq !== before.seq || frame.type === 'snapshot' || frame.type === 'ping') {
      holesInARow = 0
    }
    stopPolling()
    if (status.value !== 'live') status.value = 'live'
  }

  function announceChanges(all: boolean, changed: ReadonlySet<string>): void {
    if (!all && changed.size === 0) return
    for (const listener of listeners) listener(all ? 'all' : [...changed])
  }

  /** A hole: start again from the cursor, and from nothing if that did not help. */
  function missedSomething(): void {
    holesInARow++
    gap = true
    drop()
    schedule(holesInARow > 2 ? backoffDelay(holesInARow, deps.random) : 0)
  }

  function closed(code: number, reason: string): void {
    flush()
    drop()
    const meaning = closeMeaning(code, reason)
    if (meaning.final) {
      end.value = meaning.final
      status.value = 'ended'
      stopPolling()
      return
    }
    failures++
    if (state.synced) gap = true
    if (failures >= FAILURES_BEFORE_POLL) startPolling()
    else if (status.value !== 'offline') status.value = state.synced ? 'reconnecting' : 'connecting'
    schedule(meaning.retryAfterMs ?? backoffDelay(failures, deps.random))
  }

  function schedule(delayMs: number): void {
    clearTimeout(retryTimer)
    if (!stopped) retryTimer = setTimeout(connect, delayMs)
  }

  function drop(): void {
    clearTimeout(deadTimer)
    queue = []
    cancelFlush?.()
    cancelFlush = null
    const old = socket
    socket = null
    if (!old) return
    old.onmessage = null
    old.onclose = null
    old.close()
  }

  function watchSilence(): void {
    clearTimeout(deadTimer)
    deadTimer = setTimeout(() => closed(4000, ''), DEAD_AFTER_MS)
  }

  function startPolling(): void {
    if (status.value === 'offline') return
    status.value = 'polling'
    if (pollTimer === undefined) void pollOnce()
  }

  async function pollOnce(): Promise<void> {
    pollTimer = undefined
    try {
      if (!paused()) offer(await deps.poll())
    } catch {
      // The next round tries again; the connection line already says that updates are paused.
    }
    if (status.value !== 'polling' || stopped) return
    pollTimer = setTimeout(() => void pollOnce(), POLL_MS * (0.8 + 0.4 * deps.random()))
  }

  function stopPolling(): void {
    clearTimeout(pollTimer)
    pollTimer = undefined
  }

  function offer(raw: unknown): void {
    const frame = raw === null ? null : snapshotFrame(raw)
    if (!frame || stopped) return
    flush()
    const result = reduce(state, frame)
    if (result.state === state) return
    state = result.state
    announceChanges(result.changed === 'all', new Set())
  }

  function reconnect(): void {
    if (end.value === 'session') end.value = null
    if (end.value || stopped) return
    drop()
    failures = 0
    holesInARow = 2
    schedule(0)
  }

  function wake(): void {
    if (stopped || end.value) return
    if (navigator.onLine === false) {
      flush()
      drop()
      clearTimeout(retryTimer)
      stopPolling()
      status.value = 'offline'
      gap = gap || state.synced
    } else if (!document.hidden && !socket) {
      if (status.value === 'offline') status.value = state.synced ? 'reconnecting' : 'connecting'
      connect()
    }
  }

  function stop(): void {
    stopped = true
    drop()
    clearTimeout(retryTimer)
    stopPolling()
    window.removeEventListener('online', wake)
    window.removeEventListener('offline', wake)
    document.removeEventListener('visibilitychange', wake)
    listeners.clear()
  }

  window.addEventListener('online', wake)
  window.addEventListener('offline', wake)
  document.addEventListener('visibilitychange', wake)
  onScopeDispose(stop)
  connect()

  return {
    status: readonly(status),
    end: readonly(end),
    resyncs: readonly(resyncs),
    state: () => state,
    onChange: (listener) => void listeners.add(listener),
    offer,
    reconnect,
    stop,
  }
}

/** A sentence for the connection line; empty while all is well. */
export function useConnectionText(stream: SeatStream): Readonly<Ref<string>> {
  return computed(() => {
    switch (stream.status.value) {
      case 'offline':
        return 'You are offline. The map shows the last known seats.'
      case 'polling':
        return 'Live updates paused – checking every few seconds'
      case 'reconnecting':
        return 'Reconnecting to live updates…'
      case 'ended':
        return ENDED[stream.end.value ?? 'session']
      default:
        return ''
    }
  })
}

const ENDED: Record<Exclude<StreamEnd, null>, string> = {
  session: 'Live updates stopped because you signed out.',
  forbidden: 'Live updates are not available to you for this showtime.',
  missing: 'This showtime no longer exists.',
}

function paused(): boolean {
  return document.hidden || navigator.onLine === false
}

function streamUrl(showtimeId: string, since: string): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  const query = since === '' ? '' : `?since=${encodeURIComponent(since)}`
  return `${scheme}//${location.host}/ws/showtimes/${encodeURIComponent(showtimeId)}/seats${query}`
}
