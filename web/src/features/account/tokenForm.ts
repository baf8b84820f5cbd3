import type { Role, Scope } from '@/shared/api'
import type { TokenWish } from './api'

/** Longest life of a token, in days. */
export const longestLife = 90
export const lives = [7, 30, longestLife] as const
const maxName = 60

interface ScopeOption {
  value: Scope
  label: string
  hint: string
}

const customer: readonly ScopeOption[] = [
  {
    value: 'read',
    label: 'Look',
    hint: 'See the programme, your bookings and your tickets. It changes nothing.',
  },
  {
    value: 'book',
    label: 'Book',
    hint: 'Hold seats, buy, cancel: whatever you can do as a customer, with your money.',
  },
]
const staff: ScopeOption = {
  value: 'manage',
  label: 'Work',
  hint: 'What your role lets you do for the house. Never what asks for a fresh sign-in, such as refunds and roles.',
}

/** What a token of this person may be allowed, in plain words. */
export function scopeOptions(role: Role): readonly ScopeOption[] {
  return role === 'USER' ? customer : [...customer, staff]
}

/** The scopes of a token as a person reads them. */
export function scopeText(scopes: readonly string[]): string {
  const all = [...customer, staff]
  return all
    .filter((option) => scopes.includes(option.value))
    .map((option) => option.label)
    .join(', ')
}

export interface TokenErrors {
  name?: string
  scopes?: string
}

/** What is wrong with a wish for a token; empty when it may be sent. */
export function tokenErrors(wish: TokenWish): TokenErrors {
  const name = wish.name.trim()
  const errors: TokenErrors = {}
  if (name === '') errors.name = 'Please give it a name, so that you know later what it is for.'
  else if (name.length > maxName) errors.name = `At most ${maxName} letters, please.`
  if (wish.scopes.length === 0) errors.scopes = 'Please allow at least one thing.'
  return errors
}

/** Whether something that was stored is a wish for a token. */
export function isTokenWish(raw: unknown): raw is TokenWish {
  if (typeof raw !== 'object' || raw === null) return false
  const { name, scopes, days } = raw as Record<string, unknown>
  const known = ['read', 'book', 'manage']
  return (
    typeof name === 'string' &&
    typeof days === 'number' &&
    lives.some((life) => life === days) &&
    Array.isArray(scopes) &&
    scopes.every((one) => typeof one === 'string' && known.includes(one))
  )
}
