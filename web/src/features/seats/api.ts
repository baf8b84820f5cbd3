/** The calls of the seat pages, in one place. */
import {
  del,
  get,
  post,
  type HoldAnswer,
  type ReleaseAnswer,
  type SeatsState,
  type ShowtimeDetail,
} from '@/shared/api'
import type { BestWish } from './model/selection'

function seats(showtimeId: string): string {
  return `/api/showtimes/${encodeURIComponent(showtimeId)}/seats`
}

export function fetchShowtime(showtimeId: string): Promise<ShowtimeDetail> {
  return get(`/api/showtimes/${encodeURIComponent(showtimeId)}`)
}

export function fetchSeatState(showtimeId: string): Promise<SeatsState> {
  return get(`${seats(showtimeId)}/state`)
}

export function lockSeats(
  showtimeId: string,
  seatIds: readonly string[],
  requestId: string,
): Promise<HoldAnswer> {
  return post(`${seats(showtimeId)}/lock`, { seat_ids: seatIds, request_id: requestId })
}

export function releaseSeats(
  showtimeId: string,
  seatIds: readonly string[],
  requestId: string,
): Promise<ReleaseAnswer> {
  return del(`${seats(showtimeId)}/lock`, { seat_ids: seatIds, request_id: requestId })
}

export function bestSeats(
  showtimeId: string,
  wish: BestWish,
  requestId: string,
): Promise<HoldAnswer> {
  return post(`${seats(showtimeId)}/best`, { ...wish, request_id: requestId })
}

/** The epoch lets the server tell a lost hold from an expired one. */
export function extendHold(
  showtimeId: string,
  requestId: string,
  epoch: string,
): Promise<HoldAnswer> {
  const body = epoch === '' ? { request_id: requestId } : { request_id: requestId, epoch }
  return post(`${seats(showtimeId)}/extend`, body)
}
