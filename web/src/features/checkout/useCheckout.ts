import { invalidateQueries } from '@/shared/api/query'
import { onScopeDispose, shallowRef, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { useCurrentHold } from '@/features/seats'
import { useAnnouncer } from '@/shared/ui'
import { confirmOrder, openBooking, settleBooking } from './api'
import type { CheckoutState } from './model/checkoutMachine'
import { Purchase, type PurchaseCalls } from './model/purchase'

export interface Checkout {
  readonly state: Readonly<Ref<CheckoutState>>
  /** Verbs: pay, ask, resume, expire, restart. */
  readonly act: Purchase
}

/** The purchase of the held seats of one showtime; it leads on to the tickets by itself. */
export function useCheckout(showtimeId: string): Checkout {
  const router = useRouter()
  const hold = useCurrentHold()
  const { announce, announceAlert } = useAnnouncer()

  const act = new Purchase(callsOf(showtimeId), (now) => {
    const before = state.value.step
    state.value = now
    if (now.step !== before) enter(now)
  })
  const state = shallowRef<CheckoutState>(act.state)
  onScopeDispose(() => act.stop())

  function enter(now: CheckoutState): void {
    const said = SAID[now.step]
    if (said) (LOUD.includes(now.step) ? announceAlert : announce)(said)
    if (now.step === 'booked') {
      hold.clear(showtimeId)
      invalidateQueries(['mine'])
      void router.replace({
        name: 'booking',
        params: { bookingId: now.bookingId },
        query: { new: '1' },
      })
    }
    // A booking that ended keeps its name for ever: the next try is a new request.
    if (now.step === 'failed' || now.step === 'gone') hold.clear(showtimeId)
    if (now.step === 'action' && now.url.startsWith('/')) void router.push(now.url)
  }

  return { state, act }
}

const SAID: Partial<Record<CheckoutState['step'], string>> = {
  paying: 'Paying. Please wait.',
  booked: 'Paid. Your tickets are ready.',
  declined: 'The card was declined. Your seats are kept; try another card.',
  action: 'Your bank asks you to approve the payment.',
  checking: 'We are checking with the bank. Do not pay again.',
  unsure: 'The connection was lost. We are finding out what happened. Do not pay again.',
  gone: 'Your seats are no longer held.',
  failed: 'The payment did not go through.',
}
const LOUD: readonly string[] = ['declined', 'gone', 'failed']

function callsOf(showtimeId: string): PurchaseCalls {
  return {
    confirm: (order, token) => confirmOrder(showtimeId, order, token),
    settle: settleBooking,
    findOpen: () => openBooking(showtimeId),
  }
}
