import { onScopeDispose } from 'vue'

/** Runs `work` every `period` milliseconds while the page is in view, and at once when it comes back. */
export function useRefresh(work: () => unknown, period: number) {
  const run = () => {
    if (document.visibilityState === 'visible') void work()
  }
  const timer = setInterval(run, period)
  document.addEventListener('visibilitychange', run)
  onScopeDispose(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', run)
  })
}
