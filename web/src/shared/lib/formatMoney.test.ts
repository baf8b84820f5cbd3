import { describe, expect, it } from 'vitest'
import { currencyExponent, formatMoney } from './formatMoney'

describe('formatMoney', () => {
  it.each([
    [1650, 'GBP', '£16.50'],
    [0, 'GBP', '£0.00'],
    [-250, 'GBP', '-£2.50'],
    [1_234_567, 'GBP', '£12,345.67'],
    [1800, 'JPY', 'JP¥1,800'],
    [1250, 'EUR', '€12.50'],
  ])('writes %i minor units of %s as %s', (amount, currency, text) => {
    expect(formatMoney({ amount, currency })).toBe(text)
  })

  it('uses the exponent of the currency', () => {
    expect(currencyExponent('JPY')).toBe(0)
    expect(currencyExponent('KWD')).toBe(3)
    expect(formatMoney({ amount: 1234, currency: 'KWD' })).toMatch(/1\.234/)
  })
})
