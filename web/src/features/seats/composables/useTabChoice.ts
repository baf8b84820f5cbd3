import { computed, shallowRef, type Ref } from 'vue'

/** A choice that the tab remembers over reloads and showtimes, such as the size of the party. */
export function useTabChoice<T extends string | number>(
  name: string,
  initial: T,
  valid: (value: unknown) => value is T,
): Ref<T> {
  const key = `cinema.seats.${name}`
  const stored = read(key)
  // In a box, because a ref of a type parameter loses its type.
  const box = shallowRef({ value: valid(stored) ? stored : initial })
  return computed({
    get: () => box.value.value,
    set: (value) => {
      box.value = { value }
      try {
        sessionStorage.setItem(key, JSON.stringify(value))
      } catch {
        return
      }
    },
  })
}

function read(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null')
  } catch {
    return null
  }
}
