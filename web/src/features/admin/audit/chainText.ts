import type { AuditChain } from '@/shared/api'
import { formatAgo } from '@/shared/lib/formatAgo'

export interface ChainBadge {
  tone: 'leaf' | 'ember' | 'neutral'
  text: string
  /** What it means, in a sentence. */
  note: string
}

/** What the state of the chain says about the record. */
export function chainBadge(chain: AuditChain, now: Date): ChainBadge {
  const { verified, sealed } = chain
  const count = (n: number) => n.toLocaleString('en-GB')
  if (verified && !verified.ok) {
    const where = verified.first_bad ? ` from entry ${count(verified.first_bad)} on` : ''
    const what = verified.finding ? ` (${verified.finding})` : ''
    return {
      tone: 'ember',
      text: 'Tampered with',
      note: `The record does not fit its seals${where}${what}. Keep a copy of the database and the checkpoints, and look into it now.`,
    }
  }
  const pending = chain.pending > 0 ? ` ${count(chain.pending)} wait for their seal.` : ''
  if (!verified) {
    return {
      tone: 'neutral',
      text: 'Not verified yet',
      note: `${count(sealed)} entries are sealed.${pending}`,
    }
  }
  if (verified.n === 0) {
    return { tone: 'neutral', text: 'Nothing sealed yet', note: `The record is young.${pending}` }
  }
  return {
    tone: 'leaf',
    text: `Verified up to entry ${count(verified.n)}`,
    note: `Nothing was changed or taken out; looked at ${formatAgo(verified.at, now)}.${pending}`,
  }
}
