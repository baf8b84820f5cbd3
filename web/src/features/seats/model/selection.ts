/**
 * The customer's selection against the server's holds. The page says what it wants; this brings the
 * server there, one request at a time, posting the whole selection at each step. What the server
 * refuses is taken back and said.
 */
import {
  toProblem,
  type Alternative,
  type HoldAnswer,
  type Problem,
  type ReleaseAnswer,
  type SeatsState,
} from '@/shared/api'
import { noticeOf, type Notice } from './notice'

/** The calls a selection makes. */
export interface SeatCalls {
  lock: (seatIds: readonly string[], requestId: string) => Promise<HoldAnswer>
  release: (seatIds: readonly string[], requestId: string) => Promise<ReleaseAnswer>
  best: (wish: BestWish, requestId: string) => Promise<HoldAnswer>
  extend: (requestId: string, epoch: string) => Promise<HoldAnswer>
  state: () => Promise<SeatsState>
  /** Starts a guest session when there is none. */
  ensureSession: (force: boolean) => Promise<void>
  newRequestId: () => string
}

export interface BestWish {
  count: number
  category?: string
  accessible?: boolean
}

/** Where the hold is kept between pages. */
export interface HoldKeeper {
  epoch: () => string
  adopt: (answer: HoldAnswer, seatIds: readonly string[]) => void
  /** Takes over own locks from a state; their seats and request, or null when there are none. */
  offer: (state: SeatsState) => { requestId: string; seatIds: readonly string[] } | null
  setSeats: (seatIds: readonly string[]) => void
  clear: () => void
}

export class Selection {
  /** Confirmed by the server, in the order of choosing. */
  held: readonly string[] = []
  /** What the customer wants; differs from `held` while a request runs. */
  desired: readonly string[] = []
  notice: Notice | null = null
  /** A request is on its way. */
  busy = false
  /** The server is choosing seats: taps wait until it has. */
  choosing = false
  private requestId: string
  private running: Promise<void> | null = null
  private verifying: Promise<void> | null = null

  constructor(
    private readonly calls: SeatCalls,
    private readonly keeper: HoldKeeper,
    private readonly maxSeats: number,
    private readonly changed: () => void,
  ) {
    this.requestId = calls.newRequestId()
  }

  /** Wants these seats too. */
  add(seatIds: readonly string[]): Promise<void> {
    const wanted = [...new Set([...this.desired, ...seatIds])]
    if (wanted.length > this.maxSeats) {
      this.say({ kind: 'seat_limit', max: this.maxSeats })
      return Promise.resolve()
    }
    return this.want(wanted)
  }

  remove(seatIds: readonly string[]): Promise<void> {
    return this.want(this.desired.filter((id) => !seatIds.includes(id)))
  }

  /** Wants exactly these seats. */
  want(seatIds: readonly string[]): Promise<void> {
    if (this.choosing) return Promise.resolve()
    this.desired = [...seatIds]
    this.say(null)
    this.running ??= this.run().finally(() => (this.running = null))
    return this.running
  }

  giveUp(): Promise<void> {
    return this.want([])
  }

  /** Holds the best adjacent seats instead of the present ones, which stay held if there are none. */
  async best(wish: BestWish): Promise<void> {
    if (this.choosing) return
    this.choosing = true
    this.say(null)
    await this.running
    await this.verifying
    const old = { seats: this.held, requestId: this.requestId }
    const roomy = old.seats.length + wish.count <= this.maxSeats
    await this.step(
      async () => {
        if (!roomy) await this.release(old.seats)
        // Under an unused name a repeat after a lost answer gets the same seats.
        const requestId = this.held.length > 0 ? this.calls.newRequestId() : this.requestId
        const answer = await this.withSession(() => this.calls.best(wish, requestId))
        if (roomy && old.seats.length > 0)
          await this.calls.release(old.seats, old.requestId).catch(() => undefined)
        this.requestId = answer.request_id
        this.accept(answer, answer.locked)
        this.desired = this.held
      },
      (problem) => {
        this.desired = this.held
        if (problem.error !== 'seats_unavailable')
          return noticeOf(problem, this.held, this.maxSeats)
        return { kind: 'none', count: wish.count, alternatives: problem.alternatives ?? [] }
      },
    )
    this.choosing = false
    this.changed()
  }

  /** "I need more time". True when the server granted it. */
  async extend(): Promise<boolean> {
    await this.running
    let granted = false
    await this.step(
      async () => {
        const answer = await this.calls.extend(this.requestId, this.keeper.epoch())
        this.accept(answer, this.held)
        granted = true
      },
      (problem) => this.lostOr(problem),
    )
    return granted
  }

  /** One press after a loss: the same seats again, if they are still free. */
  relock(seatIds: readonly string[]): Promise<void> {
    this.renew()
    return this.want(seatIds)
  }

  takeAlternative(alternative: Alternative): Promise<void> {
    return this.want(alternative.seat_ids)
  }

  /** Asks again for what is held already: changes nothing, answers price and extensions. */
  async refresh(): Promise<void> {
    await this.running
    if (this.held.length > 0 && !this.busy) await this.lockStep(this.held)
  }

