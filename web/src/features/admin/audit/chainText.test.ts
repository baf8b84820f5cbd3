import { expect, it } from 'vitest'
import { chainBadge } from './chainText'

const now = new Date('2026-11-27T18:00:00Z')
const at = '2026-11-27T17:58:00Z'

it('says how far the record is verified', () => {
  const badge = chainBadge(
    { ok: true, sealed: 1200, pending: 3, verified: { n: 1200, at, ok: true } },
    now,
  )
  expect(badge.tone).toBe('leaf')
  expect(badge.text).toBe('Verified up to entry 1,200')
  expect(badge.note).toContain('2 minutes ago')
  expect(badge.note).toContain('3 wait')
})

it('is loud about a record that was changed', () => {
  const bad = { n: 40, at, ok: false, first_bad: 17, finding: 'another payload' }
  const badge = chainBadge({ ok: true, sealed: 40, pending: 0, verified: bad }, now)
  expect(badge).toMatchObject({ tone: 'ember', text: 'Tampered with' })
  expect(badge.note).toContain('entry 17 on (another payload)')
})

it('does not claim what nobody looked at', () => {
  const badge = chainBadge({ ok: true, sealed: 5, pending: 0 }, now)
  expect(badge).toMatchObject({ tone: 'neutral', text: 'Not verified yet' })
})
