import { readonly, shallowRef } from 'vue'
import { useAnnouncer } from './announcer'

export interface Toast {
  id: number
  text: string
  tone: 'neutral' | 'leaf' | 'ember'
}

/** More than three at once are noise: the oldest goes first. */
const limit = 3
const life = 6_000

const toasts = shallowRef<readonly Toast[]>([])
let next = 1

/** Short notes that need no answer. Whatever must not be missed belongs on the page itself. */
export function useToasts() {
  const { announce } = useAnnouncer()

  function dismiss(id: number) {
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }

  function show(text: string, tone: Toast['tone'] = 'neutral') {
    const toast: Toast = { id: next++, text, tone }
    toasts.value = [...toasts.value, toast].slice(-limit)
    announce(text)
    setTimeout(() => dismiss(toast.id), life)
  }

  return { toasts: readonly(toasts), show, dismiss }
}
