import type { Money } from '@/shared/api/types'

const formats = new Map<string, Intl.NumberFormat>()

function formatOf(currency: string): Intl.NumberFormat {
  let format = formats.get(currency)
  if (!format) {
    format = new Intl.NumberFormat('en-GB', { style: 'currency', currency })
    formats.set(currency, format)
  }
  return format
}

/** Decimals of a currency: 2 for GBP, 0 for JPY, 3 for KWD. */
export function currencyExponent(currency: string): number {
  return formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2
}

/** Writes an amount of minor units as people read it: 1650 GBP is £16.50. */
export function formatMoney(money: Money): string {
  return formatOf(money.currency).format(money.amount / 10 ** currencyExponent(money.currency))
}
