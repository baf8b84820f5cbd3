import { readonly, ref } from 'vue'

const polite = ref('')
const assertive = ref('')

/** Two identical sentences in a row must both be read: the second differs by an invisible space. */
function renew(previous: string, text: string): string {
  return previous === text ? `${text}\u00a0` : text
}

/**
 * The only two live regions of the product. Say what changed for this customer, at once and in one
 * sentence; never the changes of other people one by one.
 */
export function useAnnouncer() {
  return {
    /** Text of the polite region (role=status). */
    status: readonly(polite),
    /** Text of the assertive region (role=alert). */
    alert: readonly(assertive),
    /** Waits for a pause in what is being read. */
    announce(text: string) {
      polite.value = renew(polite.value, text)
    },
    /** Interrupts: only for a loss, as "Your seats were released". */
    announceAlert(text: string) {
      assertive.value = renew(assertive.value, text)
    },
  }
}
