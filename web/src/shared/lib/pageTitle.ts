import { ref, toValue, watchEffect, type MaybeRefOrGetter } from 'vue'

const brand = ref('Cinema')
const page = ref('')

/** Names the house in every title, once it is known. */
export function setBrand(name: string) {
  brand.value = name
  show()
}

/** Titles the document; the page's own part comes first because tabs are narrow. */
export function setPageTitle(title: string) {
  page.value = title
  show()
}

/** Keeps the title of the document to what the page shows; nothing is set while it is unknown. */
export function usePageTitle(title: MaybeRefOrGetter<string | undefined>) {
  watchEffect(() => {
    const text = toValue(title)
    if (text) setPageTitle(text)
  })
}

function show() {
  document.title = page.value ? `${page.value} · ${brand.value}` : brand.value
}
