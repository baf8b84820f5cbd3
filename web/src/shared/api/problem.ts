import type { Alternative, RuleNote } from './types'

/** The body of an RFC 9457 answer with this product's extension members. */
export interface ProblemBody {
  type?: string
  title?: string
  status?: number
  detail?: string
  /** The id of the request. */
  instance?: string
  error?: string
  retry_after?: number
  conflicted?: string[]
  reasons?: Record<string, string>
  rules?: RuleNote[]
  alternatives?: Alternative[]
  [extension: string]: unknown
}

/** Codes that the client itself gives, beside those of the server. */
export type ClientCode = 'network' | 'timeout' | 'aborted' | 'bad_answer'

/**
 * Every way a call to the server can fail, by its code. `error` is the server's code (for example
 * `seats_unavailable`) or one of {@link ClientCode}; code that reacts to a failure compares that,
 * never the sentence.
 */
export class Problem extends Error {
  /** HTTP status; 0 when no answer arrived. */
  readonly status: number
  readonly error: string
  readonly title: string
  readonly detail: string
  /** Names the request in the server's log; empty when the server never saw it. */
  readonly requestId: string
  /** Seconds to wait before trying again; undefined when the server did not say. */
  readonly retryAfter: number | undefined
  readonly conflicted: string[] | undefined
  readonly reasons: Record<string, string> | undefined
  readonly rules: RuleNote[] | undefined
  readonly alternatives: Alternative[] | undefined
  /** The whole body, for members that belong to one case only (for example `booking_id`). */
  readonly extensions: Readonly<Record<string, unknown>>

  constructor(status: number, body: ProblemBody, options?: ErrorOptions) {
    const title = body.title ?? 'Something went wrong'
    super(body.detail ?? title, options)
    this.name = 'Problem'
    this.status = status
    this.error = body.error ?? 'internal'
    this.title = title
    this.detail = body.detail ?? ''
    this.requestId = body.instance ?? ''
    this.retryAfter = body.retry_after
    this.conflicted = body.conflicted
    this.reasons = body.reasons
    this.rules = body.rules
    this.alternatives = body.alternatives
    this.extensions = body
  }

  /** Reports whether the same request may simply be sent again: nothing was decided. */
  get retryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502
  }
}

/** Narrows anything thrown to a Problem; a bug in the page becomes a Problem `internal`. */
export function toProblem(cause: unknown): Problem {
  if (cause instanceof Problem) return cause
  const detail = cause instanceof Error ? cause.message : 'Unexpected failure'
  return new Problem(0, { error: 'internal', title: 'Something went wrong', detail }, { cause })
}

/** Reports whether the failure is a Problem with one of the codes. */
export function isProblem(cause: unknown, ...codes: string[]): cause is Problem {
  return cause instanceof Problem && (codes.length === 0 || codes.includes(cause.error))
}
