import type { Me, Role, User } from './types'

/** Who the caller is, with what belongs to a signed-in person. */
export interface FullMe extends Me {
  user: User & { /** Whether the provider vouches for the address. */ verified?: boolean }
  /** The houses that the caller's role is for; empty: all of them. */
  cinema_ids?: string[]
  /** Until when acts that want a fresh sign-in pass; null or missing: not now. */
  step_up_until?: string | null
}

/** A browser or program that is signed in as the caller. */
export interface SessionItem {
  id: string
  /** The one that asks. */
  current: boolean
  created_at: string
  last_seen_at: string
  auth_time: string
  /** "Chromium on Linux": no more is known. */
  agent: string
  issuer: string
}

export interface SessionList {
  ok: boolean
  items: SessionItem[]
}

/** What a token may be used for. */
export type Scope = 'read' | 'book' | 'manage'

export interface TokenItem {
  id: string
  name: string
  scopes: Scope[]
  created_at: string
  expires_at: string
  last_used_at?: string | null
}

export interface TokenList {
  ok: boolean
  items: TokenItem[]
}

/** The answer to a new token: the only time that the token itself is told. */
export interface NewToken {
  ok: boolean
  token: string
  item: TokenItem
}

/** A person as an administrator sees him. */
export interface Person {
  id: string
  email: string
  verified: boolean
  name: string
  picture: string
  /** The role in force. */
  role: Role
  /** The role that was granted here; the one in force may be higher. */
  granted: Role
  /** Administrator by the settings of the server. */
  bootstrap: boolean
  cinema_ids: string[]
  guest: boolean
  created_at: string
  last_seen_at?: string | null
}

export interface PersonAnswer {
  ok: boolean
  user: Person
  sessions?: number
}
