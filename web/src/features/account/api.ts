/** The calls of the account page, in one place. */
import {
  del,
  get,
  post,
  type Erased,
  type NewToken,
  type Scope,
  type SessionItem,
  type SessionList,
  type TokenItem,
  type TokenList,
} from '@/shared/api'
import type { AuthorizeRequest } from './authorizeRequest'

export interface TokenWish {
  name: string
  scopes: readonly Scope[]
  days: number
}

export async function fetchSessions(signal: AbortSignal): Promise<SessionItem[]> {
  return (await get<SessionList>('/api/auth/sessions', { signal })).items
}

export function endSession(id: string): Promise<unknown> {
  return del(`/api/auth/sessions/${encodeURIComponent(id)}`)
}

export async function signOutEverywhere(keepCurrent: boolean, tokens: boolean): Promise<number> {
  const body = { keep_current: keepCurrent, tokens }
  return (await post<{ ended: number }>('/api/auth/logout-everywhere', body)).ended
}

export async function fetchTokens(signal: AbortSignal): Promise<TokenItem[]> {
  return (await get<TokenList>('/api/auth/tokens', { signal })).items
}

export function createToken(wish: TokenWish): Promise<NewToken> {
  return post('/api/auth/tokens', wish)
}

export function revokeToken(id: string): Promise<unknown> {
  return del(`/api/auth/tokens/${encodeURIComponent(id)}`)
}

export function deleteAccount(confirm: string): Promise<Erased> {
  return del('/api/me', { confirm })
}

/** Lets a program act for the caller; the address that takes its code back to it. */
export async function authorizeProgram(request: AuthorizeRequest): Promise<string> {
  const answer = await post<{ redirect_to: string }>('/api/auth/codes', {
    redirect_uri: request.redirectUri,
    code_challenge: request.codeChallenge,
    state: request.state,
    scope: request.scopes.join(' '),
    name: request.name,
  })
  return answer.redirect_to
}
