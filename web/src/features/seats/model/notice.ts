/** What the customer is told about the selection, and what can be done about it in one press. */
import type { Alternative, Problem, RuleNote } from '@/shared/api'

export type Notice =
  /** Somebody else was faster; the rest of the selection stays. */
  | {
      kind: 'unavailable'
      seats: readonly string[]
      reasons: Readonly<Record<string, string>>
      alternatives: readonly Alternative[]
    }
  /** A seat rule forbids this choice; `missing` are the seats that would make it right. */
  | {
      kind: 'rule'
      rules: readonly RuleNote[]
      wanted: readonly string[]
      missing: readonly string[]
    }
  | { kind: 'seat_limit'; max: number }
  /** The hold cannot be made longer. */
  | { kind: 'hold_limit' }
  /** The hold ran out (`expired`) or the server lost its holds (`lost`); both may be locked again. */
  | { kind: 'gone'; why: 'expired' | 'lost'; seats: readonly string[] }
  /** The seats became tickets in another tab. */
  | { kind: 'bought'; seats: readonly string[] }
  /** These seats belong to a payment that is still open. */
  | { kind: 'booking_open' }
  /** Fewer adjacent seats were free than the party needs. */
  | { kind: 'short'; wanted: number; found: number }
  /** No place for a party of this size. */
  | { kind: 'none'; count: number; alternatives: readonly Alternative[] }
  /** The showtime is not sold now. */
  | { kind: 'sale'; problem: Problem }
  /** Something else went wrong; `wanted` is what a retry would ask for. */
  | { kind: 'failed'; problem: Problem; wanted: readonly string[] }

type Translate = (problem: Problem, wanted: readonly string[], maxSeats: number) => Notice

const unavailable: Translate = (problem) => ({
  kind: 'unavailable',
  seats: problem.conflicted ?? [],
  reasons: problem.reasons ?? {},
  alternatives: problem.alternatives ?? [],
})
const expired: Translate = (_, wanted) => ({ kind: 'gone', why: 'expired', seats: wanted })
const sale: Translate = (problem) => ({ kind: 'sale', problem })

const BY_CODE: Readonly<Record<string, Translate>> = {
  seats_unavailable: unavailable,
  already_booked: unavailable,
  seat_rule: (problem, wanted) => ruleNotice(problem.rules ?? [], wanted),
  seat_limit_exceeded: (_problem, _wanted, max) => ({ kind: 'seat_limit', max }),
  hold_limit_reached: () => ({ kind: 'hold_limit' }),
  hold_expired: expired,
  not_owner: expired,
  hold_lost: (_, wanted) => ({ kind: 'gone', why: 'lost', seats: wanted }),
  booking_open: () => ({ kind: 'booking_open' }),
  not_on_sale: sale,
  sales_closed: sale,
  showtime_not_found: sale,
}

/** Translates a refusal of lock, release or extend; `wanted` is the selection that was asked for. */
export function noticeOf(problem: Problem, wanted: readonly string[], maxSeats: number): Notice {
  const translate = BY_CODE[problem.error]
  return translate?.(problem, wanted, maxSeats) ?? { kind: 'failed', problem, wanted }
}

function ruleNotice(rules: readonly RuleNote[], wanted: readonly string[]): Notice {
  const missing = rules
    .filter((rule) => rule.rule !== 'orphan')
    .flatMap((rule) => rule.seat_ids)
    .filter((id, at, all) => !wanted.includes(id) && all.indexOf(id) === at)
  return { kind: 'rule', rules, wanted, missing }
}

/** Reports whether a notice is a loss that interrupts whoever listens. */
export function isLoss(notice: Notice): boolean {
  return notice.kind === 'gone' || notice.kind === 'unavailable'
}
