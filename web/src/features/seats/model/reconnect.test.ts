import { describe, expect, it } from 'vitest'
import { backoffDelay, closeMeaning } from './reconnect'

describe('backoffDelay', () => {
  it('grows from half a second to fifteen', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((n) => backoffDelay(n, () => 0.999999))
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000])
  })

  it('is spread over the whole range', () => {
    expect(backoffDelay(7, () => 0)).toBe(100)
    expect(backoffDelay(7, () => 0.5)).toBe(7550)
  })
})

describe('closeMeaning', () => {
  it('knows what is final', () => {
    expect([4401, 4403, 4404].map((code) => closeMeaning(code, '').final)).toEqual([
      'session',
      'forbidden',
      'missing',
    ])
    expect(closeMeaning(1006, '')).toEqual({})
    expect(closeMeaning(1013, 'too slow')).toEqual({})
  })

  it('reads the wish of a leaving server, within a minute', () => {
    expect(closeMeaning(1001, 'retry_after=1500')).toEqual({ retryAfterMs: 1500 })
    expect(closeMeaning(1001, 'retry_after=999999')).toEqual({ retryAfterMs: 60_000 })
    expect(closeMeaning(1001, 'going away')).toEqual({})
  })
})
