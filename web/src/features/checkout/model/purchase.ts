/**
 * Runs one purchase: sends the requests that the state machine allows, asks again while an outcome
 * is open, and never has two requests under way.
 */
import { toProblem, type Booking, type Problem } from '@/shared/api'
import {
  askDelay,
  bookingOf,
  initialCheckout,
  mayPay,
  next,
  type CheckoutEvent,
  type CheckoutState,
} from './checkoutMachine'

/** What is bought: the body of the confirm call without the payment. */
export interface PurchaseOrder {
  request_id: string
  seat_ids: readonly string[]
  tickets: readonly { seat_id: string; ticket_type: string }[]
  customer?: { email: string; name: string }
  epoch?: string
}

export interface PurchaseCalls {
  confirm: (order: PurchaseOrder, token: string | undefined) => Promise<Booking>
  settle: (bookingId: string, token: string | undefined) => Promise<Booking>
  /** The open booking of these seats, if there is one. */
  findOpen: () => Promise<Booking | undefined>
}

/** Answers that were lost are asked for by themselves this many times; then by a press. */
const SILENT_TRIES = 4

export class Purchase {
  state: CheckoutState = initialCheckout
  private order: PurchaseOrder | null = null
  private token: string | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private running = false
  private stopped = false

  constructor(
    private readonly calls: PurchaseCalls,
    private readonly changed: (state: CheckoutState) => void,
  ) {}

  /** Pays with a token; nothing happens while an outcome is open. */
  pay(order: PurchaseOrder, token: string | undefined): Promise<void> {
    if (this.running || !mayPay(this.state)) return Promise.resolve()
    this.order = order
    this.token = token
    this.apply({ type: 'pay' })
    return this.send()
  }

  /** Takes up a purchase that an earlier page began. */
  async resume(): Promise<void> {
    try {
      const open = await this.calls.findOpen()
      if (open && this.state.step === 'review') this.apply({ type: 'booking', booking: open })
    } catch {
      // Without an answer the page starts at the review; a confirm finds the open booking itself.
      return
    }
  }

  /** Asks at once instead of at the next turn. */
  ask(): Promise<void> {
    clearTimeout(this.timer)
    if (this.running || this.stopped) return Promise.resolve()
    if (this.state.step === 'unsure') {
      this.apply({ type: 'again' })
      return this.send()
    }
    const id = bookingOf(this.state)
    if (id === null || (this.state.step !== 'checking' && this.state.step !== 'action')) {
      return Promise.resolve()
    }
    return this.run(() => this.calls.settle(id, undefined))
  }

  expire(seats: readonly string[]): void {
    this.apply({ type: 'expired', seats })
  }

  restart(): void {
    clearTimeout(this.timer)
    this.apply({ type: 'restart' })
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
  }

  private send(): Promise<void> {
    const { order, token } = this
    const id = bookingOf(this.state)
    if (id !== null) return this.run(() => this.calls.settle(id, token))
    return order ? this.run(() => this.calls.confirm(order, token)) : Promise.resolve()
  }

  private async run(call: () => Promise<Booking>): Promise<void> {
    this.running = true
    let event: CheckoutEvent
    try {
      event = { type: 'booking', booking: await call() }
    } catch (cause) {
      event = await this.refusal(toProblem(cause))
    } finally {
      this.running = false
    }
    this.apply(event)
  }

  private async refusal(problem: Problem): Promise<CheckoutEvent> {
    const seats = this.order?.seat_ids ?? []
    if (problem.error !== 'booking_open') return { type: 'problem', problem, seats }
    // Another tab began to pay for these seats: that purchase is the one to go on with.
    const open = await this.calls.findOpen().catch(() => undefined)
    return open ? { type: 'booking', booking: open } : { type: 'problem', problem, seats }
  }

  private apply(event: CheckoutEvent): void {
    if (this.stopped) return
    this.state = next(this.state, event)
    this.changed(this.state)
    this.schedule()
  }

  private schedule(): void {
    clearTimeout(this.timer)
    const { state } = this
    if (state.step === 'checking') {
      this.timer = setTimeout(() => void this.ask(), askDelay(state.asked))
    } else if (state.step === 'unsure' && state.tries <= SILENT_TRIES) {
      this.timer = setTimeout(() => void this.ask(), askDelay(state.tries))
    }
  }
}
