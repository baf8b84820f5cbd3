import { expect, it } from 'vitest'
import { housesText, personName } from './personText'

it('names people by what is known of them', () => {
  expect(personName({ name: 'Ada Moss', email: 'ada@example.com', guest: false })).toBe('Ada Moss')
  expect(personName({ name: '', email: 'ada@example.com', guest: false })).toBe('ada@example.com')
  expect(personName({ name: '', email: '', guest: true })).toBe('A guest')
})

it('names the houses of a role that has some', () => {
  const names = new Map([['c1', 'Lumen']])
  expect(housesText({ role: 'STAFF', cinema_ids: ['c1', 'c9'] }, names)).toBe('Lumen, c9')
  expect(housesText({ role: 'MANAGER', cinema_ids: [] }, names)).toBe('Every house')
  expect(housesText({ role: 'ADMIN', cinema_ids: [] }, names)).toBe('')
})
