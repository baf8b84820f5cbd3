/** One value that an act changed, or that an event carries. */
export interface Change {
  /** Path of the value: "role", "cinema_ids". */
  name: string
  /** As text; undefined when there was none. */
  before?: string
  after?: string
}

/** What makes an entry too long to be read: the rest is behind the raw view. */
const most = 12
/** Told by the entry itself, or of use to the machine alone. */
const skipped = new Set(
  (
    'actor subject personal from id type showtime_id booking_id user_id seat_ids request_id at owner ' +
    'epoch seq cursor prev expires_at_ms'
  ).split(' '),
)

/** The readable part of an entry's payload: what was before and after for an act, its fields for an event. */
export function changesOf(payload: unknown): Change[] {
  if (!isObject(payload)) return []
  if ('before' in payload || 'after' in payload) return diff(payload['before'], payload['after'])
  return Object.entries(payload)
    .filter(([name, value]) => !skipped.has(name) && value !== null && value !== '')
    .slice(0, most)
    .map(([name, value]) => ({ name, after: textOf(value) }))
}

/** Where two JSON values differ, by path; equal parts are left out. */
export function diff(before: unknown, after: unknown): Change[] {
  const [old, now] = [flat(before), flat(after)]
  const names = [...new Set([...old.keys(), ...now.keys()])]
  return names
    .filter((name) => old.get(name) !== now.get(name))
    .slice(0, most)
    .map((name) => {
      const [was, is] = [old.get(name), now.get(name)]
      return {
        name,
        ...(was === undefined ? {} : { before: was }),
        ...(is === undefined ? {} : { after: is }),
      }
    })
}

function flat(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (isObject(value)) {
    for (const [name, part] of Object.entries(value))
      flat(part, path ? `${path}.${name}` : name, found)
  } else if (value !== null && value !== undefined) {
    found.set(path || 'value', textOf(value))
  }
  return found
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(textOf).join(', ')
  if (isObject(value)) return JSON.stringify(value)
  if (value === '') return 'none'
  return String(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
