import { get, type AdminList, type AuditChain, type AuditRow, type Query } from '@/shared/api'

export function fetchEntries(query: Query, signal: AbortSignal): Promise<AdminList<AuditRow>> {
  return get('/api/admin/audit', { query, signal })
}

export function fetchChain(signal: AbortSignal): Promise<AuditChain> {
  return get('/api/admin/audit/chain', { signal })
}

/** What happened, in words, by the type that the record keeps. */
const words: Readonly<Record<string, string>> = {
  'user.role_changed': 'Role changed',
  'user.role_kept': 'Role change refused',
  'user.signed_out': 'Signed out by the office',
  'user.erased': 'Person erased',
  'user.exported': 'Data exported',
  'booking.refund_ordered': 'Refund ordered',
  'export.bookings': 'Bookings exported',
  'session.started': 'Signed in',
  'session.step_up': 'Signed in again',
  'session.ended': 'Session ended',
  'session.ended_everywhere': 'Signed out everywhere',
  'token.created': 'Token made',
  'token.revoked': 'Token revoked',
  'access_token.revoked': 'Access token revoked',
  'tool.authorized': 'Program allowed',
  'tool.code_replayed': 'Program code used twice',
  'booking.success': 'Booked',
  'booking.failed': 'Payment failed',
  'booking.cancelled': 'Cancelled',
  'booking.refunded': 'Refunded',
  'seat.locked': 'Seats held',
  'seat.released': 'Seats given back',
  'seat.timeout': 'A hold ran out',
  'seat.booked': 'Seats sold',
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
