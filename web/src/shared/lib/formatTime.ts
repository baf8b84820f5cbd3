/*
 * Times are always the cinema's own, whatever zone the viewer is in. A business day runs until six
 * in the morning, so a show at 00:30 belongs to the night before and must say so: half the people
 * who read "Saturday 00:30" turn up a day late.
 */

/** What the labels of a showtime need to know of it. */
export interface ShowMoment {
  /** Instant, RFC 3339. */
  starts_at: string
  /** IANA zone of the cinema. */
  zone: string
  /** Date of the business day, YYYY-MM-DD. */
  business_date: string
}

const locale = 'en-GB'
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options)
  let format = formats.get(key)
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone })
    formats.set(key, format)
  }
  return format
}

const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
const dayOptions: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short' }

/** Wall clock of an instant at the cinema: 18:40. */
export function formatClock(instant: string | Date, zone: string): string {
  return formatOf(zone, clock).format(new Date(instant))
}

/** Calendar date of an instant at the cinema, YYYY-MM-DD. */
export function localDate(instant: string | Date, zone: string): string {
  const parts = formatOf(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(
    new Date(instant),
  )
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** A date without a time: Sat 28 Nov. */
export function formatDay(date: string): string {
  return formatOf('UTC', dayOptions)
    .format(new Date(`${date}T12:00:00Z`))
    .replace(',', '')
}

/** A date in full: Saturday 28 November. */
export function formatLongDay(date: string): string {
  return formatOf('UTC', { weekday: 'long', day: 'numeric', month: 'long' })
    .format(new Date(`${date}T12:00:00Z`))
    .replace(',', '')
}

/** Day of the week of a date: Fri. */
function weekday(date: string): string {
  return formatOf('UTC', { weekday: 'short' }).format(new Date(`${date}T12:00:00Z`))
}

/** Moves a date by whole days; months and years follow. */
export function addDays(date: string, days: number): string {
  const moved = new Date(`${date}T12:00:00Z`)
  moved.setUTCDate(moved.getUTCDate() + days)
  return moved.toISOString().slice(0, 10)
}

/** The business day that an instant belongs to, for a cinema that cuts its days at `cutHour`. */
export function businessDate(instant: Date, zone: string, cutHour = 6): string {
  const date = localDate(instant, zone)
  return Number(formatClock(instant, zone).slice(0, 2)) < cutHour ? addDays(date, -1) : date
}

/** "Today", "Tomorrow" or the day, seen from the business day that is running. */
export function relativeDay(date: string, today: string): string {
  if (date === today) return 'Today'
  return date === addDays(today, 1) ? 'Tomorrow' : formatDay(date)
}

/** Reports whether a show starts after midnight of its business day. */
function afterMidnight(show: ShowMoment): boolean {
  return localDate(show.starts_at, show.zone) !== show.business_date
}

/** The night a late show belongs to, and its calendar date: "Fri night (Sat 28 Nov)"; else empty. */
export function nightNote(show: ShowMoment): string {
  if (!afterMidnight(show)) return ''
  const calendar = localDate(show.starts_at, show.zone)
  return `${weekday(show.business_date)} night (${formatDay(calendar)})`
}

/** Day and time on one line: "Fri 27 Nov, 18:40", or "Fri night (Sat 28 Nov), 00:30". */
export function formatMoment(show: ShowMoment): string {
  const time = formatClock(show.starts_at, show.zone)
  const note = nightNote(show)
  return note ? `${note}, ${time}` : `${formatDay(show.business_date)}, ${time}`
}

/** Reports whether the viewer's clock shows another time than the cinema's at that instant. */
export function viewerZoneDiffers(instant: string, zone: string, viewer = viewerZone()): boolean {
  return (
    formatClock(instant, zone) !== formatClock(instant, viewer) ||
    localDate(instant, zone) !== localDate(instant, viewer)
  )
}

/** IANA zone of the viewer. */
export function viewerZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Length of a film: 1 h 58 min. */
export function formatRuntime(minutes: number): string {
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  if (hours === 0) return `${rest} min`
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}

/** Seconds as a clock: 3:12. Never negative. */
export function formatCountdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
