import { describe, expect, it } from 'vitest'
import { Problem } from '@/shared/api'
import { isLoss, noticeOf } from './notice'
import { noticeText } from './noticeText'

const of = (error: string, extra: object = {}) =>
  noticeOf(new Problem(409, { error, ...extra }), ['A1', 'A2'], 8)

describe('noticeOf', () => {
  it('names the seats that went and keeps what the server offers', () => {
    const alternatives = [{ seat_ids: ['B1', 'B2'], total: { amount: 1, currency: 'GBP' } }]
    const notice = of('seats_unavailable', {
      conflicted: ['A2'],
      reasons: { A2: 'booked' },
      alternatives,
    })
    expect(notice).toEqual({
      kind: 'unavailable',
      seats: ['A2'],
      reasons: { A2: 'booked' },
      alternatives,
    })
    expect(noticeText(notice).title).toBe('A2 was just sold')
    expect(isLoss(notice)).toBe(true)
  })

  it('finds the seat that a rule misses', () => {
    const notice = of('seat_rule', { rules: [{ rule: 'companion', seat_ids: ['A2', 'A3'] }] })
    expect(notice).toMatchObject({ kind: 'rule', missing: ['A3'] })
  })

  it('tells an expired hold from a lost one', () => {
    expect(noticeText(of('hold_expired')).title).toBe('The time for A1 and A2 is over')
    expect(noticeText(of('hold_lost')).title).toBe('Your hold on A1 and A2 was lost')
  })

  it.each([
    'seat_limit_exceeded',
    'hold_limit_reached',
    'booking_open',
    'not_on_sale',
    'sales_closed',
    'rate_limited',
    'network',
  ])('%s has a title and a text', (error) => {
    const { title, text } = noticeText(of(error, { title: 'Title', detail: 'Detail.' }))
    expect(title).not.toBe('')
    expect(text).not.toBe('')
  })
})