  /** Brings the page to what the server holds for this viewer, after a reload or a doubt. */
  verify(): Promise<void> {
    this.verifying ??= this.compare().finally(() => (this.verifying = null))
    return this.verifying
  }

  /** Forgets what was held: whoever held it is signed out of this page. */
  leave(): void {
    this.held = []
    this.desired = []
    this.renew()
    this.say(null)
  }

  say(notice: Notice | null): void {
    this.notice = notice
    this.changed()
  }

  private async run(): Promise<void> {
    // Which request holds the seats of an earlier page must be known before anything is added to it.
    if (this.verifying) await this.verifying
    // Each round settles at least one difference or gives it up, so the loop ends.
    for (let round = 0; round < 64; round++) {
      const leave = this.held.filter((id) => !this.desired.includes(id))
      const join = this.desired.filter((id) => !this.held.includes(id))
      if (leave.length === 0 && join.length === 0) return
      const releaseFirst =
        leave.length > 0 && (join.length === 0 || this.held.length + join.length > this.maxSeats)
      if (releaseFirst) await this.releaseStep(leave)
      else await this.lockStep(this.desired)
    }
  }

  private lockStep(wanted: readonly string[]): Promise<void> {
    return this.step(
      async () => {
        const answer = await this.withSession(() => this.calls.lock(wanted, this.requestId))
        this.accept(answer, [...new Set([...this.held, ...answer.locked])])
      },
      (problem) => this.refused(problem, wanted),
    )
  }

  private releaseStep(seatIds: readonly string[]): Promise<void> {
    return this.step(
      () => this.release(seatIds),
      (problem) => {
        this.desired = this.held
        return noticeOf(problem, this.held, this.maxSeats)
      },
    )
  }

  private async release(seatIds: readonly string[]): Promise<void> {
    if (seatIds.length === 0) return
    await this.calls.release(seatIds, this.requestId)
    this.held = this.held.filter((id) => !seatIds.includes(id))
    if (this.held.length > 0) this.keeper.setSeats(this.held)
    else this.renew()
  }

  private accept(answer: HoldAnswer, seatIds: readonly string[]): void {
    this.held = [...seatIds]
    this.keeper.adopt(answer, this.held)
  }

  private refused(problem: Problem, wanted: readonly string[]): Notice {
    const gone = problem.error === 'seats_unavailable' ? (problem.conflicted ?? []) : []
    this.held = this.held.filter((id) => !gone.includes(id))
    // What was tapped meanwhile is kept, except what cannot be had.
    this.desired = gone.length > 0 ? this.desired.filter((id) => !gone.includes(id)) : this.held
    if (problem.error === 'hold_lost' || problem.error === 'hold_expired') {
      this.held = []
      this.desired = []
      this.keeper.clear()
    }
    return noticeOf(problem, wanted, this.maxSeats)
  }

  private lostOr(problem: Problem): Notice {
    const notice = noticeOf(problem, this.held, this.maxSeats)
    if (notice.kind === 'gone') {
      this.held = []
      this.desired = []
      this.renew()
    }
    return notice
  }

  /** The next hold is a new one: a request id is never used again after its seats went. */
  private renew(): void {
    this.keeper.clear()
    this.requestId = this.calls.newRequestId()
  }

  private async step(
    act: () => Promise<void>,
    refused: (problem: Problem) => Notice,
  ): Promise<void> {
    this.busy = true
    this.changed()
    try {
      await act()
    } catch (cause) {
      this.notice = refused(toProblem(cause))
    } finally {
      this.busy = false
      this.changed()
    }
  }

  /** The first hold of a visitor starts a guest session; one that ended meanwhile is started again. */
  private async withSession<T>(call: () => Promise<T>): Promise<T> {
    await this.calls.ensureSession(false)
    try {
      return await call()
    } catch (cause) {
      if (toProblem(cause).error !== 'unauthorized') throw cause
      await this.calls.ensureSession(true)
      return await call()
    }
  }

  private async compare(): Promise<void> {
    await this.running
    const before = this.held
    const epoch = this.keeper.epoch()
    let state: SeatsState
    try {
      state = await this.calls.state()
    } catch {
      return
    }
    // A request that began meanwhile makes this answer old; its own answer is newer.
    if (this.busy) return
    const tapped = this.desired.filter((id) => !before.includes(id))
    const own = this.keeper.offer(state)
    const now = own?.seatIds ?? []
    const gone = before.filter((id) => !now.includes(id))
    if (own) this.requestId = own.requestId
    this.held = now
    this.desired = [...now, ...tapped.filter((id) => !now.includes(id))]
    if (gone.length > 0) this.notice = lossOf(gone, state, epoch)
    // A name that was used before is never used again: it may belong to a booking by now.
    if (!own) this.renew()
    this.changed()
  }
}

function lossOf(gone: readonly string[], state: SeatsState, epoch: string): Notice {
  if (gone.every((id) => state.booked.includes(id))) return { kind: 'bought', seats: gone }
  const why = epoch !== '' && state.epoch !== epoch ? 'lost' : 'expired'
  return { kind: 'gone', why, seats: gone }
}
