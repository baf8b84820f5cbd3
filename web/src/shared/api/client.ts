import { isProblem, Problem, type ProblemBody } from './problem'

export type Query = Record<string, string | number | boolean | null | undefined>

export interface CallOptions {
  query?: Query | undefined
  body?: unknown
  signal?: AbortSignal | undefined
  /** A repeat with the same key is answered with the first answer; see {@link idempotencyKey}. */
  idempotencyKey?: string | undefined
  /** Entity tag of what is already here; an unchanged resource is answered with `null`. */
  etag?: string | undefined
  /** Milliseconds until the call is given up; 20 s unless said otherwise. */
  timeout?: number | undefined
}

/** Brings about a fresh sign-in; true when the refused call may be sent again. */
export type StepUp = () => Promise<boolean>

export interface Answer<T> {
  status: number
  data: T
  etag: string
}

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
type Listener = () => void

const defaultTimeout = 20_000
const unauthorizedListeners = new Set<Listener>()
let stepUp: StepUp | undefined

/** Calls `listener` whenever the server says that the session, or its right, is over; returns the way to stop it. */
export function onUnauthorized(listener: Listener): () => void {
  unauthorizedListeners.add(listener)
  return () => void unauthorizedListeners.delete(listener)
}

/** Asks `renew` whenever the server wants a sign-in of the last minutes for a call; the last one given counts. */
export function onStepUp(renew: StepUp): void {
  stepUp = renew
}

/** A fresh key for one intention of the customer; keep it for the repeats of that intention. */
export function idempotencyKey(): string {
  return randomId()
}

/** A random name of 32 hex digits; also where `crypto.randomUUID` is missing (plain http on a LAN). */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}

/** Adds the query to a path; empty and missing values are left out. */
export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
  }
  const text = params.toString()
  return text === '' ? path : `${path}?${text}`
}

/**
 * Sends one request and answers with its status, body and entity tag; throws a {@link Problem}. A call that
 * wants a fresh sign-in waits for it and is sent once more.
 */
export async function call<T>(
  method: Method,
  path: string,
  options: CallOptions = {},
): Promise<Answer<T>> {
  try {
    return await attempt(method, path, options)
  } catch (cause) {
    if (!isProblem(cause, 'step_up_required') || !(await stepUp?.())) throw cause
    return await attempt(method, path, options)
  }
}

async function attempt<T>(method: Method, path: string, options: CallOptions): Promise<Answer<T>> {
  const response = await send(method, path, options)
  const etag = response.headers.get('ETag') ?? ''
  if (response.status === 304 || response.status === 204) {
    return { status: response.status, data: null as T, etag }
  }
  const data = await readJson(response)
  if (!response.ok) throw refused(response, data)
  if (data === undefined) {
    throw new Problem(response.status, {
      error: 'bad_answer',
      title: 'The answer could not be read',
    })
  }
  return { status: response.status, data: data as T, etag }
}

/** Reads a resource. */
export async function get<T>(path: string, options?: CallOptions): Promise<T> {
  return (await call<T>('GET', path, options)).data
}

/** Sends a body and reads the answer. */
export async function post<T>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
  return (await call<T>('POST', path, { ...options, body })).data
}

/** Changes a resource. */
export async function patch<T>(path: string, body: unknown, options?: CallOptions): Promise<T> {
  return (await call<T>('PATCH', path, { ...options, body })).data
}

/** Deletes, with the body that says what. */
export async function del<T>(path: string, body?: unknown, options?: CallOptions): Promise<T> {
  return (await call<T>('DELETE', path, { ...options, body })).data
}

async function send(method: Method, path: string, options: CallOptions): Promise<Response> {
  const timeout = AbortSignal.timeout(options.timeout ?? defaultTimeout)
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  const init: RequestInit = {
    method,
    signal,
    headers: headersOf(method, options),
    credentials: 'same-origin',
  }
  if (options.body !== undefined) init.body = JSON.stringify(options.body)
  try {
    return await fetch(withQuery(path, options.query), init)
  } catch (cause) {
    throw unreachable(cause, options.signal?.aborted === true, timeout.aborted)
  }
}

function headersOf(method: Method, options: CallOptions): Headers {
  const headers = new Headers({ Accept: 'application/json' })
  if (method !== 'GET') headers.set('X-Requested-With', 'cinema')
  if (options.body !== undefined) headers.set('Content-Type', 'application/json')
  if (options.idempotencyKey) headers.set('Idempotency-Key', options.idempotencyKey)
  if (options.etag) headers.set('If-None-Match', options.etag)
  return headers
}

function unreachable(cause: unknown, aborted: boolean, timedOut: boolean): Problem {
  if (aborted) return new Problem(0, { error: 'aborted', title: 'Stopped' }, { cause })
  const body = timedOut
    ? { error: 'timeout', title: 'The cinema took too long to answer' }
    : { error: 'network', title: 'The cinema cannot be reached' }
  const detail = 'Please check the connection and try again. Nothing was changed on this page.'
  return new Problem(0, { ...body, detail }, { cause })
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

function refused(response: Response, data: unknown): Problem {
  const body: ProblemBody = isObject(data) ? { ...data } : {}
  body.instance ??= response.headers.get('X-Request-Id') ?? ''
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN)
  if (body.retry_after === undefined && Number.isFinite(wait)) body.retry_after = wait
  const problem = new Problem(response.status, body)
  const { status, error } = problem
  // `sign_in_required` is a wish of the house, not the end of a guest's session; a role may be gone.
  if (error === 'forbidden' || (status === 401 && error !== 'sign_in_required')) {
    for (const listener of unauthorizedListeners) listener()
  }
  return problem
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
