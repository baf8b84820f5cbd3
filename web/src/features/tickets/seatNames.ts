import { joinNames, plural } from '@/shared/i18n'

const byNumber = new Intl.Collator('en', { numeric: true })

/** "Seat F7" or "Seats F7, F8 and F10", in the order of the row. */
export function seatNames(ids: readonly string[]): string {
  const sorted = [...ids].sort(byNumber.compare)
  return `${plural(ids.length, { one: 'Seat', other: 'Seats' })} ${joinNames(sorted)}`
}

/** Row and number of a seat id: F7 is row F, seat 7. */
export function rowAndNumber(id: string): { row: string; number: string } {
  const match = /^([A-Z]+)(\d+)$/.exec(id)
  return { row: match?.[1] ?? '', number: match?.[2] ?? id }
}
