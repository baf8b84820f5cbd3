import { plural } from '@/shared/i18n'
import { formatClock, formatDay, localDate, viewerZone } from './formatTime'

const minute = 60_000
const hour = 60 * minute

/** How long ago, in the words of a list: "just now", "5 minutes ago", "3 hours ago", then the day. */
export function formatAgo(instant: string, now: Date, zone = viewerZone()): string {
  const passed = now.getTime() - new Date(instant).getTime()
  if (passed < minute) return 'just now'
  if (passed < hour) {
    return plural(Math.floor(passed / minute), { one: '# minute ago', other: '# minutes ago' })
  }
  if (passed < 24 * hour) {
    return plural(Math.floor(passed / hour), { one: '# hour ago', other: '# hours ago' })
  }
  return formatDay(localDate(instant, zone))
}

/** Day and time of an instant on the viewer's own clock: "Fri 27 Nov, 18:40". For what happened on a device, not in a hall. */
export function formatInstant(instant: string, zone = viewerZone()): string {
  return `${formatDay(localDate(instant, zone))}, ${formatClock(instant, zone)}`
}

/** A day with its year, for what lies months away: "Fri 27 Nov 2026". */
export function formatFullDay(instant: string, zone = viewerZone()): string {
  const date = localDate(instant, zone)
  return `${formatDay(date)} ${date.slice(0, 4)}`
}
