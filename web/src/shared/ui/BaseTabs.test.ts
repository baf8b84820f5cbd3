import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { expect, it } from 'vitest'
import { defineComponent, ref } from 'vue'
import BaseTabs from './BaseTabs.vue'

const Host = defineComponent({
  components: { BaseTabs },
  setup: () => ({
    chosen: ref('a'),
    tabs: [
      { value: 'a', label: 'Today' },
      { value: 'b', label: 'Tomorrow' },
      { value: 'c', label: 'Friday' },
    ],
  }),
  template: '<BaseTabs v-model="chosen" label="Day" :tabs="tabs">{{ chosen }}</BaseTabs>',
})

it('is one stop for the keyboard, and the arrows choose', async () => {
  render(Host)
  await userEvent.tab()
  expect(screen.getByRole('tab', { name: 'Today' })).toHaveFocus()
  await userEvent.keyboard('{ArrowLeft}')
  expect(screen.getByRole('tab', { name: 'Friday' })).toHaveFocus()
  expect(screen.getByRole('tabpanel', { name: 'Friday' })).toHaveTextContent('c')
  await userEvent.keyboard('{Home}{ArrowRight}')
  expect(screen.getByRole('tab', { name: 'Tomorrow', selected: true })).toHaveFocus()
})
