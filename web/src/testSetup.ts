import '@testing-library/jest-dom/vitest'
import { cleanup } from '@testing-library/vue'
import { afterEach, beforeEach } from 'vitest'

// happy-dom lays nothing out, so it cannot scroll either.
beforeEach(() => {
  Element.prototype.scrollIntoView = () => undefined
})

afterEach(cleanup)
