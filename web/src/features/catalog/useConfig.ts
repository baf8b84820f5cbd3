import { useQuery } from '@/shared/api/query'
import { loadConfig } from '@/shared/api'

/** What this server offers: ways to sign in, guest checkout, demonstration data. Fixed while it runs. */
export function useConfig() {
  const { data, refetch } = useQuery({
    key: ['config'],
    query: loadConfig,
    staleTime: Infinity,
  })
  return { config: data, refetch }
}
