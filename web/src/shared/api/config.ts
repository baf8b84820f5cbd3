import { get } from './client'
import type { PublicConfig } from './types'

let pending: Promise<PublicConfig> | undefined

/** What this server offers; asked once a page load, again only after a failure. */
export function loadConfig(): Promise<PublicConfig> {
  pending ??= get<PublicConfig>('/api/config').catch((cause: unknown) => {
    pending = undefined
    throw cause
  })
  return pending
}
