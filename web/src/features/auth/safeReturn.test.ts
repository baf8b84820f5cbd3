import { expect, it } from 'vitest'
import { safeReturn } from './safeReturn'

it.each([
  ['/showtimes/s1/checkout?x=1', '/showtimes/s1/checkout?x=1'],
  ['https://evil.example', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/signin?return_to=/signin', '/'],
  [undefined, '/'],
  [['/a'], '/'],
])('turns %j into %s', (wish, path) => {
  expect(safeReturn(wish)).toBe(path)
})
