import type { Person, Role } from '@/shared/api'
import { roleNames } from '@/shared/lib/roleNames'

/** What each role is for, from the least to the most. */
export const roleOptions: readonly { value: Role; label: string; hint: string }[] = [
  { value: 'USER', label: roleNames.USER, hint: 'Buys tickets and sees nothing but their own.' },
  {
    value: 'STAFF',
    label: roleNames.STAFF,
    hint: 'Works at the door and the counter of the houses below.',
  },
  {
    value: 'MANAGER',
    label: roleNames.MANAGER,
    hint: 'Sees the bookings and takings of the houses below, and refunds.',
  },
  {
    value: 'ADMIN',
    label: roleNames.ADMIN,
    hint: 'Everything in every house: roles, people and the record too.',
  },
]

/** How a person is named in lists: a guest has neither name nor address. */
export function personName(person: Pick<Person, 'name' | 'email' | 'guest'>): string {
  return person.name || person.email || (person.guest ? 'A guest' : 'Without a name')
}

/** Why the server keeps a role as it is, in the words of whoever wanted to change it. */
export const roleRefusals: Readonly<Record<string, string>> = {
  last_admin: 'This is the last admin of the house. Make somebody else an admin first.',
  bootstrap_admin:
    'This address is named in the settings of the server (ADMIN_EMAILS), so it stays an admin while it stands there.',
  invalid_cinema: 'One of the houses is gone. Load the page again.',
  invalid_role: 'That role does not exist here.',
  role_changed: 'Somebody else has just changed this role. Load the page to see it.',
  guest: 'Only somebody who has signed in can have a role.',
}

/** The houses of a person's role by their names; empty stands for none to name. */
export function housesText(
  person: Pick<Person, 'role' | 'cinema_ids'>,
  names: ReadonlyMap<string, string>,
): string {
  if (person.role !== 'STAFF' && person.role !== 'MANAGER') return ''
  if (person.cinema_ids.length === 0) return 'Every house'
  return person.cinema_ids.map((id) => names.get(id) ?? id).join(', ')
}
