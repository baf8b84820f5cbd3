import { expect, it } from 'vitest'
import { matchesSearch } from './matchesSearch'

const film = {
  title: 'Le Café Près du Port',
  genres: ['Drama'],
  tagline: '',
}

it.each([
  ['', true],
  ['cafe port', true],
  ['DRAMA', true],
  ['cafe western', false],
])('searching %j finds it: %s', (search, found) => {
  expect(matchesSearch(film, search)).toBe(found)
})
