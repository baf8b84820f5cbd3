/** The calls of the pages about people, in one place. */
import {
  del,
  get,
  post,
  type AdminList,
  type Person,
  type PersonAnswer,
  type PersonDetail,
  type Query,
  type Role,
} from '@/shared/api'

export interface RoleWish {
  role: Role
  cinemaIds: readonly string[]
}

function of(id: string): string {
  return `/api/admin/users/${encodeURIComponent(id)}`
}

export function fetchPeople(query: Query, signal: AbortSignal): Promise<AdminList<Person>> {
  return get('/api/admin/users', { query, signal })
}

export function fetchPerson(id: string, signal: AbortSignal): Promise<PersonDetail> {
  return get(of(id), { signal })
}

export async function grantRole(id: string, wish: RoleWish): Promise<Person> {
  const body = { role: wish.role, cinema_ids: hasHouses(wish.role) ? wish.cinemaIds : [] }
  return (await post<PersonAnswer>(`${of(id)}/role`, body)).user
}

export async function signOutPerson(id: string): Promise<number> {
  return (await post<{ ended: number }>(`${of(id)}/sign-out`)).ended
}

export function erasePerson(id: string, reason: string): Promise<unknown> {
  return del(of(id), { reason })
}

/** Whether a role is for some houses: the others are for none or for all. */
export function hasHouses(role: Role): boolean {
  return role === 'STAFF' || role === 'MANAGER'
}
