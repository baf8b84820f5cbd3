import type { Role } from '@/shared/api'

/** The roles as people say them. */
export const roleNames: Readonly<Record<Role, string>> = {
  USER: 'Customer',
  STAFF: 'Staff',
  MANAGER: 'Manager',
  ADMIN: 'Admin',
}
