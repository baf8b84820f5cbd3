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
