import { describe, expect, it } from 'vitest'
import {
  addDays,
  businessDate,
  formatClock,
  formatCountdown,
  formatDay,
  formatMoment,
  formatRuntime,
  localDate,
  nightNote,
  relativeDay,
  viewerZoneDiffers,
} from './formatTime'

const london = 'Europe/London'

describe('the clock of the cinema', () => {
  it('does not care where the viewer is', () => {
    expect(formatClock('2026-11-27T18:40:00Z', london)).toBe('18:40')
    expect(localDate('2026-11-27T18:40:00Z', 'Asia/Bangkok')).toBe('2026-11-28')
  })

  it('writes midnight as 00, never as 24', () => {
    expect(formatClock('2026-11-28T00:00:00Z', london)).toBe('00:00')
  })

  it('follows both daylight saving nights', () => {
    expect(formatClock('2026-03-29T00:59:00Z', london)).toBe('00:59')
    expect(formatClock('2026-03-29T01:00:00Z', london)).toBe('02:00')
    expect(formatClock('2026-10-25T00:30:00Z', london)).toBe('01:30')
    expect(formatClock('2026-10-25T01:30:00Z', london)).toBe('01:30')
  })
})

describe('the business day', () => {
  it('runs until six in the morning', () => {
    expect(businessDate(new Date('2026-11-28T05:59:59Z'), london)).toBe('2026-11-27')
    expect(businessDate(new Date('2026-11-28T06:00:00Z'), london)).toBe('2026-11-28')
  })

  it('names the night of a show after midnight', () => {
    const show = { starts_at: '2026-11-28T00:30:00Z', zone: london, business_date: '2026-11-27' }
    expect(nightNote(show)).toBe('Fri night (Sat 28 Nov)')
    expect(formatMoment(show)).toBe('Fri night (Sat 28 Nov), 00:30')
  })

  it('says nothing special about an evening show', () => {
    const show = { starts_at: '2026-11-27T23:50:00Z', zone: london, business_date: '2026-11-27' }
    expect(nightNote(show)).toBe('')
    expect(formatMoment(show)).toBe('Fri 27 Nov, 23:50')
  })

  it('calls the first two days by name', () => {
    expect(relativeDay('2026-11-27', '2026-11-27')).toBe('Today')
    expect(relativeDay('2026-11-28', '2026-11-27')).toBe('Tomorrow')
    expect(relativeDay('2026-11-29', '2026-11-27')).toBe('Sun 29 Nov')
  })

  it('crosses months, years and short days', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29')
    expect(formatDay('2026-03-29')).toBe('Sun 29 Mar')
  })
})

it('tells a viewer whose clock differs, and only him', () => {
  expect(viewerZoneDiffers('2026-11-27T18:40:00Z', london, 'Asia/Bangkok')).toBe(true)
  expect(viewerZoneDiffers('2026-11-27T18:40:00Z', london, 'Atlantic/Reykjavik')).toBe(false)
})

it.each([
  [118, '1 h 58 min'],
  [120, '2 h'],
  [45, '45 min'],
])('writes %i minutes as %s', (minutes, text) => {
  expect(formatRuntime(minutes)).toBe(text)
})

it.each([
  [192, '3:12'],
  [59.2, '1:00'],
  [0, '0:00'],
  [-3, '0:00'],
])('writes %d seconds as %s', (seconds, text) => {
  expect(formatCountdown(seconds)).toBe(text)
})
