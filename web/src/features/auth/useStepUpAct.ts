import { onMounted } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useSessionStore } from './sessionStore'
import { asAct, resumeMark, takeAct, withoutMark } from './stepUp'

/** An act that may want a fresh sign-in first. */
export interface StepUpAct<T> {
  /** Which act of its page it is; part of the name under which its draft is kept. */
  name: string
  /** Does it; failures are its own to show. */
  run: (draft: T) => Promise<void>
  /** Puts a kept draft back into the form. */
  restore: (draft: T) => void
  /** Whether what was kept has the form of a draft: storage is not trusted. */
  valid: (raw: unknown) => raw is T
}

/**
 * The way to do an act. When the sign-in is too old the person is asked to sign in again; after a way
 * over the provider the form is filled as it was and, if the sign-in succeeded, the act is done.
 */
export function useStepUpAct<T>(act: StepUpAct<T>): (draft: T) => Promise<void> {
  const session = useSessionStore()
  const route = useRoute()
  const router = useRouter()

  function go(draft: T): Promise<void> {
    const kept = { name: act.name, draft, user: session.user?.id ?? '' }
    return asAct(kept, () => act.run(draft))
  }

  onMounted(async () => {
    const query = withoutMark(route.query)
    const path = router.resolve({ path: route.path, query }).fullPath
    await session.restore()
    const kept = takeAct(act.name, path, session.user?.id ?? '')
    if (!kept || !act.valid(kept.draft)) return
    act.restore(kept.draft)
    if (!route.query[resumeMark]) return
    await router.replace({ query })
    await go(kept.draft)
  })

  return go
}
