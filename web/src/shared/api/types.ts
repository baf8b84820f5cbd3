/**
 * The wire types of the public contract, by the names the pages use. Field names are the
 * server's own (snake_case), so that a body can be read beside its documentation.
 */

/** Integer minor units plus ISO 4217; the number of decimals is the currency's own. */
export interface Money {
  amount: number
  currency: string
}

export type Role = 'USER' | 'STAFF' | 'MANAGER' | 'ADMIN'

export interface User {
  id: string
  email: string | null
  name: string
  picture?: string
  role: Role
  guest: boolean
}

export interface Me {
  ok: true
  role: Role
  user: User
}

/** What the server offers here. */
export interface PublicConfig {
  ok: true
  env: string
  /** Whether the caller has a live session, so that `/api/me` has an answer. */
  session: boolean
  sign_in: { google: boolean; dev: boolean }
  guest_checkout: boolean
  demo: boolean
  payment: { provider: string; test_tokens: boolean }
}

export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

export interface Cinema {
  id: string
  slug?: string
  name: string
  zone: string
  currency: string
  address?: string
}

export interface Rating {
  /** A neutral age label: All, 8+, 12+, 15+, 18+. */
  code: string
  min_age?: number
  notice?: string
  /** The buyer declares that everybody is old enough. */
  tick?: boolean
}

export interface Movie {
  id: string
  slug: string
  title: string
  tagline?: string
  synopsis?: string
  runtime_minutes: number
  genres?: string[]
  rating?: Rating
  /** "Audio described", "Open captions", "Relaxed". */
  tags?: string[]
  /** BCP 47. */
  language?: string
}

export type SaleState = 'not_yet' | 'on_sale' | 'closed' | 'sold_out' | 'cancelled'

export interface Availability {
  capacity: number
  free: number
  accessible_free: number
}

/** A showtime as it stands in a list. */
export interface Showtime {
  id: string
  cinema_id: string
  movie_id: string
  movie_title: string
  movie_slug?: string
  auditorium: { id: string; name: string }
  /** Instant, RFC 3339 UTC. */
  starts_at: string
  /** When the doors open. */
  doors_at: string
  /** Wall clock at the cinema, without offset. */
  local_start: string
  /** IANA zone of the cinema. */
  zone: string
  ends_at: string
  /** Calendar date of the business day the show belongs to: a show at 00:30 belongs to the night before. */
  business_date: string
  formats: string[]
  language: string
  subtitles?: string
  tags?: string[]
  sale: SaleState
  on_sale_at: string
  sales_close_at: string
  from_price: Money
  availability: Availability
}

export type SeatKind = 'standard' | 'premium' | 'couple' | 'wheelchair' | 'companion'

export interface LayoutSeat {
  id: string
  number: number
  x: number
  y: number
  kind: SeatKind
  category: string
  pair_id?: string
}

export interface LayoutRow {
  label: string
  seats: LayoutSeat[]
}

export interface LayoutFeature {
  kind: 'aisle' | 'stairs' | 'door'
  x?: number
  y?: number
  width?: number
  height?: number
}

export interface Layout {
  id: string
  version: number
  width: number
  height: number
  screen: { x: number; y: number; width: number }
  rows: LayoutRow[]
  features?: LayoutFeature[]
}

export interface TicketType {
  id: string
  name: string
  max_age?: number
  proof_required: boolean
  default: boolean
}

export interface PriceEntry {
  category: string
  ticket_type: string
  price: Money
  includes?: { label: string; amount: number }[]
}

export interface HoldLimits {
  max_seats: number
  hold_seconds: number
  extension_seconds: number
  max_hold_seconds: number
  payment_window_seconds: number
}

export interface ShowtimeDetail extends Showtime {
  movie: Movie
  rating_notice?: string
  limits: HoldLimits
  ticket_types: TicketType[]
  prices: PriceEntry[]
  layout: Layout
  /** The film's next showtime on sale, when this one cannot be bought. */
  next?: { id: string; starts_at: string; local_start: string; zone: string }
}

export interface QuoteLine {
  label?: string
  seat_id?: string
  ticket_type?: string
  category?: string
  amount: number
}

export interface Quote {
  total: Money
  lines: QuoteLine[]
}

export interface RuleNote {
  rule: string
  seat_ids: string[]
  shift?: string[]
}

/** The answer of lock, best and extend. */
export interface HoldAnswer {
  ok: true
  locked: string[]
  ttl_seconds: number
  expires_in_ms: number
  expires_at: string
  request_id: string
  epoch: string
  seq: number
  extensions_left: number
  quote: Quote
  warnings?: RuleNote[]
}

export interface ReleaseAnswer {
  ok: true
  released: string[]
  not_released?: Record<string, string>
}

export interface SeatLock {
  seat_id: string
  mine: boolean
  request_id?: string
  expires_in_ms?: number
}

/** The seat map at one point. */
export interface SeatsState {
  ok: true
  showtime_id: string
  epoch: string
  seq: number
  cursor: string
  locks: SeatLock[]
  booked: string[]
  blocked?: string[]
}

export interface Alternative {
  seat_ids: string[]
  total: Money
}

export type BookingStatus = 'PENDING' | 'BOOKED' | 'FAILED' | 'CANCELLED'

export interface Ticket {
  id: string
  seat_id: string
  ticket_type: string
  price: Money | number
  code: string
}

export interface NextAction {
  type: 'redirect'
  url: string
}

export interface BookingPayment {
  provider: string
  client_secret?: string
  next_action?: NextAction
  /** Why the last card was refused. */
  decline?: string
}

export interface Booking {
  id: string
  reference: string
  showtime_id: string
  seat_ids: string[]
  /** Minor units of `currency`. */
  amount: number
  currency: string
  status: BookingStatus
  /** Why a FAILED booking failed. */
  reason?: string
  payment_ref?: string
  tickets?: Ticket[]
  pay_deadline?: string
  payment?: BookingPayment
  refund?: { state: string; amount?: number }
  customer?: { email?: string | null; name?: string }
  created_at: string
}

export interface BookingAnswer {
  ok: true
  booking: Booking
}

export interface AdminList<T> {
  ok: true
  total: number
  items: T[]
}

export interface AdminBooking extends Booking {
  user_id?: string
}

export interface AuditRow {
  id: string
  type: string
  showtime_id?: string
  booking_id?: string
  user_id?: string
  seat_ids?: string[]
  request_id?: string
  payload?: unknown
  at: string
}
