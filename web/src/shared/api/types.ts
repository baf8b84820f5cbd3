import type { components } from './schema'

/*
 * The wire types by the names that the pages use, taken from the contract that the server's code
 * generates. Field names are the server's own, so that a body can be read beside its documentation.
 */

type Schemas = components['schemas']

/** Integer minor units plus ISO 4217; the number of decimals is the currency's own. */
export type Money = Schemas['Money']

export type User = Schemas['User']
export type Role = User['role']
export type Me = Schemas['Me']

/** What the server offers here. */
export type PublicConfig = Schemas['Config']

/** A page of a list; the cursor is null on the last one. */
export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export type Cinema = Schemas['Cinema']
export type Rating = Schemas['Rating']
export type Movie = Schemas['Movie']

/** A showtime as it stands in a list. */
export type Showtime = Schemas['Showtime']
export type SaleState = Showtime['sale']
export type Availability = Schemas['Availability']

/** A showtime with its film, prices and hall. */
export type ShowtimeDetail = Schemas['Detail']
export type HoldLimits = Schemas['Limits']
export type TicketType = Schemas['TicketType']
export type PriceEntry = Schemas['Price']

export type Layout = Schemas['Layout']
export type LayoutRow = Schemas['Row']
export type LayoutSeat = Schemas['Seat']
export type LayoutFeature = Schemas['Feature']
export type SeatKind = LayoutSeat['kind']

/** The answer of lock, best and extend. */
export type HoldAnswer = Schemas['Hold']
export type Quote = Schemas['Quote']
export type QuoteLine = Schemas['QuoteLine']
export type ReleaseAnswer = Schemas['Release']

/** A seat rule that a choice breaks or bends, and the nearest choice that does not. */
export interface RuleNote {
  rule: string
  seat_ids: string[]
  shift?: string[]
}

/** Another choice of the same size that the server offers. */
export interface Alternative {
  seat_ids: string[]
  total: Money
}

/** The seat map at one point. */
export type SeatsState = Schemas['State']
export type SeatLock = Schemas['LockState']

export type Booking = Schemas['Booking']
export type BookingStatus = Booking['status']
export type BookingAnswer = Schemas['BookingAnswer']
export type BookingPayment = Schemas['Payment']
export type NextAction = Schemas['NextAction']
export type Ticket = Schemas['Ticket']

/** The show a booking is for, in as much as its tickets need. */
export type Showing = Schemas['Showing']

/** A page of an administrative list. */
export interface AdminList<T> {
  ok: boolean
  total: number
  items: T[]
}

export type AdminBooking = Schemas['AdminBooking']
export type AuditRow = Schemas['Audit']

/** A browser or program that is signed in as the caller. */
export type SessionItem = Schemas['SessionItem']
export type SessionList = Schemas['SessionList']

/** What a token may be used for. */
export type Scope = 'read' | 'book' | 'manage'
export type TokenItem = Schemas['Personal']
export type TokenList = Schemas['PersonalList']
/** The answer to a new token: the only time that the token itself is told. */
export type NewToken = Schemas['NewPersonal']

/** A person as an administrator sees him. */
export type Person = Schemas['Person']
export type PersonAnswer = Schemas['PersonAnswer']
/** A person with how many sessions he has. */
export type PersonDetail = Schemas['PersonDetail']

/** How far the record is sealed and was verified. */
export type AuditChain = Schemas['AuditChain']

/** What stays after an account is deleted, and until when. */
export type Erased = Schemas['Erased']
