import { useQuery } from '@pinia/colada'
import { get, type PublicConfig } from '@/shared/api'

/** What this server offers: ways to sign in, guest checkout, demonstration data. Fixed while it runs. */
export function useConfig() {
  const { data, refetch } = useQuery({
    key: ['config'],
    query: ({ signal }) => get<PublicConfig>('/api/config', { signal }),
    staleTime: Infinity,
  })
  return { config: data, refetch }
}
