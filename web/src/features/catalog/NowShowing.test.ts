import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { beforeEach, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { businessDate } from '@/shared/lib/formatTime'
import { invalidateQueries } from '@/shared/api/query'
import NowShowing from './NowShowing.vue'

const zone = 'Europe/London'
const today = businessDate(new Date(), zone)
const soon = new Date(Date.now() + 3_600_000).toISOString()
const movie = {
  id: 'm1',
  slug: 'a-quiet-orbit-for-two',
  title: 'A Quiet Orbit for Two',
  runtime_minutes: 118,
  rating: { code: '12+' },
  genres: ['Science fiction'],
}
const show = {
  id: 's1',
  movie_id: 'm1',
  movie_title: movie.title,
  auditorium: { id: 'h1', name: 'Hall 1' },
  starts_at: soon,
  sales_close_at: soon,
  ends_at: soon,
  on_sale_at: soon,
  zone,
  business_date: today,
  formats: [],
  sale: 'on_sale',
  from_price: { amount: 1250, currency: 'GBP' },
  availability: { capacity: 100, free: 6, accessible_free: 1 },
}

/** Shows by date; a missing server is a lost line. */
let programme: Record<string, object[]> | null

beforeEach(() => {
  for (const key of ['cinemas', 'movies', 'showtimes', 'next-day']) invalidateQueries([key])
  vi.stubGlobal('fetch', (path: string) => {
    if (!programme) return Promise.reject(new TypeError('no network'))
    const url = new URL(path, 'http://cinema')
    const items = {
      '/api/cinemas': [{ id: 'c1', name: 'Lumen', zone, currency: 'GBP' }],
      '/api/movies': [movie],
      '/api/showtimes': programme[url.searchParams.get('date') ?? ''] ?? [],
    }[url.pathname]
    return Promise.resolve(Response.json({ items, next_cursor: null }))
  })
})

function mount() {
  const page = { render: () => null }
  const routes = [
    { path: '/', component: page },
    { path: '/movies/:slug', name: 'film', component: page },
    { path: '/showtimes/:id/seats', name: 'seats', component: page },
  ]
  const router = createRouter({ history: createMemoryHistory(), routes })
  render(NowShowing, { global: { plugins: [router] } })
  return router
}

it('leads from a time straight to the seats, and names what the time is', async () => {
  programme = { [today]: [show] }
  mount()
  expect(await screen.findByRole('heading', { name: movie.title })).toBeVisible()
  const chip = screen.getByRole('link', { name: /Hall 1, Only 6 left, from £12\.50/ })
  expect(chip).toHaveAttribute('href', '/showtimes/s1/seats')
  expect(screen.getByText('12+ · 1 h 58 min · Science fiction')).toBeVisible()
})

it('says when nothing is on and offers the next day that has something', async () => {
  const later = new Date(`${today}T12:00:00Z`)
  later.setUTCDate(later.getUTCDate() + 2)
  const date = later.toISOString().slice(0, 10)
  programme = { [date]: [{ ...show, business_date: date }] }
  const router = mount()
  await userEvent.click(await screen.findByRole('button', { name: /^See / }))
  await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ date }))
  expect(await screen.findByRole('heading', { name: movie.title })).toBeVisible()
})

it('says what happened when the line is down, and tries again', async () => {
  programme = null
  mount()
  expect(await screen.findByText('The programme could not be loaded')).toBeVisible()
  programme = { [today]: [show] }
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('heading', { name: movie.title })).toBeVisible()
})

it('finds a film by its words', async () => {
  programme = { [today]: [show] }
  mount()
  await screen.findByRole('heading', { name: movie.title })
  await userEvent.type(screen.getByLabelText('Search films'), 'western')
  expect(screen.getByText(/No film matches/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show all films' }))
  expect(screen.getByRole('heading', { name: movie.title })).toBeVisible()
})
