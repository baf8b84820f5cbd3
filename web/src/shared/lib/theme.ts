import { computed, ref } from 'vue'

export type Theme = 'dark' | 'light'

const storageKey = 'cinema.theme'
const chosen = ref<Theme | null>(null)
const system = ref<Theme>('dark')

function show() {
  if (chosen.value) document.documentElement.dataset['theme'] = chosen.value
  else delete document.documentElement.dataset['theme']
}

/** Applies the remembered choice before the first paint; without one the system decides. */
export function initTheme() {
  const query = matchMedia('(prefers-color-scheme: light)')
  const follow = () => (system.value = query.matches ? 'light' : 'dark')
  query.addEventListener('change', follow)
  follow()
  const stored = recall()
  chosen.value = stored === 'dark' || stored === 'light' ? stored : null
  show()
}

/** The theme in use and the way to change it. */
export function useTheme() {
  const theme = computed<Theme>(() => chosen.value ?? system.value)
  function toggle() {
    chosen.value = theme.value === 'dark' ? 'light' : 'dark'
    remember(chosen.value)
    show()
  }
  return { theme, toggle }
}

/** Remembers the choice once more, after the server had everything forgotten. */
export function keepTheme() {
  if (chosen.value) remember(chosen.value)
}

// Storage may be refused (private windows, blocked cookies): then the choice lasts as long as the page.
function recall(): string | null {
  try {
    return localStorage.getItem(storageKey)
  } catch {
    return null
  }
}

function remember(theme: Theme) {
  try {
    localStorage.setItem(storageKey, theme)
  } catch {
    return
  }
}
