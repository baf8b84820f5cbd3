import type { App } from 'vue'
import { readonly, shallowRef } from 'vue'
import { toProblem, type Problem } from '@/shared/api'

const failure = shallowRef<Problem | null>(null)

/** The failure that broke the page that is shown, or null; the shell shows it instead of the page. */
export const pageFailure = readonly(failure)

/** Forgets the failure: a new page starts clean. */
export function clearPageFailure() {
  failure.value = null
}

/** Shows a failure in place of the page. */
export function failPage(cause: unknown) {
  failure.value = toProblem(cause)
}

/**
 * Whatever no component handled becomes a page that says so. A rejected promise outside of Vue is
 * shown only when nothing else is: a background refresh must not take a working page away.
 */
export function installErrorHandler(app: App) {
  app.config.errorHandler = (cause) => failPage(cause)
}
