import { describe, expect, it } from 'vitest'
import { formErrors, type CheckoutForm } from './checkoutForm'
import { spaced, TEST_CARDS, tokenOf } from './testCards'

const good: CheckoutForm = {
  name: 'Ada Moss',
  email: 'ada@example.com',
  card: '4242 4242 4242 4242',
  ageAccepted: true,
}
const all = { contact: true, age: true, card: true }
const errors = (change: Partial<CheckoutForm>, needs = all) =>
  formErrors({ ...good, ...change }, needs, (number) => tokenOf(number) !== undefined)

describe('formErrors', () => {
  it('finds nothing wrong with a good form', () => {
    expect(errors({})).toEqual({})
  })

  it.each([
    ['name', { name: '  ' }],
    ['name', { name: 'x'.repeat(101) }],
    ['email', { email: '' }],
    ['email', { email: 'ada at example' }],
    ['ageAccepted', { ageAccepted: false }],
    ['card', { card: '' }],
    ['card', { card: '4111 1111 1111 1111' }],
  ])('%s is named when it is wrong', (field, change) => {
    expect(Object.keys(errors(change))).toEqual([field])
  })

  it('asks only for what is needed', () => {
    const none = { contact: false, age: false, card: false }
    expect(errors({ name: '', email: '', card: '', ageAccepted: false }, none)).toEqual({})
  })
})

describe('test cards', () => {
  it('become tokens however they are typed', () => {
    expect(tokenOf('4242424242424242')).toBe('tok_approve')
    expect(tokenOf(' 4000-0000 0000 0002 ')).toBe('tok_decline')
    expect(tokenOf('4242')).toBeUndefined()
    expect(new Set(TEST_CARDS.map((card) => card.token)).size).toBe(5)
  })

  it('are spaced as they are printed', () => {
    expect(spaced('42424242x42')).toBe('4242 4242 42')
    expect(spaced('')).toBe('')
  })
})
