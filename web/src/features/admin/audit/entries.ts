import { get, type AdminList, type AuditRow, type Query } from '@/shared/api'

/** An entry of the record, with what the server reveals to an administrator. */
export interface AuditEntry extends AuditRow {
  /** Who did it; missing for what happened by itself. */
  actor?: string | null
  /** Whom it concerns; missing when only the actor. */
  subject?: string | null
  /** What tells who somebody is, as far as it can still be read. */
  personal?: Record<string, string> | null
  /** The network address of whoever did it. */
  from?: string | null
  /** There were personal values that nobody can read any more. */
  erased?: boolean
}

export interface ChainState {
  ok: boolean
  /** Entries that the chain seals. */
  sealed: number
  /** Entries that wait for their seal. */
  pending: number
  checkpoint?: { n: number; at: string; key_id: string } | null
  verified?: { n: number; at: string; ok: boolean; first_bad?: string | number | null } | null
}

export function fetchEntries(query: Query, signal: AbortSignal): Promise<AdminList<AuditEntry>> {
  return get('/api/admin/audit', { query, signal })
}

export function fetchChain(signal: AbortSignal): Promise<ChainState> {
  return get('/api/admin/audit/chain', { signal })
}

/** What happened, in words, by the type that the record keeps. */
const words: Readonly<Record<string, string>> = {
  'seat.locked': 'Seats held',
  'seat.released': 'Seats given back',
  'seat.timeout': 'A hold ran out',
  'seat.booked': 'Seats sold',
  'booking.pending': 'Payment begun',
  'booking.success': 'Booked',
  'booking.failed': 'Payment failed',
  'booking.cancelled': 'Cancelled',
  'booking.refunded': 'Refunded',
  'user.role_changed': 'Role changed',
  'user.erased': 'Person erased',
  'user.deleted': 'Account deleted',
}

/** The known types, for the filter. */
export const entryTypes: readonly string[] = Object.keys(words)

/** An entry's type in words; one that is not known here is told by its own name. */
export function entryText(type: string): string {
  const known = words[type]
  if (known) return known
  const plain = type.replaceAll(/[._]/g, ' ').trim()
  return plain.charAt(0).toUpperCase() + plain.slice(1)
}
