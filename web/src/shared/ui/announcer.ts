import { readonly, ref } from 'vue'

const status = ref('')
const alert = ref('')

/** Two identical sentences in a row must both be read: the second differs by an invisible space. */
function renew(previous: string, text: string): string {
  return previous === text ? `${text}\u00a0` : text
}

/** Waits for a pause in what is being read. */
const announce = (text: string): void => {
  status.value = renew(status.value, text)
}

/** Interrupts: only for a loss, as "Your seats were released". */
const announceAlert = (text: string): void => {
  alert.value = renew(alert.value, text)
}

/**
 * The only two live regions of the product (role=status and role=alert). Say what changed for this
 * customer, at once and in one sentence; never the changes of other people one by one.
 */
export function useAnnouncer() {
  return { status: readonly(status), alert: readonly(alert), announce, announceAlert }
}
