/**
 * The live map of one showtime, without Vue: a socket that resumes from its cursor, and a poll of
 * the same state while the socket cannot be had. Whoever asks for the map gets the newest known.
 */
import { parseFrame, snapshotFrame, type Frame } from './frames'
import { backoffDelay, closeMeaning } from './reconnect'
import { emptySeatState, reduce, type SeatState } from './seatState'

/** `ended` is final: the server said that trying again is of no use. */
export type StreamStatus = 'connecting' | 'live' | 'reconnecting' | 'polling' | 'offline' | 'ended'

/** Why a stream ended: the session is over, watching is not allowed, or there is no such showtime. */
export type StreamEnd = 'session' | 'forbidden' | 'missing'

/** Told after the map moved: which seats may look different, or `all`. */
export type SeatsChanged = (changed: readonly string[] | 'all') => void

/** What a stream needs from the outside. */
export interface StreamDeps {
  /** Opens a socket. */
  open: (url: string) => WebSocket
  /** Reads the state over HTTP; null when it has not changed since the last call. */
  poll: () => Promise<unknown>
  /** Runs before the next frame is painted; returns the way to call it off. */
  frame: (run: () => void) => () => void
  /** 0 ≤ n < 1. */
  random: () => number
}

/** What a stream tells. */
export interface StreamListener {
  changed: SeatsChanged
  status: (status: StreamStatus, end: StreamEnd | null) => void
  /** The map was thrown away and replaced after a gap. */
  resynced: () => void
}

type Timer = ReturnType<typeof setTimeout>

const DEAD_AFTER_MS = 45_000
const POLL_MS = 5_000
const FAILURES_BEFORE_POLL = 3
/** Frames kept for the next paint; beyond it they are applied at once. */
const MAX_QUEUED = 256
/** Our own close code for a connection that fell silent; never sent to the server's rules. */
const SILENT = 4000
let rounds = 0

/** Keeps the map of one showtime up to date from `start` to `stop`. */
export class SeatStream {
  state: SeatState = emptySeatState
  status: StreamStatus = 'connecting'
  end: StreamEnd | null = null

  private socket: WebSocket | null = null
  private queue: Frame[] = []
  private cancelFlush: (() => void) | null = null
  private failures = 0
  private holes = 0
  private gap = false
  private stopped = false
  private retryTimer: Timer | undefined
  private pollTimer: Timer | undefined
  /** Names the polling in force, so that a poll of an earlier one does not start a second chain. */
  private polling = 0
  private deadTimer: Timer | undefined

  constructor(
    private readonly path: string,
    private readonly deps: StreamDeps,
    private readonly tell: StreamListener,
  ) {}

  start(): void {
    window.addEventListener('online', this.wake)
    window.addEventListener('offline', this.wake)
    document.addEventListener('visibilitychange', this.wake)
    if (navigator.onLine) this.connect()
    else this.wake()
  }

  stop(): void {
    this.stopped = true
    this.drop()
    clearTimeout(this.retryTimer)
    this.stopPolling()
    window.removeEventListener('online', this.wake)
    window.removeEventListener('offline', this.wake)
    document.removeEventListener('visibilitychange', this.wake)
  }

  /** Starts over with a new connection and a new snapshot, for example after a session began. */
  reconnect(): void {
    if (this.end === 'session') this.end = null
    if (this.end !== null || this.stopped) return
    this.drop()
    this.failures = 0
    this.state = { ...this.state, synced: false }
    this.schedule(0)
  }

  /** Applies a state that came over HTTP; an older one is ignored. */
  offer(raw: unknown): void {
    const frame = raw === null ? null : snapshotFrame(raw)
    if (!frame || this.stopped) return
    this.flush()
    const result = reduce(this.state, frame)
    if (result.state === this.state) return
    this.state = result.state
    this.tell.changed('all')
  }

  private readonly wake = (): void => {
    if (this.stopped || this.end !== null) return
    if (!navigator.onLine) {
      this.flush()
      this.drop()
      clearTimeout(this.retryTimer)
      this.stopPolling()
      this.gap ||= this.state.synced
      this.become('offline')
    } else if (!document.hidden && !this.socket) {
      this.failures = 0
      this.becomeLost()
      this.connect()
    }
  }

