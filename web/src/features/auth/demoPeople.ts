/** A person that the demonstration data knows; signing in as one needs no password. */
export interface DemoPerson {
  email: string
  name: string
  part: string
}

export const demoPeople: readonly DemoPerson[] = [
  { email: 'ada@example.com', name: 'Ada Moss', part: 'Customer: buys tickets' },
  { email: 'clerk@example.com', name: 'Cleo Ward', part: 'Clerk: works at the door' },
  { email: 'manager@example.com', name: 'Mika Holm', part: 'Manager: looks after bookings' },
  { email: 'admin@example.com', name: 'Ana Reyes', part: 'Admin: sees the whole house' },
]
