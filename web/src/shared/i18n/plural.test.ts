import { expect, it } from 'vitest'
import { joinNames, numberWord, plural } from './plural'

const seats = { zero: 'no seats', one: '# seat', other: '# seats' }

it.each([
  [0, 'no seats'],
  [1, '1 seat'],
  [2, '2 seats'],
  [21, '21 seats'],
])('counts %i', (count, text) => {
  expect(plural(count, seats)).toBe(text)
})

it('joins names as a sentence does', () => {
  expect(joinNames(['F7'])).toBe('F7')
  expect(joinNames(['F7', 'F8', 'F9'])).toBe('F7, F8 and F9')
})

it('writes small numbers as words', () => {
  expect([0, 1, 12, 13].map(numberWord)).toEqual(['no', 'one', 'twelve', '13'])
})
