import { describe, expect, it } from 'vitest'
import { announcement, clockText, nextTick, phaseOf } from './holdClock'

describe('the hold clock', () => {
  it.each([
    [299_874, '5:00'],
    [120_000, '2:00'],
    [61_000, '1:01'],
    [999, '0:01'],
    [0, '0:00'],
    [-50, '0:00'],
  ])('%i ms reads %s', (left, text) => {
    expect(clockText(left)).toBe(text)
  })

  it('has its phases', () => {
    expect([120_001, 120_000, 30_000, 0].map(phaseOf)).toEqual(['calm', 'soon', 'last', 'over'])
  })

  it('speaks three times in a whole countdown and at no other moment', () => {
    const said: string[] = []
    for (let left = 300_000; left > 0; left -= 250) {
      const text = announcement(left + 250, left)
      if (text) said.push(text)
    }
    expect(said).toEqual(['2 minutes left', '1 minute left', '20 seconds left'])
  })

  it('says only the last mark after a sleep, and nothing once it is over', () => {
    expect(announcement(200_000, 15_000)).toBe('20 seconds left')
    expect(announcement(200_000, 0)).toBeUndefined()
  })

  it('does not speak when the time grows', () => {
    expect(announcement(110_000, 230_000)).toBeUndefined()
  })

  it('ticks with the shown second', () => {
    expect(nextTick(61_250)).toBe(255)
    expect(nextTick(10)).toBe(50)
  })
})
