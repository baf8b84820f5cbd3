import { computed, watch, type Ref } from 'vue'
import { useAnnouncer } from '@/shared/ui'
import type { SeatPlan } from '../model/plan'
import type { LiveSeats } from './useSeatStream'

/** Counts worth a sentence, and the least time between two such sentences. */
const MARKS: readonly number[] = [10, 5, 1, 0]
const PAUSE_MS = 30_000

/** Free seats by the live map; what others do is told only as "Only 10 seats left". */
export function useFreeCount(plan: SeatPlan, live: LiveSeats): Readonly<Ref<number | null>> {
  const { announce } = useAnnouncer()
  let told = 0
  const free = computed(() => {
    const known = live.version.value > 0
    if (!known) return null
    let taken = 0
    for (const id of live.state().seats.keys()) if (plan.byId.has(id)) taken++
    return plan.seats.length - taken
  })
  watch(free, (now, before) => {
    if (now === null || before === null || now >= before) return
    const passed = MARKS.some((mark) => before > mark && now <= mark)
    if (!passed || Date.now() - told < PAUSE_MS) return
    told = Date.now()
    announce(now === 0 ? 'The last free seat is gone.' : `Only ${String(now)} seats left.`)
  })
  return free
}
