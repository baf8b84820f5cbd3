import { expect, it } from 'vitest'
import { isTokenWish, scopeOptions, scopeText, tokenErrors } from './tokenForm'

it('offers work only to those who have some', () => {
  expect(scopeOptions('USER').map((option) => option.value)).toEqual(['read', 'book'])
  expect(scopeOptions('STAFF').map((option) => option.value)).toEqual(['read', 'book', 'manage'])
  expect(scopeText(['manage', 'read'])).toBe('Look, Work')
})

it('asks for a name and something to allow', () => {
  expect(tokenErrors({ name: ' ', scopes: [], days: 30 })).toEqual({
    name: expect.any(String) as string,
    scopes: expect.any(String) as string,
  })
  expect(tokenErrors({ name: 'x'.repeat(61), scopes: ['read'], days: 7 }).name).toContain('60')
  expect(tokenErrors({ name: 'Laptop', scopes: ['read'], days: 7 })).toEqual({})
})

it.each([
  [{ name: 'a', scopes: ['read'], days: 30 }, true],
  [{ name: 'a', scopes: ['root'], days: 30 }, false],
  [{ name: 'a', scopes: ['read'], days: 9000 }, false],
  [{ name: 1, scopes: ['read'], days: 30 }, false],
  [null, false],
])('knows a stored wish: %j', (raw, good) => {
  expect(isTokenWish(raw)).toBe(good)
})
