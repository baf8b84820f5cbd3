import { computed, onScopeDispose, shallowRef, triggerRef, watch, type Ref } from 'vue'
import { storeToRefs } from 'pinia'
import { useSessionStore } from '@/features/auth'
import { randomId, type ShowtimeDetail } from '@/shared/api'
import * as api from '../api'
import { useCurrentHold } from '../currentHold'
import type { Notice } from '../model/notice'
import { Selection, type HoldKeeper, type SeatCalls } from '../model/selection'
import type { LiveSeats } from './useSeatStream'

export interface SeatSelection {
  /** Verbs: add, remove, best, extend, giveUp, relock, takeAlternative, verify, say. */
  readonly act: Selection
  readonly held: Readonly<Ref<readonly string[]>>
  readonly desired: Readonly<Ref<readonly string[]>>
  readonly notice: Readonly<Ref<Notice | null>>
  readonly busy: Readonly<Ref<boolean>>
}

/** A doubt about the own seats is checked at the server, but not more often than this. */
const DOUBT_PAUSE_MS = 2_000

/** The selection of one showtime, wired to the server, the live map and the hold of this tab. */
export function useSelection(show: ShowtimeDetail, live: LiveSeats): SeatSelection {
  const session = useSessionStore()
  const selection = new Selection(
    callsOf(show.id, live),
    keeperOf(show),
    show.limits.max_seats,
    () => triggerRef(box),
  )
  const box = shallowRef(selection)
  watchDoubts(selection, live)
  const { user } = storeToRefs(session)
  watch(
    () => user.value?.id,
    (now, before) => {
      // Which seats are mine depends on who I am; the first answer of `me` is no change.
      if (before === undefined && selection.held.length === 0) return
      if (now === undefined) selection.leave()
      live.reconnect()
    },
  )
  // The server closed the stream with its session: whoever is here now goes on watching.
  live.onSessionEnd(async () => {
    await session.load(true)
    live.reconnect()
  })
  return {
    act: selection,
    held: computed(() => box.value.held),
    desired: computed(() => box.value.desired),
    notice: computed(() => box.value.notice),
    busy: computed(() => box.value.busy || box.value.choosing),
  }
}

function callsOf(showtimeId: string, live: LiveSeats): SeatCalls {
  const session = useSessionStore()
  return {
    lock: (ids, requestId) => api.lockSeats(showtimeId, ids, requestId),
    release: (ids, requestId) => api.releaseSeats(showtimeId, ids, requestId),
    best: (wish, requestId) => api.bestSeats(showtimeId, wish, requestId),
    extend: (requestId, epoch) => api.extendHold(showtimeId, requestId, epoch),
    state: async () => {
      const state = await api.fetchSeatState(showtimeId)
      live.offer(state)
      return state
    },
    ensureSession: async () => {
      const before = session.user?.id
      await session.ensureGuest()
      // The socket learns only at its opening who is looking.
      if (session.user?.id !== before) live.reconnect()
    },
    newRequestId: randomId,
  }
}

function keeperOf(show: ShowtimeDetail): HoldKeeper {
  const store = useCurrentHold()
  const mine = () => (store.hold?.showtimeId === show.id ? store.hold : null)
  return {
    epoch: () => mine()?.epoch ?? '',
    adopt: (answer, seatIds) => store.adopt(show.id, show.movie_title, answer, seatIds),
    offer: (state) => store.offer(show.id, show.movie_title, state),
    setSeats: (seatIds) => store.patch({ seatIds, total: null, warnings: [] }),
    clear: () => store.clear(show.id),
  }
}

/** When the live map says that a seat of mine is not mine, the server is asked. */
function watchDoubts(selection: Selection, live: LiveSeats): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = 0
  live.onChange((changed) => {
    if (!live.state().synced || timer !== undefined || selection.busy) return
    const ids = changed === 'all' ? selection.held : changed
    const doubtful = ids.some((id) => {
      const entry = live.state().seats.get(id)
      const mine = entry?.state === 'locked' && entry.mine
      return mine !== selection.held.includes(id) && (mine || selection.held.includes(id))
    })
    if (!doubtful) return
    timer = setTimeout(
      () => {
        timer = undefined
        asked = Date.now()
        void selection.verify()
      },
      Math.max(0, asked + DOUBT_PAUSE_MS - Date.now()),
    )
  })
  onScopeDispose(() => clearTimeout(timer))
}
