import { expect, it } from 'vitest'
import { checkLookup } from './checkLookup'

it('cleans what people paste', () => {
  expect(checkLookup(' lmn-7q4k ', ' ada@example.com').body).toEqual({
    reference: 'LMN-7Q4K',
    email: 'ada@example.com',
  })
})

it.each([
  ['', 'ada@example.com', 'reference'],
  ['LMN-7Q4K', '', 'email'],
  ['LMN-7Q4K', 'ada', 'email'],
  ['LMN-7Q4K', 'ada @example.com', 'email'],
] as const)('refuses %j with %j', (reference, email, field) => {
  const { errors, body } = checkLookup(reference, email)
  expect(body).toBeUndefined()
  expect(errors[field]).toBeTruthy()
})
