import { expect, it } from 'vitest'
import type { Movie, Showtime } from '@/shared/api'
import { groupByFilm, groupByHall, languageName } from './groups'
import { availabilityText, saleText, showsLeft } from './saleText'

function movie(id: string): Movie {
  const rating = { code: 'All', min_age: 0, tick: false }
  const rest = { genres: [], tags: [], language: 'en', poster: '', synopsis: '', tagline: '' }
  return { id, slug: id, title: id, runtime_minutes: 100, rating, ...rest }
}

function hall(id: string, name: string) {
  return { id, name, attributes: [], accessibility: '' }
}

function show(
  id: string,
  movieId: string,
  startsAt: string,
  more: Partial<Showtime> = {},
): Showtime {
  return {
    id,
    cinema_id: 'c1',
    movie_id: movieId,
    movie_title: movieId,
    movie_slug: movieId,
    tags: [],
    auditorium: hall('h1', 'Hall 1'),
    starts_at: startsAt,
    doors_at: startsAt,
    local_start: startsAt.slice(0, 19),
    zone: 'Europe/London',
    ends_at: startsAt,
    business_date: '2026-11-27',
    formats: [],
    language: 'en',
    sale: 'on_sale',
    on_sale_at: '2026-11-20T10:00:00Z',
    sales_close_at: startsAt,
    from_price: { amount: 1250, currency: 'GBP' },
    availability: { capacity: 100, free: 40, accessible_free: 2 },
    ...more,
  }
}

const late = show('s2', 'a', '2026-11-28T00:30:00Z')
const early = show('s1', 'a', '2026-11-27T12:00:00Z')
const other = show('s3', 'b', '2026-11-27T11:00:00Z', {
  auditorium: hall('h2', 'Hall 2'),
  formats: ['Laser'],
  subtitles: 'th',
})

it('puts the film that starts first first, and leaves out films that do not play', () => {
  const days = groupByFilm([movie('a'), movie('b'), movie('c')], [late, early, other])
  expect(days.map((day) => [day.movie.id, day.shows.map((s) => s.id)])).toEqual([
    ['b', ['s3']],
    ['a', ['s1', 's2']],
  ])
})

it('groups by hall and format', () => {
  const groups = groupByHall([late, other, early])
  expect(groups.map((g) => [g.hall, g.tags, g.shows.map((s) => s.id)])).toEqual([
    ['Hall 2', ['Laser', 'Thai subtitles'], ['s3']],
    ['Hall 1', [], ['s1', 's2']],
  ])
})

it('leaves out what can no longer be bought', () => {
  const closed = show('s4', 'a', '2026-11-27T20:00:00Z', { sale: 'closed' })
  const now = new Date('2026-11-27T12:30:00Z')
  expect(showsLeft([late, early, closed], now).map((s) => s.id)).toEqual(['s2'])
})

it('says why a show cannot be bought', () => {
  expect(saleText(early)).toBe('')
  expect(saleText({ ...early, sale: 'sold_out' })).toBe('Sold out')
  expect(saleText({ ...early, sale: 'not_yet' })).toBe('On sale Fri 20 Nov, 10:00')
})

it('names a small number of seats', () => {
  expect(availabilityText(early)).toBe('40 seats left')
  const few = { ...early, availability: { ...early.availability, free: 6 } }
  expect(availabilityText(few)).toBe('Only 6 left')
})

it('knows languages by name and keeps what it does not know', () => {
  expect(languageName('en')).toBe('English')
  expect(languageName('not a code')).toBe('not a code')
})
