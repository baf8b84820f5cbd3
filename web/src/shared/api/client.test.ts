import { beforeEach, expect, it, vi } from 'vitest'
import { call, get, onStepUp, onUnauthorized, post, randomId, withQuery } from './client'
import { isProblem, Problem, toProblem } from './problem'

const fetchFake = vi.fn<typeof fetch>()

beforeEach(() => {
  fetchFake.mockReset()
  vi.stubGlobal('fetch', fetchFake)
})

function answer(body: unknown, init: ResponseInit = {}) {
  fetchFake.mockResolvedValueOnce(Response.json(body, init))
}

/** Path and headers of the last request. */
function sent() {
  const [path, init] = fetchFake.mock.lastCall ?? []
  return { path, method: init?.method, headers: new Headers(init?.headers), body: init?.body }
}

async function failure(work: Promise<unknown>): Promise<Problem> {
  return work.then(
    () => {
      throw new Error('it should have failed')
    },
    (cause: unknown) => toProblem(cause),
  )
}

it('marks what changes something, and only that', async () => {
  answer({ ok: true })
  await post('/api/x', { a: 1 }, { idempotencyKey: 'key-12345' })
  expect(sent()).toMatchObject({ path: '/api/x', method: 'POST', body: '{"a":1}' })
  expect(sent().headers.get('X-Requested-With')).toBe('cinema')
  expect(sent().headers.get('Content-Type')).toBe('application/json')
  expect(sent().headers.get('Idempotency-Key')).toBe('key-12345')
  answer({ items: [] })
  await get('/api/x', { query: { date: '2026-11-27', q: '', cursor: null } })
  expect(sent().path).toBe('/api/x?date=2026-11-27')
  expect(sent().headers.has('X-Requested-With')).toBe(false)
  expect(sent().headers.has('Content-Type')).toBe(false)
})

it('sends no content type without a body', async () => {
  answer({ ok: true })
  await post('/api/auth/guest')
  expect(sent().headers.has('Content-Type')).toBe(false)
  expect(sent().body).toBeUndefined()
})

it('turns a refusal into a Problem with what belongs to the case', async () => {
  const alternatives = [{ seat_ids: ['F9'], total: { amount: 1250, currency: 'GBP' } }]
  answer(
    {
      error: 'seats_unavailable',
      detail: 'F7 went.',
      conflicted: ['F7'],
      alternatives,
      booking_id: 'b',
    },
    { status: 409, headers: { 'X-Request-Id': 'req-1' } },
  )
  const problem = await failure(post('/api/x', {}))
  expect(problem).toMatchObject({ status: 409, error: 'seats_unavailable', message: 'F7 went.' })
  expect(problem).toMatchObject({ conflicted: ['F7'], alternatives, requestId: 'req-1' })
  expect(problem.extensions['booking_id']).toBe('b')
  expect(problem.retryable).toBe(false)
  expect(isProblem(problem, 'seats_unavailable')).toBe(true)
})

it('reads how long to wait from the header when the body does not say', async () => {
  answer({ error: 'rate_limited' }, { status: 429, headers: { 'Retry-After': '7' } })
  const problem = await failure(get('/api/x'))
  expect(problem).toMatchObject({ error: 'rate_limited', retryAfter: 7, retryable: true })
})

it('tells a lost line from a page that a proxy put in between', async () => {
  fetchFake.mockRejectedValueOnce(new TypeError('failed'))
  expect(await failure(get('/api/x'))).toMatchObject({
    status: 0,
    error: 'network',
    retryable: true,
  })
  fetchFake.mockResolvedValueOnce(new Response('<html>', { status: 200 }))
  expect(await failure(get('/api/x'))).toMatchObject({ error: 'bad_answer' })
  fetchFake.mockResolvedValueOnce(new Response('<html>', { status: 502 }))
  expect(await failure(get('/api/x'))).toMatchObject({ status: 502, error: 'internal' })
})

it('says when it was stopped on purpose', async () => {
  const stop = new AbortController()
  fetchFake.mockImplementationOnce(() => {
    stop.abort()
    return Promise.reject(new DOMException('stopped', 'AbortError'))
  })
  expect(await failure(get('/api/x', { signal: stop.signal }))).toMatchObject({ error: 'aborted' })
})

it('tells those who listen that the session is over', async () => {
  const listener = vi.fn()
  const stop = onUnauthorized(listener)
  answer({ error: 'unauthorized' }, { status: 401 })
  await failure(get('/api/x'))
  stop()
  answer({ error: 'unauthorized' }, { status: 401 })
  await failure(get('/api/x'))
  expect(listener).toHaveBeenCalledTimes(1)
})

it('answers an unchanged resource with nothing new', async () => {
  fetchFake.mockResolvedValueOnce(new Response(null, { status: 304, headers: { ETag: '"7"' } }))
  const { status, data, etag } = await call('GET', '/api/x', { etag: '"7"' })
  expect({ status, data, etag }).toEqual({ status: 304, data: null, etag: '"7"' })
  expect(sent().headers.get('If-None-Match')).toBe('"7"')
})

it('makes names that differ', () => {
  expect(randomId()).toMatch(/^[0-9a-f]{32}$/)
  expect(randomId()).not.toBe(randomId())
  expect(withQuery('/api/x', { a: true, b: 'x y', c: undefined })).toBe('/api/x?a=true&b=x+y')
})

it('waits for a fresh sign-in and sends the call once more', async () => {
  const renew = vi.fn(() => Promise.resolve(true))
  onStepUp(renew)
  answer({ error: 'step_up_required' }, { status: 403 })
  answer({ ok: true })
  await expect(post('/api/admin/users/u/role', { role: 'STAFF' })).resolves.toEqual({ ok: true })
  expect(renew).toHaveBeenCalledTimes(1)
  expect(fetchFake).toHaveBeenCalledTimes(2)
  expect(sent().body).toBe('{"role":"STAFF"}')
})

it('asks for a sign-in once only, and not at all for another refusal', async () => {
  const renew = vi.fn(() => Promise.resolve(true))
  onStepUp(renew)
  answer({ error: 'step_up_required' }, { status: 403 })
  answer({ error: 'step_up_required' }, { status: 403 })
  expect((await failure(post('/api/x'))).error).toBe('step_up_required')
  answer({ error: 'forbidden' }, { status: 403 })
  expect((await failure(post('/api/x'))).error).toBe('forbidden')
  expect(renew).toHaveBeenCalledTimes(1)
})

it('fails as it was refused when the person does not sign in', async () => {
  onStepUp(() => Promise.resolve(false))
  answer({ error: 'step_up_required' }, { status: 403 })
  expect((await failure(post('/api/x'))).error).toBe('step_up_required')
  expect(fetchFake).toHaveBeenCalledTimes(1)
})

it('does not take a wish of the house for the end of a session', async () => {
  const over = vi.fn()
  const stop = onUnauthorized(over)
  answer({ error: 'sign_in_required' }, { status: 401 })
  await failure(post('/api/x'))
  expect(over).not.toHaveBeenCalled()
  answer({ error: 'unauthorized' }, { status: 401 })
  await failure(post('/api/x'))
  expect(over).toHaveBeenCalledTimes(1)
  answer({ error: 'forbidden' }, { status: 403 })
  await failure(post('/api/x'))
  expect(over, 'a role may have been taken').toHaveBeenCalledTimes(2)
  stop()
})
