import type { Scope } from '@/shared/api'

/** What a program asks for, as it stands in the address that it opened. */
export interface AuthorizeRequest {
  redirectUri: string
  codeChallenge: string
  state: string
  scopes: readonly Scope[]
  name: string
}

const known: readonly Scope[] = ['read', 'book', 'manage']
const loopback = ['127.0.0.1', '[::1]']
const longestName = 60

/**
 * Reads the request; null when it is none that may be granted: the code must go back to this computer,
 * and to nobody who was not there from the start.
 */
export function readAuthorizeRequest(query: Record<string, unknown>): AuthorizeRequest | null {
  const redirectUri = text(query['redirect_uri'])
  const codeChallenge = text(query['code_challenge'])
  const state = text(query['state'])
  if (!isLoopback(redirectUri) || !/^[\w-]{43}$/.test(codeChallenge) || state === '') return null
  const wanted = text(query['scope'])
    .split(/[\s,]+/)
    .filter(Boolean)
  if (wanted.some((one) => !known.some((scope) => scope === one))) return null
  const scopes = known.filter((scope) => wanted.includes(scope))
  return {
    redirectUri,
    codeChallenge,
    state,
    scopes: scopes.length > 0 ? scopes : ['read'],
    name: text(query['name']).slice(0, longestName),
  }
}

/** Where a refusal goes: back to the program, which then knows. */
export function refusalOf(request: AuthorizeRequest): string {
  const url = new URL(request.redirectUri)
  url.searchParams.set('error', 'access_denied')
  url.searchParams.set('state', request.state)
  return url.href
}

/** Host and port that a loopback address leads to. */
export function addressOf(request: AuthorizeRequest): string {
  return new URL(request.redirectUri).host
}

function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  return (
    url.protocol === 'http:' &&
    loopback.includes(url.hostname) &&
    url.username === '' &&
    url.password === '' &&
    url.hash === ''
  )
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