  private readonly connect = (): void => {
    clearTimeout(this.retryTimer)
    if (this.stopped || this.end !== null || this.socket || document.hidden || !navigator.onLine)
      return
    const opened = this.deps.open(this.url())
    this.socket = opened
    opened.onmessage = (event: MessageEvent<unknown>) => this.receive(event.data)
    opened.onclose = (event) => this.closed(event.code, event.reason)
    this.watchSilence()
  }

  private url(): string {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const { synced, cursor } = this.state
    const resumes = synced && cursor !== '' && this.holes < 2
    return `${scheme}//${location.host}${this.path}${resumes ? `?since=${encodeURIComponent(cursor)}` : ''}`
  }

  private receive(data: unknown): void {
    this.watchSilence()
    const frame = typeof data === 'string' ? parseFrame(data) : null
    if (!frame) return
    this.queue.push(frame)
    if (document.hidden || this.queue.length > MAX_QUEUED) this.flush()
    else this.cancelFlush ??= this.deps.frame(() => this.flush())
  }

  /** Applies what arrived since the last paint in one go. */
  private flush(): void {
    this.cancelFlush?.()
    this.cancelFlush = null
    const frames = this.queue
    this.queue = []
    const changed = new Set<string>()
    let all = false
    let hole = false
    for (const frame of frames) {
      const before = this.state
      const result = reduce(before, frame)
      this.state = result.state
      if (result.changed === 'all') all = true
      else for (const id of result.changed) changed.add(id)
      hole = result.hole
      if (hole) break
      this.progress(frame, before)
    }
    if (all || changed.size > 0) this.tell.changed(all ? 'all' : [...changed])
    if (hole) this.missedSomething()
  }

  private progress(frame: Frame, before: SeatState): void {
    if (frame.type === 'resync') this.gap ||= before.synced
    if (!this.state.synced) return
    if (frame.type === 'snapshot' && this.gap) this.tell.resynced()
    if (frame.type !== 'hello') this.holes = 0
    this.gap = false
    this.failures = 0
    this.stopPolling()
    this.become('live')
  }

  /** A hole: start again from the cursor, from nothing if that did not help, and not in a hurry. */
  private missedSomething(): void {
    this.holes++
    this.gap = true
    this.drop()
    this.schedule(this.holes > 2 ? backoffDelay(this.holes, this.deps.random) : 0)
  }

  private closed(code: number, reason: string): void {
    this.flush()
    this.drop()
    const meaning = closeMeaning(code, reason)
    if (meaning.final) {
      this.end = meaning.final
      this.stopPolling()
      this.become('ended')
      return
    }
    this.failures++
    if (this.failures >= FAILURES_BEFORE_POLL) this.startPolling()
    else this.becomeLost()
    this.schedule(meaning.retryAfterMs ?? backoffDelay(this.failures, this.deps.random))
  }

  private schedule(delayMs: number): void {
    clearTimeout(this.retryTimer)
    if (!this.stopped) this.retryTimer = setTimeout(this.connect, delayMs)
  }

  private drop(): void {
    clearTimeout(this.deadTimer)
    this.queue = []
    this.cancelFlush?.()
    this.cancelFlush = null
    const old = this.socket
    this.socket = null
    if (!old) return
    old.onmessage = null
    old.onclose = null
    old.close()
  }

  private watchSilence(): void {
    clearTimeout(this.deadTimer)
    this.deadTimer = setTimeout(() => this.closed(SILENT, ''), DEAD_AFTER_MS)
  }

  private startPolling(): void {
    this.become('polling')
    if (this.polling !== 0) return
    const round = ++rounds
    this.polling = round
    this.pollTimer = setTimeout(() => void this.pollOnce(round), 0)
  }

  private async pollOnce(round: number): Promise<void> {
    try {
      if (!document.hidden) this.offer(await this.deps.poll())
    } catch {
      // The next round tries again; the connection line already says that updates are paused.
    }
    if (this.polling !== round) return
    const delay = POLL_MS * (0.8 + 0.4 * this.deps.random())
    this.pollTimer = setTimeout(() => void this.pollOnce(round), delay)
  }

  private stopPolling(): void {
    clearTimeout(this.pollTimer)
    this.polling = 0
  }

  private becomeLost(): void {
    this.become(this.state.synced ? 'reconnecting' : 'connecting')
  }

  private become(status: StreamStatus): void {
    if (this.status === status) return
    this.status = status
    this.tell.status(status, this.end)
  }
}
