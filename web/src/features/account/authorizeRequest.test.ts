import { expect, it } from 'vitest'
import { addressOf, readAuthorizeRequest, refusalOf } from './authorizeRequest'

const good = {
  redirect_uri: 'http://127.0.0.1:49152/callback?x=1',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  state: 'abc',
}

it('reads what a program asks for', () => {
  const request = readAuthorizeRequest({ ...good, scope: 'manage read', name: 'cinema-cli' })
  expect(request?.scopes).toEqual(['read', 'manage'])
  expect(request?.name).toBe('cinema-cli')
  expect(request && addressOf(request)).toBe('127.0.0.1:49152')
  expect(request && refusalOf(request)).toBe(
    'http://127.0.0.1:49152/callback?x=1&error=access_denied&state=abc',
  )
})

it('allows the least when nothing is said', () => {
  expect(readAuthorizeRequest(good)?.scopes).toEqual(['read'])
})

it.each([
  ['http://evil.example/cb'],
  ['https://127.0.0.1:1/cb'],
  ['http://127.0.0.1.evil.example/cb'],
  ['http://127.0.0.1@evil.example/cb'],
  ['http://user:pass@127.0.0.1/cb'],
  ['javascript:alert(1)'],
  ['/callback'],
  [undefined],
])('refuses to send a code to %s', (redirect_uri) => {
  expect(readAuthorizeRequest({ ...good, redirect_uri })).toBeNull()
})

it.each([[{ code_challenge: 'short' }], [{ state: '' }], [{ scope: 'read root' }]])(
  'refuses a request with %j',
  (change) => {
    expect(readAuthorizeRequest({ ...good, ...change })).toBeNull()
  },
)
