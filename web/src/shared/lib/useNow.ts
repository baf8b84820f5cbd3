import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'

/** The time, renewed every `period` milliseconds until the scope ends. */
export function useNow(period = 30_000): Readonly<ShallowRef<Date>> {
  const now = shallowRef(new Date())
  const timer = setInterval(() => (now.value = new Date()), period)
  onScopeDispose(() => clearInterval(timer))
  return now
}
